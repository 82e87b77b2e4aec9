"""The codes L600-L669, with the fields that each finding carries: the timetable and its calendars."""

CODES: dict[str, tuple[str, ...]] = {}
