"""The wheel carries compiled catalogues, and the program reads them as it reads the sources."""

import gettext
import io
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from liftlock.publish.words import LANGUAGES, catalogue

ROOT = Path(__file__).parents[2]
FOLDER = "liftlock/publish/locale"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    (path,) = WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    return zipfile.ZipFile(path)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_wheel_says_what_the_source_says(wheel: zipfile.ZipFile, language: str) -> None:
    compiled = gettext.GNUTranslations(io.BytesIO(wheel.read(f"{FOLDER}/{language}/LC_MESSAGES/liftlock.mo")))
    for code in ("ui.help", "event.RunOpened", "finding.L012"):
        assert compiled.gettext(code) == catalogue(language).gettext(code) != code  # type: ignore[arg-type]


def test_the_wheel_carries_no_sources_of_words_and_the_tree_no_compiled_ones(wheel: zipfile.ZipFile) -> None:
    assert not [name for name in wheel.namelist() if name.endswith(".po")]
    assert not list((ROOT / "src").rglob("*.mo"))
