"""What a name in the timetable stands for: a task, a stage of tasks, `waves`, a component, or one wave.

A group is over when its last members are, and begins with its first ones: waves that need no other, tasks that come
after nobody of the group.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import get_args

from msgspec import Struct

from liftlock.model.schedule import Schedule, name_of
from liftlock.model.schedule import Stage as Wave
from liftlock.model.tasks import Lead, Stage, Task

WAVES = "waves"
STAGES: tuple[str, ...] = get_args(Stage)
BEFORE_WAVES = STAGES[: STAGES.index(WAVES)]
AFTER_WAVES = ("observation", "acceptance", "trial run")


class Cast(Struct, frozen=True):
    """All jobs by name, and who must come before whom by the plan's own word (tasks) and the schedule's (waves)."""

    tasks: Mapping[str, Task]
    waves: Mapping[str, Wave]
    leads: tuple[Lead, ...] = ()

    def members(self, name: str) -> tuple[str, ...]:
        """Every job that the name stands for; none if nobody is called so. A stage's name is first the stage's."""
        if name in self.waves or (name in self.tasks and self.tasks[name].stage != name):
            return (name,)
        ours = [task.id for task in self.tasks.values() if task.stage == name]
        if name == WAVES:
            return (*self.waves, *ours)
        return tuple(ours) or tuple(each.id for each in self.waves.values() if name_of(each.component) == name)

    def needs(self, job: str) -> tuple[str, ...]:
        """The jobs that it names itself; what comes after all waves by its stage names them."""
        if job in self.waves:
            return tuple(need for need in self.waves[job].needs if need in self.waves)
        task = self.tasks[job]
        after = task.after or ((WAVES,) if task.stage in AFTER_WAVES else ())
        return tuple(each for name in after for each in self.members(name) if each != job)

    def firsts(self, name: str) -> tuple[str, ...]:
        """The members with which the group begins."""
        group = self.members(name)
        return tuple(job for job in group if not set(self.needs(job)).intersection(group))

    def lasts(self, name: str) -> tuple[str, ...]:
        """The members with which it is over."""
        group = self.members(name)
        return self.ends_of(group)

    def ends_of(self, group: Sequence[str]) -> tuple[str, ...]:
        needed = {need for job in group for need in self.needs(job)}
        return tuple(job for job in group if job not in needed) or tuple(group)

    def behind_waves(self) -> frozenset[str]:
        """Tasks that come after a wave by their own word, or by a lead."""
        found: set[str] = set(self.waves) | {task.id for task in self.tasks.values() if task.stage == WAVES}
        start, needs = frozenset(found), {job: set(self.needs(job)) for job in self.tasks}
        for lead in self.leads:
            for job in self.members(lead.before):
                needs.setdefault(job, set()).update(self.members(lead.of))
        while more := {job for job in self.tasks if job not in found and found.intersection(needs[job])}:
            found |= more
        return frozenset(found) - start

    def before_waves(self) -> tuple[str, ...]:
        """The last of the tasks whose stage comes before the waves."""
        behind = self.behind_waves()
        return self.ends_of(
            [task.id for task in self.tasks.values() if task.stage in BEFORE_WAVES and task.id not in behind]
        )


def cast_of(tasks: Iterable[Task], schedule: Schedule, leads: tuple[Lead, ...] = ()) -> Cast:
    return Cast({task.id: task for task in tasks}, {stage.id: stage for stage in schedule.stages}, leads)
