"""The pages: one file a room, found by scanning this package."""
