"""The demo's words: every key in both languages, with the same fields."""

import string

import pytest
from demo.words import WORDS, choose_language, word


def fields_of(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("key", WORDS)
def test_both_languages_say_the_same(key: str) -> None:
    english, chinese = WORDS[key]
    assert english
    assert chinese
    assert fields_of(english) == fields_of(chinese)


@pytest.mark.parametrize(
    ("wish", "environ", "language"),
    [
        ("", {}, "en"),
        ("zh", {"LANG": "en_US.UTF-8"}, "zh"),
        ("", {"DEMO_LANG": "zh", "LANG": "en_US.UTF-8"}, "zh"),
        ("", {"LANG": "zh_CN.UTF-8"}, "zh"),
        ("en", {"LANG": "zh_CN.UTF-8"}, "en"),
    ],
)
def test_chooses_the_language(wish: str, environ: dict[str, str], language: str) -> None:
    assert choose_language(wish, environ) == language


def test_words_take_their_fields() -> None:
    assert "app-01" in word("zh", "kill-install", pid=1, host="app-01")
