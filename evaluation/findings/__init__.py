"""What is wrong with an experiment: one class a kind of finding, found by scanning this package."""
