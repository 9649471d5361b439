"""One file per activity type; siblings never import each other. Found by `registry`."""
