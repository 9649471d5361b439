"""What the engine executes: moves, expressions, effects, and the compiler that makes them. Pure."""
