"""The search with CP-SAT, in two steps: an early end of all, then few moves; each from the best that is known.

Where there was a timetable before, its end is the one that was promised: it is only searched for an earlier one if the
end would be later than that.
"""

from collections.abc import Callable

from msgspec.structs import replace
from ortools.sat.python import cp_model

from liftlock.decide.timetable.alike import alike, in_order
from liftlock.decide.timetable.bounds import lower_bound
from liftlock.decide.timetable.conflict import conflict
from liftlock.decide.timetable.greedy import greedy, in_turn, placeable, solution_of
from liftlock.decide.timetable.network import Net, net_of, starts_of
from liftlock.decide.timetable.serial import Pass, place_all
from liftlock.execute.cpsat import Model, hint, model_of, stay
from liftlock.model.timetable import Infeasible, Problem, Progress, Solution

Heard = Callable[[Progress], None]

FOUND = (cp_model.OPTIMAL, cp_model.FEASIBLE)
SHARE_FOR_THE_END = 0.7  # of the limit, where a second step follows

UNAIDED = 200  # jobs; with fewer it finds better ones if it does not begin from the greedy timetable (bench/timetable)
QUESTION_S = 2.0  # at most, for one question about what cannot hold together


class Limits:
    """How long it may search, on how many processors; what is left goes down."""

    def __init__(self, whole_s: float, workers: int) -> None:
        self.whole_s = self.left_s = whole_s
        self.workers = workers


def search(
    problem: Problem,
    previous: Solution | None,
    known: Solution | Infeasible,
    *,
    limit_s: float,
    workers: int,
    progress: Heard | None = None,
) -> Solution | Infeasible:
    """`known`: what the greedy scheduler found. Infeasible: proved, if `irreducible`; else none was found in time."""
    limits = Limits(limit_s, workers)
    if previous is not None:
        return stable(problem, previous, known, limits, progress)
    found = known
    if isinstance(known, Infeasible) or not known.proved:
        found = earliest(problem, known, 0, limits, progress)
    return settled(net_of(problem), found) if isinstance(found, Solution) else found


def stable(
    problem: Problem, previous: Solution, kept: Solution | Infeasible, limits: Limits, progress: Heard | None
) -> Solution | Infeasible:
    """An earlier end than before is not bought with moves: only one that became later is searched for."""
    found = kept
    if isinstance(kept, Infeasible) or kept.ends > previous.ends:
        part = Limits(limits.left_s * SHARE_FOR_THE_END, limits.workers)
        known = shorter(kept, greedy(problem), in_turn(problem, previous)) or kept
        found = earliest(problem, known, previous.ends, part, progress)
        limits.left_s -= limits.left_s * SHARE_FOR_THE_END - part.left_s
    if isinstance(found, Infeasible):
        return found
    end = max(found.ends, previous.ends)
    return nearest(net_of(problem), shorter(kept, found, enough=end) or found, previous, end, limits)


def possible(limits: Limits, refuted: Problem) -> Callable[[Problem], bool | None]:
    """Whether a problem has a timetable at all; None: it could not be told within the limits."""

    def ask(problem: Problem) -> bool | None:
        if problem is refuted:
            return False
        seen = placeable(problem)
        if seen is not None or limits.left_s <= 0:
            return seen
        net = net_of(problem)
        made = model_of(net, 0, latest_end(net), alike(net))
        if made is None:
            return False
        part = Limits(min(limits.left_s, QUESTION_S), limits.workers)
        _, status = run(made, part)
        limits.left_s -= QUESTION_S - part.left_s
        return {cp_model.INFEASIBLE: False, cp_model.OPTIMAL: True, cp_model.FEASIBLE: True}.get(status)

    return ask


def shorter(*some: Solution | Infeasible | None, enough: int = 0) -> Solution | None:
    """The one that ends first; the first that ends early enough."""
    found = [each for each in some if isinstance(each, Solution)]
    return min(found, key=lambda each: max(each.ends, enough), default=None)


