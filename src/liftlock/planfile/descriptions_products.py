"""What the keys mean: releases, their rules and overrides."""

DESCRIPTIONS: dict[str, dict[str, tuple[str, str]]] = {}
