"""The watch: what it raises the alarm for, and what it looks at."""
