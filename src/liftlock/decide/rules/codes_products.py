"""The codes L570-L599, with the fields that each finding carries: releases, their rules and overrides."""

HOP = ("from_version", "to_version")

CODES: dict[str, tuple[str, ...]] = {
    # a product file
    "L570": ("given", "scheme"),  # a version, or a part of a range, that the scheme cannot read
    "L572": ("given", "known"),  # a part that the product does not have, or that waits for itself
    "L573": (),  # a condition that asks nothing, or several things
    # a component of a product
    "L574": ("given", "known"),  # no such product
    "L575": ("given", "product", "known"),  # no such part, or none where the product has several
    "L576": ("version", "product"),  # warning: a release that a complete list does not have
    "L577": ("version", "scheme", "product"),  # a version that the product's scheme cannot read
    "L578": (*HOP, "product", "reached", "behind"),  # there is no way up
    "L579": (*HOP, "stops", "because"),  # a hop that passes compulsory stops by
    "L580": (*HOP, "risk", "message", "hosts", "unknown", "url"),  # a hop that a named risk blocks
    "L581": ("version", "why"),  # a withdrawn or known bad release, or one from which nothing leads on
    "L582": (*HOP, "via"),  # the way as written is not allowed, and another is
    "L583": ("via", "risk", "hops"),  # info: a better way
    "L584": ("component", "of", "of_version", "beside", "beside_version", "rule", "url"),  # versions that may not meet
    "L585": ("component", "mixed_s", "longest_s"),  # warning: old and new run side by side for too long
    "L586": ("component", *HOP),  # warning: a hop that wants everything stopped, in a rolling upgrade
    # overrides
    "L571": ("risk", "person", "because", "hops"),  # info: an override that hops take
    "L587": ("risk",),  # warning: an override that no hop needs
    "L588": ("risk", "person"),  # an override by somebody who approves nothing
    "L589": ("risk", "until"),  # an override that is over
    # releases on the way
    "L590": ("component", "version"),  # a release on the way that is come to twice, or is where it begins or ends
    "L591": ("component", "version"),  # a release on the way is known bad
    "L592": ("from_version", "to_version"),  # warning: a hop goes down
    "L593": ("component", "host", "version"),  # info: a host is where the first hop comes to
    "L594": (
        "component",
        "host",
        "version",
        "first",
    ),  # a host is further; warning: in a kept survey
    "L595": ("component", "version", "key"),  # warning: what is done once is done in this hop too
    "L596": ("component", "version", "other"),  # two hops bring one file
}
