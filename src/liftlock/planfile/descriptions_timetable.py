"""What the keys mean: the timetable and its calendars."""

DESCRIPTIONS: dict[str, dict[str, tuple[str, str]]] = {}
