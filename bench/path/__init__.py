"""How long the way up takes to find, on real graphs."""
