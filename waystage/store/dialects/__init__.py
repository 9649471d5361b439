"""Everything in which the databases differ, one module each."""
