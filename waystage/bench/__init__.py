"""Measures the gates of the design as ratios in one run: engine, events, memory, timers. A report, never a test."""
