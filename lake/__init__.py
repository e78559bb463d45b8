"""The lake: tables in flow order, the engine that computes on them, and the store that keeps them."""
