"""The rules of design.md 3 over every statement that the product issues while the suite runs."""
