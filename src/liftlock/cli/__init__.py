"""The composition root: the one home of clock, randomness, secrets, driver discovery and configuration."""
