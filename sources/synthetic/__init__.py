"""A made-up bank with a planted truth: its customers, what they do, and how they answer contacts."""
