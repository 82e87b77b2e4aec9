"""Pure verbs: check, arrange, choose, judge, compare. No clock, randomness, file or network."""
