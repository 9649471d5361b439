"""What leaves the house after a commit: messages and calls, beside the turns and outside any transaction."""
