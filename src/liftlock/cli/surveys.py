"""The last survey of an upgrade's hosts, kept beside the record: what was seen is what a schedule assumes."""

import os
from pathlib import Path

from msgspec import DecodeError, json

from liftlock.cli.opening import folder_of
from liftlock.journal.faults import faults_of
from liftlock.model.survey import Survey

FOLDER = "surveys"


def keep_survey(store: str, upgrade: str, survey: Survey) -> Path:
    """Written whole or not at all, for its owner only. Raises WorldError."""
    place = place_of(store, upgrade)
    temporary = place.with_suffix(".part")
    with faults_of(place):
        for folder in (place.parent.parent, place.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(json.encode(survey))
        temporary.replace(place)
    return place


def kept_survey(store: str, upgrade: str) -> Survey | None:
    """None if there was none, or it cannot be read any more."""
    try:
        return json.decode(place_of(store, upgrade).read_bytes(), type=Survey)
    except (OSError, DecodeError):
        return None


def place_of(store: str, upgrade: str) -> Path:
    return folder_of(store) / FOLDER / f"{upgrade}.json"
