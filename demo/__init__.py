"""A real upgrade of a small real service on this machine: eight sandbox hosts, a load balancer, live traffic."""

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
