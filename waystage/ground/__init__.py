"""What everything stands on: clock, ids, errors, settings, crash points. Imports nothing of ours."""
