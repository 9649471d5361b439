"""The published clients, unmodified, against a fresh server: `make clients`."""
