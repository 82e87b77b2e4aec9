"""Releases, their rules and overrides."""

from liftlock.decide.case import Rule

RULES: tuple[Rule, ...] = ()
