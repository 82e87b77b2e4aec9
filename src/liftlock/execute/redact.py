"""Secrets are taken out once, here, before anything is recorded."""

from typing import Any

MASK = "[secret]"
SHORTEST = 4  # shorter values would mask ordinary text


class Redactor:
    """Knows the secret values that were resolved in this process, and never tells them."""

    def __init__(self) -> None:
        self.values: list[str] = []

    def learn(self, value: str) -> None:
        """Remember a value, and each line of it that is long enough to be told from ordinary text."""
        for piece in {value, *value.splitlines()}:
            if len(piece) >= SHORTEST and piece not in self.values:
                self.values.append(piece)
        self.values.sort(key=len, reverse=True)

    def clean(self, value: Any) -> Any:
        """The same JSON-like value with every secret masked."""
        if not self.values:
            return value
        if isinstance(value, str):
            for secret in self.values:
                value = value.replace(secret, MASK)
            return value
        if isinstance(value, dict):
            return {self.clean(key): self.clean(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.clean(item) for item in value]
        return value
