"""How sets of instances move: one turn of the wheel at a time. Knows no SQL and no HTTP."""
