"""A revision of a plan, as those read it who agreed to the older one: requirements, chapters, approvals that fall."""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import to_builtins

from liftlock.model.revision import Edit, RevisedEntry, RevisedRequirement, Revision, Touched, What, Word
from liftlock.publish.paint import Paint, Style, bare
from liftlock.publish.plain import cells, plain, wrap
from liftlock.publish.words import Words

SIGNS: dict[What, tuple[str, Style]] = {"new": ("+", "good"), "gone": ("-", "bad"), "changed": ("~", "warn")}
STYLES: dict[str, Style] = {"falls": "bad", "stands": "good", "open": "warn"}
IN_BRACKETS = ("revision", "because")
TRACES = ("requirements", "goals", "components", "tests", "tasks")


def revision_text(revision: Revision, words: Words, *, width: int = 100, paint: Paint = bare) -> str:
    """Requirements with what they touch, then every other chapter's entries that differ."""
    lines = [paint("title", words.say("ui.revision.requirements"))]
    for each in revision.requirements:
        lines += requirement_lines(each, words, width, paint)
    if not revision.requirements:
        lines.append(f"  {words.say('ui.revision.none')}")
    for chapter in dict.fromkeys(each.chapter for each in revision.entries):
        lines.append(paint("title", words.word("Chapter", chapter)))
        for entry in (each for each in revision.entries if each.chapter == chapter):
            lines += entry_lines(entry, words, width, paint)
    return "\n".join(lines) + "\n"


def requirement_lines(revised: RevisedRequirement, words: Words, width: int, paint: Paint) -> list[str]:
    sign, style = SIGNS[revised.what]
    head = f"  {sign} {plain(revised.id)} {plain(revised.statement)}"
    lines = [paint(style, each) for each in wrap(f"{head}{in_brackets(revised, words)}", width, "      ")]
    shown = (edit for edit in revised.edits if edit.field not in IN_BRACKETS)
    lines += [each for edit in shown for each in edit_lines(edit, words, width, paint)]
    touched = touched_text(revised.touched, words)
    if touched:
        lines += wrap(f"      {words.say('ui.revision.touches', names=touched)}", width, "        ")
    if revised.again:
        again = words.say("ui.revision.again", names=words.join(revised.again))
        lines += [paint("warn", each) for each in wrap(f"      {again}", width, "        ")]
    return lines


def in_brackets(revised: RevisedRequirement, words: Words) -> str:
    """Which revision it was and is, and why."""
    if revised.what != "changed":
        return ""
    code = "ui.revision.same" if revised.before == revised.after else "ui.revision.raised"
    said = words.say(code, before=revised.before, after=revised.after)
    why = f"{words.say('ui.revision.colon')}{plain(revised.because)}" if revised.because else ""
    return words.say("ui.revision.bracket", said=said + why)


def touched_text(touched: Touched, words: Words) -> str:
    """What hangs on it, kind by kind."""
    named = ((words.word("Chapter", "timetable" if key == "tasks" else key), getattr(touched, key)) for key in TRACES)
    return words.say("ui.semicolon").join(f"{kind} {words.join(names)}" for kind, names in named if names)


def entry_lines(entry: RevisedEntry, words: Words, width: int, paint: Paint) -> list[str]:
    sign, style = SIGNS[entry.what]
    if not entry.name and entry.what == "changed":
        return [each for edit in entry.edits for each in edit_lines(edit, words, width, paint)]
    name = plain(entry.name) or words.say(f"ui.revision.{entry.what}")
    lines = [paint(style, each) for each in wrap(f"  {sign} {name}", width, "      ")]
    return lines + [each for edit in entry.edits for each in edit_lines(edit, words, width, paint)]


def edit_lines(edit: Edit, words: Words, width: int, paint: Paint) -> list[str]:
    """One line for a short value, else the old value above the new one."""
    name = plain(edit.field.strip("."))
    label = f"{name}{words.say('ui.revision.colon')}" if name else ""
    before, after = (plain(each) or words.say("ui.revision.nothing") for each in (edit.before, edit.after))
    one = f"      {label}{before} → {after}"
    if cells(one) <= width:
        return [one]
    lines = [f"      {label}".rstrip()] if label else []
    lines += [paint("bad", each) for each in wrap(f"        - {before}", width, "          ")]
    return lines + [paint("good", each) for each in wrap(f"        + {after}", width, "          ")]


def words_text(given: Sequence[Word], words: Words, *, same: bool, paint: Paint = bare) -> str:
    """Role by role, who approved the older plan and whether that still holds. `same`: the two digests are."""
    lines = [paint("title", words.word("Chapter", "approvals"))]
    for each in given:
        state = paint(STYLES[each.state], words.word("Approval", each.state))
        who = {"by": each.by, "digest": each.digest[:12], "at": each.at}
        said = words.say("ui.revision.approved", **who) if each.by else words.say("ui.revision.nobody")
        lines.append(f"  {state}  {plain(each.role)}{words.say('ui.revision.colon')}{said}")
    if same:
        lines.append(f"  {words.say('ui.revision.stands')}")
    elif not any(each.state == "falls" for each in given):
        lines.append(f"  {words.say('ui.revision.nothing_falls')}")
    return "\n".join(lines) + "\n"


def revision_json(revision: Revision | None, given: Iterable[Word]) -> dict[str, Any]:
    """For programs. Without the older plan's text nothing can be said of its chapters: null."""
    return {
        "requirements": None if revision is None else [to_builtins(each) for each in revision.requirements],
        "chapters": None if revision is None else [to_builtins(each) for each in revision.entries],
        "approvals": [to_builtins(each) for each in given],
    }
