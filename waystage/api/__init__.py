"""HTTP in, values out; nothing here decides."""
