"""The codes L570-L599, with the fields that each finding carries: releases, their rules and overrides."""

CODES: dict[str, tuple[str, ...]] = {}
