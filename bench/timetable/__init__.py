"""Timetables: how good they are, how fast, beside what is known."""
