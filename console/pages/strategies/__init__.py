"""The strategy book: the list, the desk at which one is written, its way to going live, and trying it."""
