"""Ways to reach people: one file a channel, found by scanning this package."""
