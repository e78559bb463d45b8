"""What is measured of exposed customers: one class a metric, found by scanning this package."""
