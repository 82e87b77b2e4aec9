"""Whose evidence a step reads: an undo its own step's, a readmission that of the drain of the same entry."""

from msgspec.structs import replace

from liftlock.decide.expand import reads_from
from liftlock.model.actions import Action, Kind
from liftlock.model.schedule import Template


def step(kind: Kind, driver: str, **args: object) -> Template:
    return Template(kind.value, Action(kind, driver, dict(args)))


TEMPLATES = {
    "00-drain-a": step(Kind.DRAIN, "drain.lb", address="/a", backend="x", deadline_s=9, wait=True),
    "01-drain-b": step(Kind.DRAIN, "drain.lb", address="/b", backend="x", deadline_s=9, wait=True, cut=True),
    "02-backup": step(Kind.BACKUP, "backup"),
    "03-prove": step(Kind.PROVE, "backup"),
    "04-readmit-a": step(Kind.READMIT, "readmit.lb", address="/a", backend="x", deadline_s=1, wait=False),
    "05-readmit-b": step(Kind.READMIT, "readmit.lb", address="/b", backend="x", deadline_s=1, wait=False),
    "06-readmit-c": step(Kind.READMIT, "readmit.lb", address="/c", backend="x"),
}


def test_a_step_reads_the_one_before_it_of_its_driver() -> None:
    assert reads_from(TEMPLATES, "lane", "", "03-prove") == "lane/02-backup"
    assert reads_from(TEMPLATES, "lane", "b", "03-prove") == "lane/b02-backup"
    assert reads_from(TEMPLATES, "lane", "", "02-backup") == ""


def test_a_readmission_reads_the_drain_of_its_entry_on_either_way() -> None:
    assert reads_from(TEMPLATES, "lane", "", "04-readmit-a") == "lane/00-drain-a"
    assert reads_from(TEMPLATES, "lane", "b", "05-readmit-b") == "lane/01-drain-b"
    assert reads_from(TEMPLATES, "lane", "", "06-readmit-c") == ""


def test_a_drain_of_the_way_back_alone_is_nobody_s_evidence() -> None:
    only_back = {**TEMPLATES, "00-drain-a": replace(TEMPLATES["00-drain-a"], way="back")}
    assert reads_from(only_back, "lane", "", "04-readmit-a") == ""
