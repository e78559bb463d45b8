"""The manager's desk: pages for the people who decide."""
