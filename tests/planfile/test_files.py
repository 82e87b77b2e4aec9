"""Artifacts by digest, texts by content; what cannot be read is a finding at the key that names it."""

import os
from hashlib import sha256
from pathlib import Path

import pytest

from liftlock.model.findings import Finding
from liftlock.planfile import files
from liftlock.planfile.codes import CODES
from liftlock.planfile.files import Files, read_document, read_files
from liftlock.planfile.load import load_plan
from tests.planfile.technologies import DRIVERS
from tests.planfile.test_load import HEAD

DATA = b"not really a tar"
DIGEST = sha256(DATA).hexdigest()


def read(folder: Path, *items: str) -> Files:
    loaded = load_plan(HEAD + "".join(f"      - {item}\n" for item in items), DRIVERS)
    assert loaded.findings == ()
    result = read_files(loaded.recipes, DRIVERS, folder)
    for found in result.findings:
        assert set(found.fields) == set(CODES[found.code])
    return result


def only(result: Files) -> tuple[str, tuple[str | int, ...]]:
    (found,) = result.findings
    return found.code, found.path


def test_artifacts_and_texts(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(DATA)
    (tmp_path / "in.txt").write_text("über", encoding="utf-8")
    result = read(
        tmp_path,
        f"release: {{archive: a.tar, into: /x, sha256: {DIGEST.upper()}}}",
        "release: {archive: a.tar, into: /y}",
        "command: {run: x, stdin: in.txt}",
        "command: {run: y}",
    )
    assert result.findings == ()
    assert list(result.artifacts) == ["a.tar"]
    artifact = result.artifacts["a.tar"]
    assert (artifact.path, artifact.sha256, artifact.size_bytes) == (str(tmp_path / "a.tar"), DIGEST, len(DATA))
    assert result.texts == {"in.txt": "über"}


def test_a_wrong_digest_is_shown_with_the_right_one(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(DATA)
    result = read(tmp_path, f"release: {{archive: a.tar, into: /x, sha256: {'0' * 64}}}")
    (found,) = result.findings
    assert found.code == "L074"
    assert found.path[-1] == "sha256"
    assert found.fields == {"file": "a.tar", "expected": "0" * 64, "actual": DIGEST}


def test_what_is_no_digest(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(DATA)
    assert only(read(tmp_path, "release: {archive: a.tar, into: /x, sha256: 6f2c}"))[0] == "L075"


ARCHIVE = ("components", 0, "recipe", 0, "release", "archive")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    result = read(tmp_path, "release: {archive: no/a.tar, into: /x}")
    assert only(result) == ("L070", ARCHIVE)
    assert result.findings[0].fields["looked_at"] == str(tmp_path / "no/a.tar")


def test_a_folder_and_a_pipe_are_no_files(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    assert only(read(tmp_path, "release: {archive: folder, into: /x}")) == ("L076", ARCHIVE)
    assert only(read(tmp_path, "release: {archive: pipe, into: /x}")) == ("L076", ARCHIVE)


def test_a_folder_of_sql_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "db" / "deeper.sql").mkdir(parents=True)
    (tmp_path / "db" / "2.sql").write_text("two")
    (tmp_path / "db" / "1.sql").write_text("one")
    (tmp_path / "db" / "README").write_text("no migration")
    result = read(tmp_path, "command: {run: x, folder: db/}")
    assert result.texts == {"db/1.sql": "one", "db/2.sql": "two"}
    assert only(result)[0] == "L076"
    place = ("components", 0, "recipe", 0, "command", "folder")
    assert only(read(tmp_path, "command: {run: x, folder: nowhere}")) == ("L070", place)
    (tmp_path / "db" / "deeper.sql").rmdir()
    monkeypatch.setattr(files, "FOLDER_FILES_MAX", 1)
    assert only(read(tmp_path, "command: {run: x, folder: db}")) == ("L071", place)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.tar").touch(mode=0o000)
    assert only(read(tmp_path, "release: {archive: a.tar, into: /x}")) == ("L071", ARCHIVE)


def test_a_name_that_is_too_long_cannot_be_read(tmp_path: Path) -> None:
    assert only(read(tmp_path, f"release: {{archive: {'x' * 300}, into: /x}}")) == ("L071", ARCHIVE)


def test_files_that_are_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "ARTIFACT_MAX_BYTES", 10)
    monkeypatch.setattr(files, "TEXT_MAX_BYTES", 10)
    (tmp_path / "a").write_bytes(b"x" * 11)
    assert only(read(tmp_path, "release: {archive: a, into: /x}")) == ("L072", ARCHIVE)
    assert only(read(tmp_path, "command: {run: x, stdin: a}"))[0] == "L072"


def test_a_text_must_be_utf_8(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_bytes(b"\xff")
    assert only(read(tmp_path, "command: {run: x, stdin: in.txt}"))[0] == "L073"


def test_a_document_is_read_or_says_why_not(tmp_path: Path) -> None:
    (tmp_path / "hosts.yaml").write_bytes(b"hosts: {}")
    assert read_document(tmp_path / "hosts.yaml", 100) == b"hosts: {}"
    large = read_document(tmp_path / "hosts.yaml", 5)
    missing = read_document(tmp_path / "none.yaml", 5, ("inventory",))
    assert isinstance(large, Finding)
    assert isinstance(missing, Finding)
    assert (large.code, missing.code, missing.path) == ("L072", "L070", ("inventory",))
