"""The steps of a night, one file each, and the command line that runs them."""
