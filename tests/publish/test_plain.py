import re

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from liftlock.publish.plain import cells, code, cut, fenced, lines_of, markdown, pad, plain, table, wrap

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
GFM = MarkdownIt("commonmark").enable(["table", "strikethrough"])
TEXT = st.text(max_size=60)


@given(TEXT)
def test_plain_is_one_line_without_controls(text: str) -> None:
    assert not CONTROL.search(plain(text))


@given(TEXT)
def test_lines_hold_no_controls(text: str) -> None:
    assert not any(CONTROL.search(line) for line in lines_of(text))


@given(st.text(st.sampled_from("ab*_`~[]()<>|&\\#-+1.=! \n"), max_size=30))
def test_markdown_shows_what_was_written(text: str) -> None:
    """Whatever is written comes out as text: no emphasis, link, code, HTML, list or heading."""
    tokens = GFM.parse(markdown(text))
    assert {token.type for token in tokens} <= {"paragraph_open", "inline", "paragraph_close"}
    kinds = {child.type for token in tokens for child in token.children or ()}
    assert kinds <= {"text", "text_special"}
    shown = "".join(child.content for token in tokens for child in token.children or ())
    assert shown == re.sub(r"\s*\n\s*", " ", text).strip()


@given(st.text(st.sampled_from("ab`|*_\\\n"), min_size=1, max_size=20))
def test_a_cell_stays_one_cell(text: str) -> None:
    for shown in (code(text), markdown(text)):
        tokens = GFM.parse(f"| a | b |\n| --- | --- |\n| {shown} | end |\n")
        cells_found = [token for token in tokens if token.type == "td_open"]
        assert len(cells_found) == 2


@given(st.text(st.sampled_from("ab`~\n "), max_size=40))
def test_nothing_ends_a_fence_from_inside(text: str) -> None:
    tokens = GFM.parse("\n".join(fenced(text)))
    assert [token.type for token in tokens] == ["fence"]


@given(st.text(st.sampled_from("ab 升船机，。é"), max_size=60), st.integers(12, 40))
def test_lines_are_no_wider_than_asked(text: str, width: int) -> None:
    words = max((cells(word) for word in re.split(r"[ \u2e80-\u9fff，。]", text)), default=0)
    assert all(cells(line) <= max(width, words + 4) for line in wrap(text, width, "  "))
    assert cells(cut(text, width)) <= width
    assert cells(pad(cut(text, width), width)) == width


def test_wrapping_loses_nothing() -> None:
    text = "升级在窗口内完成，失败则回退 and the rest of it"
    assert "".join(wrap(text, 12)).replace(" ", "") == text.replace(" ", "")


def test_columns_align_under_chinese() -> None:
    lines = table([["名称", "x"], ["app", "y"]], 40)
    assert [cells(line) for line in lines] == [7, 7]
