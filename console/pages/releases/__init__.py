"""Lists on their way out, the feed that calls contacts off, and where rows come from."""
