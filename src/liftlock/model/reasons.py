"""Why something was decided or refused: a code and its fields. The words, zh and en, are made in `publish`."""

from msgspec import Struct

Field = str | int | float


class Reason(Struct, frozen=True):
    """`code` is a key of the catalogue (`reason.<code>`); `fields` fill its placeholders."""

    code: str
    fields: dict[str, Field] = {}


def because(code: str, **fields: Field) -> Reason:
    return Reason(code, fields)