def earliest(
    problem: Problem, known: Solution | Infeasible, enough: int, limits: Limits, progress: Heard | None
) -> Solution | Infeasible:
    """The earliest end that is found, no later than the known one; none earlier than `enough` is looked for."""
    net = net_of(problem)
    bound, end = lower_bound(net), known.ends if isinstance(known, Solution) else latest_end(net)
    families = alike(net)
    made = model_of(net, max(bound, min(enough, end)), end, families) if bound <= end else None
    if made is None:
        return impossible(problem, known, limits)
    if isinstance(known, Solution) and len(net.jobs) > UNAIDED:
        hint(made, in_order(starts_of(net, known), families), known.ends)
    made.model.minimize(made.over)
    solver, status = run(made, limits, progress, mixed=True)
    if status == cp_model.INFEASIBLE:
        return impossible(problem, known, limits)
    if enough == 0:
        bound = max(bound, round(solver.best_objective_bound))
    if status not in FOUND:
        if isinstance(known, Solution) and known.bound < bound <= known.ends:
            return replace(known, bound=bound, proved=bound == known.ends)
        return known
    begins = [solver.value(each) for each in made.begins]
    return replace(solution_of(net, pass_of(net, begins), bound), by="cp-sat")


def impossible(problem: Problem, known: Solution | Infeasible, limits: Limits) -> Solution | Infeasible:
    """It was refuted: what cannot hold together is searched for, once more as long at most."""
    return conflict(problem, possible(Limits(limits.whole_s, limits.workers), problem)) or known


def latest_end(net: Net) -> int:
    return max((last + takes for each in net.windows for _, last, takes in each.choices), default=0)


def nearest(net: Net, first: Solution, previous: Solution, end: int, limits: Limits) -> Solution:
    """Over by `end`, with as few moves against `previous` as are found."""
    before = {each.job: each.begins for each in previous.placed}
    wanted = {at: before[job.id] for at, job in enumerate(net.jobs) if job.id in before and job.began is None}
    begins = starts_of(net, first)
    made = None if all(begins[at] == minute for at, minute in wanted.items()) else model_of(net, 0, end, ())
    if made is None:
        return first
    stay(made, wanted, end)
    hint(made, begins, first.ends)
    solver, status = run(made, limits)
    if status not in FOUND:
        return first
    found = pass_of(net, [solver.value(each) for each in made.begins])
    return replace(solution_of(net, found, first.bound), by="cp-sat")


def settled(net: Net, best: Solution) -> Solution:
    """Every job as early as the others let it; the end of all stays."""
    found = place_all(net, [float(each) for each in starts_of(net, best)])
    if found.failed >= 0 or found.over > best.ends:
        return best
    return replace(solution_of(net, found, best.bound), by=best.by)


def pass_of(net: Net, begins: list[int]) -> Pass:
    return Pass(begins, [begin + length_at(net, at, begin) for at, begin in enumerate(begins)])


def length_at(net: Net, at: int, begin: int) -> int:
    found = net.windows[at].at_or_after(begin)
    return found[1] if found is not None else 0


def run(
    made: Model, limits: Limits, heard: Heard | None = None, *, mixed: bool = False
) -> tuple[cp_model.CpSolver, cp_model.CpSolverStatus]:
    """`mixed`: one complete search without linear programming, and many ways to better a part, take turns; best for an
    early end (bench/timetable), worse for a plain refutation.
    """
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = max(limits.left_s, 0.1)
    solver.parameters.num_workers = limits.workers
    solver.parameters.interleave_search = mixed
    solver.parameters.subsolvers.extend(["no_lp"] if mixed else [])
    status = solver.solve(made.model, Listener(heard) if heard is not None else None)
    limits.left_s -= solver.wall_time
    return solver, status


class Listener(cp_model.CpSolverSolutionCallback):
    """Tells of every better timetable."""

    def __init__(self, progress: Heard) -> None:
        super().__init__()
        self.progress = progress

    def on_solution_callback(self) -> None:
        best, bound = round(self.objective_value), round(self.best_objective_bound)
        self.progress(Progress(bound, best, self.wall_time))
