"""A secret is named wherever it is used, and never there."""

from msgspec import Struct


class SecretRef(Struct, frozen=True):
    """Where a secret is found when it is used (`env:NAME`, `file:/path`). Never its value."""

    secret: str
