"""What came of the strategies: all of them, one, what was decided, and who is left alone by many."""
