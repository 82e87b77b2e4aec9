"""The day of the first wave, as far as the plan tells it before a timetable is made."""

from liftlock.model.plan import Plan

DAY = len("2026-12-20")


def first_day(plan: Plan) -> str:
    """The first of the windows' dates if all have one; else of the tasks that are waves; else the deadline; else ''.

    What must be over before the first wave is late if it is over only after this day.
    """
    dates = [window.date for window in plan.windows]
    if dates and all(dates):
        return min(dates)
    tasks = plan.timetable.tasks if plan.timetable is not None else ()
    fixed = [(task.began or task.earliest)[:DAY] for task in tasks if task.stage == "waves"]
    return min(filter(None, fixed), default=plan.deadline[:DAY])
