"""Compiles the catalogues of words (.po to .mo) into the wheel; the source tree keeps only the .po files."""

import tempfile
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LOCALE = "liftlock/publish/locale"


class CompileCatalogues(BuildHookInterface):
    """An editable install reads the .po files at run time, so that an edited word shows at once."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel" or version == "editable":
            return
        self._scratch = tempfile.TemporaryDirectory()
        for source in sorted((Path(self.root) / "src" / LOCALE).glob("*/LC_MESSAGES/*.po")):
            language = source.parent.parent.name
            compiled = Path(self._scratch.name) / f"{language}.mo"
            with source.open("rb") as text, compiled.open("wb") as binary:
                write_mo(binary, read_po(text, locale=language))
            build_data["force_include"][str(compiled)] = f"{LOCALE}/{language}/LC_MESSAGES/{source.stem}.mo"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if hasattr(self, "_scratch"):
            self._scratch.cleanup()
