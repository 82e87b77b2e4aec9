"""Secrets in the forms in which programs print them, and what is left of them where a text was cut."""

import base64
import html
import urllib.parse

import pytest

from liftlock.execute.redact import FEW, Redactor, references
from liftlock.model.secret import SecretRef

ODD = 'pa$$ "w\'o\\rd"  é中\nsecond line\t|'


def redactor(*values: str) -> Redactor:
    made = Redactor()
    for value in values:
        made.learn(value)
    return made


@pytest.mark.parametrize(
    "printed",
    [
        ODD,
        f"before {ODD} after",
        "second line\t|",
        'pa$$ "w\'o\\rd" é中 second line |',  # echo $TOKEN, without quotes
        '{"password": "pa$$ \\"w\'o\\\\rd\\"  \\u00e9\\u4e2d\\nsecond line\\t|"}',
        '{"password": "pa$$ \\"w\'o\\\\rd\\"  é中\\nsecond line\\t|"}',
        "+ login 'pa$$ \"w'\\''o\\rd\"  é中\nsecond line\t|'",  # set -x
        "Illegal header value b'pa$$ \"w\\'o\\\\rd\"  \\xc3\\xa9\\xe4\\xb8\\xad\\nsecond line\\t|'",
        "+ login 'pa$$ \"w'\"'\"'o\\rd\"  é中\nsecond line\t|'",
    ],
)
def test_whatever_a_program_makes_of_it(printed: str) -> None:
    clean = redactor(ODD).clean(printed)
    assert "[secret]" in clean
    for part in ("pa$$", "w'", "é中", "u4e2d", "second"):
        assert part not in clean, clean


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("ab tr0ub4dor\n[...]\nrest", "ab [secret]\n[...]\nrest"),
        ("head\n[...]\n4dor-and-3 ab", "head\n[...]\n[secret] ab"),
        ("head tr0ub4\n[...]\ndor-and-3 ab", "head [secret]\n[...]\n[secret] ab"),
        ("token tr0ub…", "token [secret]…"),
        ("token tr0ub4\ufffd…", "token [secret]…"),
        ("tr0ub4dor-and\n…", "[secret]\n…"),
        ("a tr0ubadour sang…", "a tr0ubadour sang…"),
        ("plain tr0ub", "plain tr0ub"),  # nothing was cut: these are five letters of somebody's
    ],
)
def test_what_a_cut_left_of_it(text: str, clean: str) -> None:
    assert redactor("tr0ub4dor-and-3").clean(text) == clean


def test_every_place_of_a_document() -> None:
    found = redactor("tr0ub4dor").clean({"tr0ub4dor": ["x tr0ub4dor", {"a": ("tr0ub4dor",)}], "n": 3})
    assert found == {"[secret]": ["x [secret]", {"a": ["[secret]"]}], "n": 3}


def test_references_are_found_wherever_an_action_holds_them() -> None:
    args = {"env": {"A": {"secret": "env:A"}, "B": "plain"}, "more": [{"headers": {"X": {"secret": "file:b"}}}]}
    assert list(references(args)) == [SecretRef("env:A"), SecretRef("file:b")]
    assert list(references({"secret": "env:A", "text": "beside"})) == []


ENCODINGS = {
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "basic": lambda text: base64.b64encode(f"admin:{text}".encode()).decode(),
    "basic of others": lambda text: base64.b64encode(f"ab{text}z".encode()).decode(),
    "base64url": lambda text: base64.urlsafe_b64encode(text.encode()).decode(),
    "hex": lambda text: text.encode().hex(),
    "HEX": lambda text: text.encode().hex().upper(),
    "dump": lambda text: text.encode().hex(" "),
    "address": lambda text: urllib.parse.quote(text, safe=""),
    "path": lambda text: urllib.parse.quote(text),
    "form": lambda text: urllib.parse.urlencode({"q": text}),
    "page": html.escape,
}


@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize("secret", ["tr0ub4dor&3", "p/+? <é中>", "x" * 40 + "tail"])
def test_encodings(name: str, secret: str) -> None:
    encoded = ENCODINGS[name](secret)
    clean = redactor(secret).clean(f"got {encoded} end")
    assert "[secret]" in clean
    kept = clean.replace("got", "").replace("end", "").replace("[secret]", "").split()
    assert sum(map(len, kept)) <= 12, clean  # what also depends on the neighbours


def test_many_secrets_are_masked_as_few_are() -> None:
    many = [f"secret-{number:05}-of-a-host" for number in range(FEW * 50)]
    made = redactor(*many)
    text = f"a {many[7]} b {many[-1]}{many[0]} c secret-99999-of-a-host"
    assert made.clean(text) == "a [secret] b [secret][secret] c secret-99999-of-a-host"
    assert made.clean("secret-") == "secret-"
