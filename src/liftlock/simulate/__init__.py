"""A fleet that does not exist: seeded faults, virtual time; the loop runs on it unchanged."""
