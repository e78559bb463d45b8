"""What is known of a customer at a date: declarations, their compiler, and one file a family."""
