"""Whatever happens in a run, it can be told: simulated runs with faults, crashes and people, in both languages."""

import io
import re

import pytest
from markdown_it import MarkdownIt
from rich.console import Console

from liftlock.model.fold import advance
from liftlock.model.run import Run
from liftlock.publish.happenings import Weight
from liftlock.publish.live import live_view, plain_lines, progress_line
from liftlock.publish.log import log_json, run_lines
from liftlock.publish.plain import cells
from liftlock.publish.report import Record, report
from liftlock.publish.status import status_json, status_text
from liftlock.publish.words import LANGUAGES, Words
from liftlock.simulate.story import Story
from tests.simulate.test_seeds import story_of, story_over_hops

SEEDS = range(40)
BARE = re.compile(r"\b(?:reason|failure|event|word|ui|world)\.[a-z]|\{\w+\}")


@pytest.fixture(scope="module")
def stories() -> list[Story]:
    return [*map(story_of, SEEDS), *map(story_over_hops, SEEDS[:15])]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report(stories: list[Story], language: str) -> None:
    words = Words(language)
    for story in stories:
        text = report(Record(story.schedule, story.entries, story.run), words)
        assert not BARE.search(text)
        assert rows_fit(text)


def rows_fit(text: str) -> bool:
    """Every table row has as many cells as its head."""
    head, row = 0, 0
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type == "thead_open":
            head = 0
        head += token.type == "th_open"
        row = 0 if token.type == "tr_open" else row + (token.type == "td_open")
        if token.type == "tr_close" and row and row != head:
            return False
    return True


@pytest.mark.parametrize("language", LANGUAGES)
def test_log_and_lines(stories: list[Story], language: str) -> None:
    words = Words(language)
    for story in stories:
        lines = list(run_lines(story.entries, words))
        assert len(list(log_json(lines))) == len(story.entries)
        for text in plain_lines(lines, words, details=True):
            assert not BARE.search(text)
            assert text.isprintable()
        assert any(line.weight is Weight.MILESTONE for line in lines)


@pytest.mark.parametrize("language", LANGUAGES)
def test_status_and_picture_at_many_moments(stories: list[Story], language: str) -> None:
    words = Words(language)
    for story in stories:
        run = Run()
        every = max(1, len(story.entries) // 6)
        for entry in story.entries:
            advance(run, entry)
            if entry.seq % every == 0 or run.holds:
                now = entry.at
                text = status_text(story.schedule, run, now, words, width=80)
                assert not BARE.search(text)
                assert status_json(story.schedule, run, now, words)["entries"] == run.size
                assert "\n" not in progress_line(story.schedule, run, now, words)
                out = io.StringIO()
                Console(file=out, width=80, color_system=None).print(live_view(story.schedule, run, now, words))
                assert max(cells(line) for line in out.getvalue().splitlines()) <= 80
