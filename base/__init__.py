"""The ground floor: settings, errors, and the registry that finds declared things."""
