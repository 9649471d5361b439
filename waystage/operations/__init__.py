"""What a caller can ask, one module each; every function works inside one transaction opened by its caller."""
