"""The generated pages of docs/reference/: written from what is declared, so that they cannot drift."""
