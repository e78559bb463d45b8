"""What the watch raises the alarm for: a class a kind, found by scanning."""
