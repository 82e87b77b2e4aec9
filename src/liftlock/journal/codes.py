"""Every deviation that a verification can name. Its words are made in `publish`, from code and fields.

Rule: a verification answers with all of these that it finds, and raises nothing because of what an archive holds.
"""

from msgspec import Struct

Field = str | int | float


class Discrepancy(Struct, frozen=True):
    """One thing that is not what it should be. `where`: a file of the archive, a stream, or an offset in either."""

    code: str
    where: str
    fields: dict[str, Field] = {}


CODES: dict[str, str] = {
    # the archive as a file
    "V001": "not a Liftlock archive, or its beginning is damaged",
    "V002": "bytes around a file of the archive differ from what they must be (offset)",
    "V003": "the archive ends too early (offset)",
    "V004": "there is something after the archive's end (offset, extra_bytes)",
    "V005": "a file name that is unsafe or twice in the archive (name)",
    "V006": "larger than the limit (limit)",
    "V007": "a file cannot be unpacked, or not to its stated size and checksum",
    # the list of contents
    "V011": "the manifest is missing or cannot be read",
    "V012": "the manifest is not signed by the archive's key (detail)",
    "V013": "the archive's key is not the one that was expected (expected, found)",
    "V014": "the archive's public key is missing or cannot be read",
    "V015": "a file's digest differs from the manifest (expected, found)",
    "V016": "a file that the manifest lists is missing",
    "V017": "a file that the manifest does not list",
    # the streams
    "V021": "the checkpoint is missing, cannot be read, or is not signed by the archive's key (detail)",
    "V022": "the number of entries differs from the checkpoint (expected, found)",
    "V023": "the Merkle root differs from the checkpoint (size, expected, found)",
    "V024": "a sequence number that does not follow (line, expected, found)",
    "V025": "an entry that cannot be read (line, detail)",
    "V026": "an epoch below the one before (line, before, found)",
    # what the events name
    "V031": "a file that an event names is missing (event, sha256)",
    "V032": "a file's content is not what its name says (expected, found)",
    "V033": "a schedule that cannot be read (detail)",
    "V034": "a schedule whose digest is not its name (expected, found)",
    # a journal itself
    "V041": "the tree over a stream differs from its head (expected, found)",
    "V042": "a stream has fewer entries than its head says (expected, found)",
    "V043": "a stream's history differs from a checkpoint that was signed earlier (size, expected, found)",
    "V044": "a kept checkpoint cannot be read or is not signed by this journal's key (detail)",
    "V045": "the database's own check complains (detail)",
}
