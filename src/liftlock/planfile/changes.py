"""Others' changes from a file: YAML as the plan writes them, CSV as ServiceNow and spreadsheets export it, iCalendar.

CSV: the first row names the columns, in English or Chinese. iCalendar: an event's items are its RESOURCES, CATEGORIES
and LOCATION, its people the attendees; an event that recurs counts once, which is said. A time without an offset is in
the plan's zone; an iCalendar end date is the first day after. Times come out as the plan writes them.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from pathlib import Path as FilePath
from typing import Any

from msgspec import Struct

from liftlock.model.findings import Field, Finding
from liftlock.model.part import Part
from liftlock.model.tasks import OtherChange
from liftlock.planfile import forms
from liftlock.planfile.codes import FINDINGS_MAX, complain
from liftlock.planfile.convert import FAILED, Converter
from liftlock.planfile.files import read_document
from liftlock.planfile.nodes import Positions
from liftlock.planfile.nodes import Sequence as ListNode
from liftlock.planfile.table import GROUP_ENDS, Unreadable, csv_rows
from liftlock.planfile.yaml import PLAN_LIMITS, read

SOURCE = "changes"
AT = ("timetable", "changes_from")
YAML, CSV, CALENDAR = (".yaml", ".yml", ".json"), (".csv", ".tsv", ".txt"), (".ics", ".ical", ".icalendar")
COLUMNS = {
    "id": "id number change change_number 编号 变更编号 变更单号 单号",
    "from": "from start start_date planned_start_date begins 开始 开始时间 计划开始时间",
    "to": "to end end_date planned_end_date ends 结束 结束时间 计划结束时间",
    "items": "items item cmdb_ci ci configuration_item hosts 对象 配置项 变更对象 主机 系统",
    "people": "people assigned_to assignee implementer 人员 实施人 负责人 执行人",
    "title": "title short_description summary description 标题 内容 变更内容 说明 简述",
}
MEANINGS = {word: name for name, words in COLUMNS.items() for word in words.split()}
REQUIRED = ("id", "from", "to")


class ChangesFile(Part, frozen=True):
    changes: tuple[OtherChange, ...] = ()


class LoadedChanges(Struct, frozen=True):
    """`file`, `positions`: where the findings with source `changes` are."""

    changes: tuple[OtherChange, ...] = ()
    findings: tuple[Finding, ...] = ()
    file: str = ""
    positions: Positions = Positions(None)


class Wrong(Exception):
    """A change that cannot be used: the finding's code and fields."""

    def __init__(self, code: str, **said: Field) -> None:
        super().__init__(code)
        self.code, self.said = code, said


def read_changes(name: str, folder: FilePath, zone: tzinfo) -> LoadedChanges:
    """Any file has an answer."""
    file = folder / name
    kind = file.suffix.lower()
    if kind not in (*YAML, *CSV, *CALENDAR):
        return LoadedChanges(findings=(complain("L485", AT, given=name),))
    data = read_document(file, PLAN_LIMITS.size_bytes, AT)
    if isinstance(data, Finding):
        return LoadedChanges(findings=(data,))
    if kind in YAML:
        return read_yaml(data, str(file))
    found, findings = list[OtherChange](), list[Finding]()
    rows = table_rows(data) if kind in CSV else events(data)
    try:
        for line, told in rows:
            if told.get("recurs"):
                findings.append(complain("L495", (), SOURCE, (line, 1 if line else 0), change=str(told["id"])))
            try:
                found.append(change_of(told, zone))
            except Wrong as wrong:
                findings.append(complain(wrong.code, (), SOURCE, (line, 1 if line else 0), **wrong.said))
    except (Wrong, Unreadable) as wrong:
        findings.append(complain(wrong.code, (), SOURCE, (0, 0), **wrong.said))
    return LoadedChanges(tuple(found), tuple(findings[:FINDINGS_MAX]), str(file))


def read_yaml(data: bytes, file: str) -> LoadedChanges:
    document = read(data, PLAN_LIMITS, SOURCE)
    if document.root is None:
        return LoadedChanges((), document.findings, file)
    converter = Converter(SOURCE)
    as_list = isinstance(document.root, ListNode)
    read_as = converter.convert(document.root, tuple[OtherChange, ...] if as_list else ChangesFile)
    found = [] if read_as is FAILED else list(read_as if as_list else read_as.changes)
    place: tuple[str, ...] = () if as_list else ("changes",)
    wrong = [
        complain("L051", (*place, index, key), SOURCE, given=given)
        for index, change in enumerate(found)
        for key, given in (("from", change.from_), ("to", change.to))
        if not forms.is_moment(given)
    ]
    good = tuple(each for each in found if forms.is_moment(each.from_) and forms.is_moment(each.to))
    return LoadedChanges(good, (*document.findings, *converter.findings, *wrong), file, Positions(document.root))


