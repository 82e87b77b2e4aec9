"""How an operation reaches a host and an outcome comes back. The only room that quotes shell words."""
