"""The nights that ran, and the quality of their data."""
