"""Stability: what was promised stays where it still can; only what cannot is placed anew.

All previous begins that are still allowed are taken first. Then job by job in order of dependence: one whose place is
gone, or whose predecessor ends too late now, is given up and placed at the earliest minute that is left. Where that
makes the end later than it was, it is compared with the right shift: all in the order that they had, none earlier than
it was, each pushed as far as it must (Abumaizar and Svestka 1997). That moves more, and may end much earlier.
"""

from liftlock.decide.timetable.network import Net, heads
from liftlock.decide.timetable.serial import Board, Pass, board_of, place_all, settle
from liftlock.model.timetable import Solution


def repair(net: Net, previous: Solution) -> Pass | None:
    """None: with the previous begins, or in their order, something finds no place."""
    before = {each.job: each.begins for each in previous.placed}
    found = stay(net, before)
    if found is not None and found.over <= previous.ends:
        return found
    shifted = shift(net, before)
    if found is None or (shifted is not None and shifted.over < found.over):
        return shifted
    return found


def stay(net: Net, before: dict[str, int]) -> Pass | None:
    board = board_of(net)
    kept = keep(net, board, before)
    done = Pass([0] * len(net.jobs), [0] * len(net.jobs))
    for at in net.order:
        soonest = max((done.ends[other] + gap for other, gap in net.before[at]), default=0)
        found = kept.get(at)
        if found is not None and found[0] < soonest:
            give_back(board, at, found)
            found = None
        found = found or settle(board, at, soonest)
        if found is None:
            return None
        done.begins[at], done.ends[at] = found[0], found[0] + found[1]
    return done


def shift(net: Net, before: dict[str, int]) -> Pass | None:
    soonest = heads(net)[0]
    since = [before.get(job.id, soonest[at]) for at, job in enumerate(net.jobs)]
    found = place_all(net, [float(each) for each in since], since)
    return found if found.failed < 0 else None


def keep(net: Net, board: Board, begins: dict[str, int]) -> dict[int, tuple[int, int]]:
    """Where jobs were and still may be, with what they use taken; earlier begins before later ones."""
    kept: dict[int, tuple[int, int]] = {}
    wanted = sorted((begins[job.id], at) for at, job in enumerate(net.jobs) if job.id in begins and job.began is None)
    for minute, at in wanted:
        found = board.place(at, minute)
        if found is not None and found[0] == minute:
            board.take(at, *found)
            kept[at] = found
    board.full.clear()
    return kept


def give_back(board: Board, at: int, found: tuple[int, int]) -> None:
    board.take(at, *found, sign=-1)
    board.full.clear()
