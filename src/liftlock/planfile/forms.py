"""How durations, shares, numbers, dates and times are written: text to value, None where it is none."""

import math
import re
from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from liftlock.model.plan import Share

UNITS_S = {"w": 604800.0, "d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
DURATION = re.compile(r"(?:[0-9]{1,9}(?:\.[0-9]{1,9})?\s?(?:ms|[wdhms])\s?)+", re.ASCII)
DURATION_PART = re.compile(r"([0-9.]+)\s?(ms|[wdhms])")
DURATION_MAX_S = 3650 * 86400.0
NUMBER = re.compile(r"([-+]?[0-9]{1,18}(?:\.[0-9]{0,18})?)\s?(%|ms|[wdhms])?", re.ASCII)
SHARE = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?)\s?%", re.ASCII)
CLOCK_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00", re.ASCII)
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?", re.ASCII)
RANGE = re.compile(r"([^\[\]]*)\[([0-9]{1,9}):([0-9]{1,9})\]([^\[\]]*)", re.ASCII)
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", re.ASCII)
SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


def duration_s(text: str) -> float | None:
    """Seconds of `90s`, `10m`, `1h30m`, `200ms`, `1d`; at most ten years."""
    if len(text) > 40 or not DURATION.fullmatch(text.strip()):
        return None
    parts = [(amount, unit) for amount, unit in DURATION_PART.findall(text)]
    sizes = [UNITS_S[unit] for _, unit in parts]
    if sizes != sorted(set(sizes), reverse=True):
        return None
    total_s = sum(float(amount) * UNITS_S[unit] for amount, unit in parts)
    return round(total_s, 9) if total_s <= DURATION_MAX_S else None


def duration_text(seconds: float) -> str:
    """The shortest usual way to write so many seconds, down to milliseconds."""
    left_ms = round(seconds * 1000)
    parts = []
    for unit in ("d", "h", "m", "s", "ms"):
        count, left_ms = divmod(left_ms, round(UNITS_S[unit] * 1000))
        parts += [f"{count}{unit}"] if count else []
    return "".join(parts) or "0s"


def share(value: object) -> Share | None:
    """`3` or `25%`."""
    if isinstance(value, int) and not isinstance(value, bool):
        return Share(count=value) if value >= 0 else None
    if isinstance(value, str) and (found := SHARE.fullmatch(value.strip())):
        percent = float(found[1])
        return Share(percent=percent) if percent <= 100 else None
    return None


def number(value: object) -> float | None:
    """A number, also with a unit: `2%` is 0.02, `200ms` is 0.2 (seconds)."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value) if math.isfinite(value) else None
    if not isinstance(value, str) or not (found := NUMBER.fullmatch(value.strip())):
        return None
    unit = found[2]
    if unit == "%":
        return round(float(found[1]) / 100, 12)
    return round(float(found[1]) * UNITS_S.get(unit, 1.0), 9)


def is_date(text: str) -> bool:
    """`2026-12-20`, a day that exists."""
    if not DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_moment(text: str) -> bool:
    """A date, or a date with a time of day: `2026-12-20T18:00`."""
    if is_date(text):
        return True
    if not MOMENT.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_zone(name: str) -> bool:
    """A time zone of the IANA database: `Asia/Shanghai`."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a name that is a folder of the database
        return False
    return True
