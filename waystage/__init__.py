"""Waystage runs customer journeys behind the reference product's HTTP interface."""

__version__ = "0.1.0"
