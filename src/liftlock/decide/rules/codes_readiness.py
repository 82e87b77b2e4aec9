"""The codes L670-L679, and L345 and L346 of the survey, with the fields that each finding carries."""

CODES: dict[str, tuple[str, ...]] = {
    "L345": ("host", "what", "found", "expected"),  # not as planned
    "L346": ("host", "what", "expected"),  # nobody could say
    "L670": ("given",),  # neither a group nor a host of the inventory
    "L671": ("item",),  # two items of one id
    "L672": ("item",),  # nobody may answer it
    "L673": ("given",),  # no regular expression
    "L674": ("hosts",),  # warning: nothing is expected of them
    "L675": ("given",),  # reaches: no host:port
    "L677": ("given", "hosts"),  # hosts that have no part in the upgrade
    "L676": ("item", "person"),  # warning: the plan's owner alone answers it
}
