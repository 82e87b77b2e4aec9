"""Critical path and slack of a timetable.

Slack is how many minutes later a job could begin (what began: end) with the end of the whole, every deadline and window
and absence as they are, and what comes after it moving along as far as it must: what waits for it by a link, and what
follows it on a resource (money is not looked at). Who follows whom there is read from the timetable: each job takes its
units from those that gave theirs back last (a resource flow, Artigues et al. 2003). Critical is what has no slack.
"""

from bisect import bisect_right

from liftlock.decide.timetable.network import Net, Windows, net_of, starts_of
from liftlock.model.timetable import Problem, Slack, Solution

Edges = list[dict[int, int]]  # job -> (job that follows -> gap)


def critical(problem: Problem, solution: Solution) -> dict[str, Slack]:
    """Of a solution that holds: job -> slack."""
    net = net_of(problem)
    begins = starts_of(net, solution)
    over = {each.job: each.ends for each in solution.placed}
    ends = [over[job.id] for job in net.jobs]
    edges = follows(net, begins, ends)
    latest, found = [0] * len(begins), dict[str, Slack]()
    end, turn = solution.ends, {at: number for number, at in enumerate(net.order)}
    for at in sorted(net.order, key=lambda each: (begins[each], turn[each]), reverse=True):
        until = min((latest[other] - gap for other, gap in edges[at].items()), default=end)
        if net.jobs[at].began is not None:
            latest[at], total = begins[at], until - ends[at]
        else:
            latest[at] = max(begins[at], last_begin(net, at, begins[at], ends[at], until))
            total = latest[at] - begins[at]
        found[net.jobs[at].id] = Slack(max(total, 0), total <= 0)
    return found


def follows(net: Net, begins: list[int], ends: list[int]) -> Edges:
    edges: Edges = [dict(links) for links in net.later]
    users: list[list[tuple[int, int]]] = [[] for _ in net.free]
    for at, uses in enumerate(net.uses):
        for resource, units in uses if ends[at] > begins[at] else ():
            users[resource].append((at, units))
    for each in users:
        flow(edges, each, begins, ends)
    return edges


def flow(edges: Edges, users: list[tuple[int, int]], begins: list[int], ends: list[int]) -> None:
    """Who hands units to whom on one resource: the last that ended before a job begins comes first."""
    given = sorted((ends[at], at, units) for at, units in users)
    returned: list[list[int]] = []  # [job, units]: what ended and was not taken since, in order of the ends
    next_one = 0
    for at, units in sorted(users, key=lambda each: begins[each[0]]):
        while next_one < len(given) and given[next_one][0] <= begins[at]:
            returned.append([given[next_one][1], given[next_one][2]])
            next_one += 1
        while units > 0 and returned:
            giver, has = returned.pop()
            edges[giver].setdefault(at, 0)
            if has > units:
                returned.append([giver, has - units])
            units -= has


def last_begin(net: Net, at: int, begin: int, end: int, until: int) -> int:
    """The latest begin from which it ends by `until`, over a weekend too, and meets no absence."""
    longest = None if end > begin else 0  # what takes no time now has its units from nobody
    found, takes = latest_over(net.windows[at], until, longest)
    while found > begin:
        short = [net.free[resource].short(found, found + takes, units) for resource, units in net.uses[at]]
        blocked = min((minute for minute in short if minute is not None), default=None)
        if blocked is None:
            return found
        found, takes = latest_over(net.windows[at], blocked if blocked > found else found, longest)
    return begin


def latest_over(windows: Windows, until: int, longest: int | None) -> tuple[int, int]:
    """The last allowed begin from which it ends by `until`, and how long it takes from there; (-1, 0): none."""
    for first, last, takes in reversed(windows.choices[: bisect_right(windows.firsts, until)]):
        if first <= min(last, until - takes) and (longest is None or takes <= longest):
            return min(last, until - takes), takes
    return -1, 0
