"""One file per way out. The engine knows channels only by `base`."""
