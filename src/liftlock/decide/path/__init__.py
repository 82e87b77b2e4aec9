"""Which way up a product goes: the graph of its releases, what stands in the way, what may run side by side."""
