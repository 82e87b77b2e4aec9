"""A conflict as a sentence: what stands in whose way, and while what."""

from liftlock.model.conflicts import Conflict
from liftlock.publish.plain import plain
from liftlock.publish.words import Words


def conflict_text(conflict: Conflict, words: Words) -> str:
    """One line, in the zone of the words."""
    fields = {
        "job": conflict.job,
        "what": conflict.what,
        "other": conflict.other or words.say("ui.conflict.no_reason"),
        "title": f" ({plain(conflict.title)})" if conflict.title else "",
        "since": conflict.begins,
        "until": conflict.ends,
    }
    match conflict.cause:
        case "item":
            return words.say("ui.conflict.item", **fields)
        case "parent":
            return words.say("ui.conflict.parent", **fields)
        case "child":
            return words.say("ui.conflict.child", **fields)
        case "window":
            return words.say("ui.conflict.window", **fields)
        case "blackout":
            return words.say("ui.conflict.blackout", **fields)
        case "assignee":
            return words.say("ui.conflict.assignee", **fields)
        case "capacity":
            alone = "" if conflict.other else "_alone"
            return words.say(f"ui.conflict.capacity{alone}", **fields)
