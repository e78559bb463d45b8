"""How data come in: a bank's own files, a synthetic bank, recipes for public data sets."""
