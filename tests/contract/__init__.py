"""One suite per port, on the simulated thing and on the real one."""
