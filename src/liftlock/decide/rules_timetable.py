"""The timetable and its calendars."""

from liftlock.decide.case import Rule

RULES: tuple[Rule, ...] = ()
