"""How a component's canaries will be judged, as rows of words: against whom, by which figures, with which chances."""

from liftlock.model.plan import Metric
from liftlock.model.schedule import Measured, Schedule, Watching
from liftlock.publish.words import Words

Row = tuple[str, str]
SOURCES = ("prometheus", "haproxy", "backend", "access_log", "command", "sql", "check", "at")


def judging_rows(schedule: Schedule, component: str, words: Words) -> list[Row]:
    """None where the component's canaries are not judged."""
    watching = (schedule.canaries or {}).get(component)
    if watching is None:
        return []
    rows = [(words.say("ui.judging"), judging_text(watching, words))]
    rows += [(words.say("ui.judging.metric"), measured_text(each, words)) for each in watching.measured]
    rows.append((words.say("ui.judging.against"), against_text(watching, words)))
    chances = {"rollback": percent(sum(each.alpha for each in watching.measured)), "promote": chance(watching)}
    rows.append((words.say("ui.judging.chances"), words.say("ui.judging.chances.text", **chances)))
    return rows


def judging_text(watching: Watching, words: Words) -> str:
    """When one looks: before, after the warm-up, and afterwards."""
    times = {"every_s": watching.every_s, "before_s": watching.before_s, "looks": watching.looks_max}
    text = words.say("ui.judging.text", **times, warm_up_s=watching.warm_up_s, grace_s=watching.grace_s)
    return text + (words.say("ui.judging.watch", watch_s=watching.watch_s) if watching.watch_s else "")


def against_text(watching: Watching, words: Words) -> str:
    text = words.say("ui.judging.against.text")
    return text + (words.say("ui.judging.sample", hosts=len(watching.sample)) if watching.sample else "")


def measured_text(measured: Measured, words: Words) -> str:
    """A metric's name, where it is read, its margins, its share of the chance of a false rollback."""
    metric = measured.metric
    margins = {"rollback": worse(measured.rollback), "promote": worse(measured.promote)}
    text = words.say(
        "ui.judging.metric.text",
        name=metric.name,
        kind=words.word("MetricKind", metric.kind),
        source=source_text(metric),
        alpha=percent(measured.alpha),
        **margins,
    )
    if metric.kind == "latency":
        tail = {"rollback": worse(measured.tail_rollback), "promote": worse(measured.tail_promote)}
        text += words.say("ui.judging.tail", **tail)
    if measured.ignore_below:
        text += words.say("ui.judging.ignored", share=percent(measured.ignore_below))
    if metric.worse == "lower":
        text += words.say("ui.judging.lower")
    return text if metric.required else text + words.say("ui.judging.optional")


def source_text(metric: Metric) -> str:
    return " ".join(filter(None, (f"{name} {said}" if (said := getattr(metric, name)) else "" for name in SOURCES)))


def worse(ratio: float) -> str:
    return percent(ratio - 1)


def percent(share: float) -> str:
    return f"{share * 100:.3g}"


def chance(watching: Watching) -> str:
    return percent(watching.alpha_promote)
