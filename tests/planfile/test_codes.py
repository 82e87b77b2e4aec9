"""The table of codes and the code that uses them agree."""

import re
from pathlib import Path

from liftlock import planfile
from liftlock.planfile.codes import CODES, SHOWN_MAX, WARNINGS, complain

SOURCES = sorted(Path(planfile.__path__[0]).rglob("*.py"))


def test_every_code_that_is_used_is_in_the_table_and_the_other_way_round() -> None:
    used = {code for file in SOURCES if file.name != "codes.py" for code in re.findall(r'"(L\d{3})"', file.read_text())}
    with_suggestion = {"L062", "L069"}  # the next after L061 and L068
    assert used | with_suggestion == set(CODES)
    assert set(CODES) >= WARNINGS


def test_codes_are_this_rooms_and_their_fields_are_names() -> None:
    for code, fields in CODES.items():
        assert "L001" <= code <= "L099" or "L400" <= code <= "L499"
        assert all(field.isidentifier() for field in fields)


def test_what_a_finding_repeats_is_bounded() -> None:
    found = complain("L001", (), "plan", (1, 2), problem="x" * 100_000)
    assert len(str(found.fields["problem"])) <= 4 * SHOWN_MAX + 1
    assert (found.fields["line"], found.fields["column"]) == (1, 2)
