"""The demo: a made-up business unit, loaded and kept busy through the public API, and a live table that follows it."""