def change_of(told: Mapping[str, Any], zone: tzinfo) -> OtherChange:
    """Raises Wrong."""
    if not told.get("id"):
        raise Wrong("L487")
    begins, ends = (moment(str(told["id"]), key, told.get(key), zone) for key in ("from", "to"))
    if ends <= begins:
        raise Wrong("L489", change=str(told["id"]), since=begins, until=ends)
    return OtherChange(
        id=str(told["id"]),
        from_=begins,
        to=ends,
        items=names(told.get("items", "")),
        people=names(told.get("people", "")),
        title=str(told.get("title", "")),
    )


def names(told: str | Sequence[str]) -> tuple[str, ...]:
    parts = GROUP_ENDS.split(told) if isinstance(told, str) else [str(each).strip() for each in told]
    return tuple(dict.fromkeys(each for each in parts if each))


def moment(change: str, key: str, told: object, zone: tzinfo) -> str:
    """As a plan writes it, in its zone. Raises Wrong."""
    if isinstance(told, date) and not isinstance(told, datetime):
        told = datetime.combine(told, time(0))
    try:
        at = told if isinstance(told, datetime) else datetime.fromisoformat(str(told).strip())
        local = at.astimezone(zone) if at.tzinfo else at
    except (ValueError, OverflowError) as error:
        raise Wrong("L488", change=change, key=key, given=str(told or "")) from error
    return local.replace(tzinfo=None).isoformat(timespec="minutes")


# --- tables -----------------------------------------------------------------------------------------------------


def table_rows(data: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """Raises Unreadable, Wrong."""
    columns: dict[int, str] = {}
    for line, cells in csv_rows(data):
        if not any(cell.strip() for cell in cells):
            continue
        if not columns:
            columns = head(cells)
            continue
        yield line, {columns[at]: cell.strip() for at, cell in enumerate(cells) if at in columns}


def head(cells: Sequence[str]) -> dict[int, str]:
    found: dict[int, str] = {}
    for at, cell in enumerate(cells):
        name = MEANINGS.get(cell.strip().lower().replace(" ", "_"))
        if name is not None and name not in found.values():
            found[at] = name
    if missing := [name for name in REQUIRED if name not in found.values()]:
        raise Wrong("L486", missing=", ".join(missing), given=", ".join(cells))
    return found


# --- iCalendar --------------------------------------------------------------------------------------------------


def events(data: bytes) -> Iterator[tuple[int, dict[str, Any]]]:
    """Every event. Raises Wrong."""
    import icalendar

    try:
        calendar = icalendar.Calendar.from_ical(data)
    except (ValueError, IndexError, KeyError) as error:
        raise Wrong("L494", problem=str(error)) from error
    for event in calendar.walk("VEVENT"):
        if str(event.get("STATUS", "")).upper() != "CANCELLED":
            yield 0, told_by(event)


def told_by(event: Any) -> dict[str, Any]:
    since, ends = told_time(event.get("DTSTART")), event.get("DTEND")
    until = told_time(ends) if ends is not None else after(since, told_time(event.get("DURATION")))
    items = [*listed(event.get("RESOURCES")), *listed(event.get("CATEGORIES")), *listed(event.get("LOCATION"))]
    people = [person_of(each) for each in many(event.get("ATTENDEE"))]
    return {
        "id": str(event.get("UID", "")) or str(event.get("SUMMARY", "")),
        "from": since,
        "to": until,
        "items": items,
        "people": people,
        "title": str(event.get("SUMMARY", "")),
        "recurs": event.get("RRULE") is not None or event.get("RDATE") is not None,
    }


def told_time(value: Any) -> Any:
    """A date, a moment or a length; the text of what is none of them, or is there twice; None of nothing."""
    return None if value is None else getattr(value, "__dict__", {}).get("dt", str(value))


def after(since: Any, lasts: Any) -> Any:
    """An event without an end: a date's lasts a day, a moment's is over at once."""
    if not isinstance(since, date):
        return since
    if not isinstance(lasts, timedelta):
        lasts = timedelta() if isinstance(since, datetime) else timedelta(days=1)
    try:
        return since + lasts
    except OverflowError:
        return str(lasts)


def many(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def listed(value: Any) -> list[str]:
    """Commas part the values of a property."""
    found = [text for each in many(value) for text in (getattr(each, "cats", None) or [each])]
    return [part.strip() for text in found for part in str(text).split(",") if part.strip()]


def person_of(attendee: Any) -> str:
    """The name that the calendar shows, else the mailbox."""
    shown = getattr(attendee, "params", {}).get("CN")
    return str(shown or str(attendee).lower().removeprefix("mailto:").partition("@")[0])
