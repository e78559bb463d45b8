"""The segments: all at a glance, a card each, who moved between them, and two side by side."""
