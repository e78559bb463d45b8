"""Mistakes in a book of strategies, found and proved before a customer meets them: one class a kind."""
