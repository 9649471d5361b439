"""One file per way in; siblings never import each other. Found by `registry`."""
