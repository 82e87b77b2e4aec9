"""Nouns and ports: frozen values without I/O, clock or randomness. Everything else is a verb or a technology."""
