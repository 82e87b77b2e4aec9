"""A timetable problem as a CP-SAT model: the windows are the domains of the begins, absences are fixed intervals.

A job whose choices all take the same is one interval of fixed size; else a literal for each length says which begins
have it. Clusters that are alike are in order: exchanging two of them is no other timetable. Domains are cut to what
links, calendars and the end of the best known timetable leave.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ortools.sat.python import cp_model

from liftlock.decide.timetable.alike import Family
from liftlock.decide.timetable.network import Net, heads, tails
from liftlock.decide.timetable.profile import Steps

Users = list[tuple[cp_model.IntervalVar, int]]


@dataclass(slots=True)
class Model:
    """`over`: the end of all. `literals`: for complete hints."""

    model: cp_model.CpModel
    begins: list[cp_model.IntVar]
    over: cp_model.IntVar
    literals: list[tuple[int, cp_model.IntVar, cp_model.Domain]]


def model_of(net: Net, bound: int, end: int, families: Sequence[Family]) -> Model | None:
    """All that ends by `end`, not before `bound`; None: a job has no begin left. `families`: kept in order."""
    soonest, latest = heads(net)[0], tails(net, end)
    if any(low > high for low, high in zip(soonest, latest, strict=True)):
        return None
    model = cp_model.CpModel()
    made = Model(model, [], model.new_int_var(bound, end, "over"), [])
    intervals, ends = [], []
    for at, (low, high) in enumerate(zip(soonest, latest, strict=True)):
        begins, size = begin_of(made, net, at, low, high)
        over = begins + size if isinstance(size, int) else model.new_int_var(0, end, f"e{at}")
        intervals.append(model.new_interval_var(begins, size, over, f"i{at}"))
        ends.append(over)
        if not net.later[at]:
            model.add(made.over >= ends[at])
    for at, links in enumerate(net.before):
        for other, gap in links:
            model.add(made.begins[at] >= ends[other] + gap)
    users = users_of(net, intervals)
    for resource, steps in enumerate(net.free):
        if users[resource]:
            share(model, resource, steps, users[resource], end)
    for opens, closes, left in net.limits:
        pay(made, net, opens, closes, left)
    for first, second in (pair for family in families for pair in pairwise(family)):
        model.add(made.begins[first[0]] <= made.begins[second[0]])
    return made


def begin_of(made: Model, net: Net, at: int, low: int, high: int) -> tuple[cp_model.IntVar, cp_model.IntVar | int]:
    """The variable of a job's begin, and its length."""
    spans: dict[int, list[list[int]]] = defaultdict(list)
    for first, last, takes in net.windows[at].choices:
        if first <= high and last >= low:
            spans[takes].append([max(first, low), min(last, high)])
    domain = cp_model.Domain.from_intervals([span for each in spans.values() for span in each])
    begins = made.model.new_int_var_from_domain(domain, f"b{at}")
    made.begins.append(begins)
    if len(spans) == 1:
        return begins, next(iter(spans))
    literals = []
    for takes, each in spans.items():
        inside = cp_model.Domain.from_intervals(each)
        literal = made.model.new_bool_var(f"l{at}_{takes}")
        made.model.add_linear_expression_in_domain(begins, inside).only_enforce_if(literal)
        made.literals.append((at, literal, inside))
        literals.append(literal)
    made.model.add_exactly_one(literals)
    size = made.model.new_int_var(min(spans), max(spans), f"t{at}")
    for literal, takes in zip(literals, spans, strict=True):
        made.model.add(size == takes).only_enforce_if(literal)
    return begins, size


def users_of(net: Net, intervals: Sequence[cp_model.IntervalVar]) -> list[Users]:
    users: list[Users] = [[] for _ in net.free]
    for at, uses in enumerate(net.uses):
        for resource, units in uses if net.jobs[at].began is None else ():
            users[resource].append((intervals[at], units))
    return users


def share(model: cp_model.CpModel, resource: int, steps: Steps, users: Users, end: int) -> None:
    """At no minute more than is free."""
    most = max(free for free, minute in zip(steps.free, steps.times, strict=True) if minute <= end)
    if len(users) == 1 and min(steps.free) == most:
        return
    stops = [*steps.times[1:], end]
    for minute, stop, free in zip(steps.times, stops, steps.free, strict=True):
        if free < most and minute < min(stop, end):
            gone = model.new_fixed_size_interval_var(minute, min(stop, end) - minute, f"g{resource}_{minute}")
            users.append((gone, most - free))
    if most == 1:
        model.add_no_overlap([interval for interval, _ in users])
    else:
        model.add_cumulative([interval for interval, _ in users], [units for _, units in users], most)


def pay(made: Model, net: Net, opens: int, closes: int, left: int) -> None:
    """No more money in a period than there is."""
    inside, terms = cp_model.Domain(opens, closes - 1), []
    for at, cost in enumerate(net.cost):
        if cost == 0 or net.jobs[at].began is not None:
            continue
        literal = made.model.new_bool_var(f"p{at}_{opens}")
        made.model.add_linear_expression_in_domain(made.begins[at], inside).only_enforce_if(literal)
        made.model.add_linear_expression_in_domain(made.begins[at], inside.complement()).only_enforce_if(~literal)
        made.literals.append((at, literal, inside))
        terms.append(cost * literal)
    if terms:
        made.model.add(sum(terms) <= left)


def hint(made: Model, begins: Sequence[int], over: int) -> None:
    """A timetable that is known, complete."""
    for variable, value in zip(made.begins, begins, strict=True):
        made.model.add_hint(variable, value)
    for at, literal, inside in made.literals:
        made.model.add_hint(literal, inside.contains(begins[at]))
    made.model.add_hint(made.over, over)


def stay(made: Model, wanted: dict[int, int], end: int) -> None:
    """Instead of an early end: few jobs elsewhere than `wanted`, then not far from there."""
    terms: list[cp_model.LinearExpr] = []
    for at, before in wanted.items():
        away, moved = made.model.new_int_var(0, end, f"a{at}"), made.model.new_bool_var(f"m{at}")
        made.model.add_abs_equality(away, made.begins[at] - before)
        made.model.add(away == 0).only_enforce_if(~moved)
        terms.append(away + moved * (end * len(wanted) + 1))
    made.model.minimize(sum(terms))
