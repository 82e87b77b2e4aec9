"""The plan's chapters for people."""

from liftlock.decide.case import Rule

RULES: tuple[Rule, ...] = ()
