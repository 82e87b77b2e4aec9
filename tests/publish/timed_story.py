"""A timetable by hand: a bank's upgrade from its needs to its acceptance, with waves at night."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from liftlock.model.dated import Bond, Dated, Row, Shade

ZONE = ZoneInfo("Asia/Shanghai")
NAMES = {"wang.fang": "王芳", "chen.jie": "陈洁", "liu.yang": "刘洋"}
HOLIDAYS = {date(2027, 1, 1): "元旦"}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def task(id: str, name: str, stage: str, begins: str, ends: str, owner: str, **more: object) -> Row:
    people = more.pop("people", (owner,))
    after = tuple(Bond(job) for job in more.pop("after", ()))  # type: ignore[attr-defined]
    return Row(
        id,
        at(begins),
        at(ends),
        name=name,
        stage=stage,
        owner=owner,
        people=people,
        after=after,
        **more,  # type: ignore[arg-type]
    )


def wave(component: str, number: int, begins: str, minutes: int, *after: str, critical: bool = True) -> Row:
    first = at(begins)
    return Row(
        f"{component}/1/w{number}",
        first,
        first + timedelta(minutes=minutes),
        stage="waves",
        component=component,
        owner="wang.fang",
        people=("wang.fang",),
        critical=critical,
        slack_s=0.0 if critical else 86400.0,
        after=tuple(Bond(job, "soak") for job in after),
    )


def rows() -> tuple[Row, ...]:
    return (
        task(
            "needs",
            "Requirements accepted by the client",
            "needs",
            "2026-11-30T09:00",
            "2026-12-02T18:00",
            "li.wei",
            days=3,
            critical=True,
            slack_s=0.0,
            began=at("2026-11-30T09:00"),
            ended=at("2026-12-02T17:00"),
        ),
        task(
            "scheme",
            "实施方案编写",
            "plan",
            "2026-12-03T09:00",
            "2026-12-08T18:00",
            "zhang.min",
            days=4,
            after=("needs",),
            critical=True,
            slack_s=0.0,
            began=at("2026-12-03T10:00"),
            loads={"zhang.min": 80.0},
        ),
        task(
            "uat",
            "User acceptance test (UAT)",
            "tests",
            "2026-12-09T09:00",
            "2026-12-14T18:00",
            "chen.jie",
            days=4,
            after=("scheme",),
            critical=True,
            slack_s=0.0,
            people=("chen.jie", "li.wei"),
            kept_begins=at("2026-12-07T09:00"),
            kept_ends=at("2026-12-10T18:00"),
        ),
        task(
            "scan",
            "漏洞扫描",
            "tests",
            "2026-12-09T09:00",
            "2026-12-10T18:00",
            "sec",
            days=2,
            after=("scheme",),
            slack_s=2 * 86400.0,
        ),
        task(
            "drill",
            "回退演练 Rehearsal on three nodes",
            "rehearsal",
            "2026-12-15T09:00",
            "2026-12-16T18:00",
            "wang.fang",
            days=2,
            after=("uat", "scan"),
            critical=True,
            slack_s=0.0,
        ),
        task(
            "train",
            "Training of the duty officers",
            "training",
            "2026-12-10T09:00",
            "2026-12-11T18:00",
            "liu.yang",
            days=2,
            after=("scheme",),
            slack_s=5 * 86400.0,
            deadline=at("2026-12-18T18:00"),
        ),
        task(
            "approval",
            "变更审批",
            "approval",
            "2026-12-17T18:00",
            "2026-12-17T18:00",
            "risk",
            days=0,
            after=("drill",),
            critical=True,
            slack_s=0.0,
            deadline=at("2026-12-18T18:00"),
        ),
        wave("core-db", 1, "2026-12-22T23:00", 95, "approval"),
        wave("core-db", 2, "2026-12-23T23:00", 180, "core-db/1/w1"),
        wave("orders", 1, "2026-12-24T23:00", 60, "core-db/1/w2"),
        wave("orders", 2, "2026-12-29T23:00", 240, "orders/1/w1"),
        wave("gateway", 1, "2026-12-29T23:30", 45, "orders/1/w1", critical=False),
        task(
            "watch",
            "观察期",
            "observation",
            "2026-12-30T03:00",
            "2027-01-04T09:00",
            "ops",
            after=("orders/1/w2",),
            critical=True,
            slack_s=0.0,
        ),
        task(
            "accept",
            "Acceptance",
            "acceptance",
            "2027-01-04T09:00",
            "2027-01-05T18:00",
            "li.wei",
            days=2,
            after=("watch", "gateway/1/w1"),
            critical=True,
            slack_s=0.0,
            deadline=at("2027-01-08T18:00"),
        ),
    )


def shades() -> tuple[Shade, ...]:
    found = []
    for number in range(45):
        day = date(2026, 11, 28) + timedelta(days=number)
        begins = datetime(day.year, day.month, day.day, tzinfo=ZONE)
        if day.weekday() >= 5 or day in HOLIDAYS:
            found.append(Shade("closed", begins, begins + timedelta(days=1), HOLIDAYS.get(day, "")))
        if day.weekday() in (1, 2, 3):
            opens = begins + timedelta(hours=22)
            found.append(Shade("window", opens, opens + timedelta(hours=6)))
    found.append(Shade("freeze", at("2026-12-31T00:00"), at("2027-01-04T00:00"), "年终决算封网"))
    return tuple(found)


def dated() -> Dated:
    title = "核心账务系统 Orders 1.0 → 1.1"
    return Dated(
        upgrade="orders",
        title=title,
        rows=rows(),
        shades=shades(),
        deadline=at("2027-01-11T00:00"),
        deadline_of="all",
        by="cp-sat",
        bound=at("2027-01-05T18:00"),
        proved=True,
        names=NAMES,
    )


TODAY = at("2026-12-04T11:00")


def large(components: int = 40, waves: int = 12) -> Dated:
    """Hundreds of waves, night after night."""
    found = list(rows()[:7])
    for number in range(components):
        for wave_number in range(waves):
            begins = at("2026-12-22T22:00") + timedelta(days=wave_number + number // 8, minutes=20 * (number % 8))
            name = f"cluster-{number:03d}"
            before = (Bond(f"{name}/1/w{wave_number}", "soak"),) if wave_number else (Bond("approval"),)
            found.append(
                Row(
                    f"{name}/1/w{wave_number + 1}",
                    begins,
                    begins + timedelta(minutes=50),
                    stage="waves",
                    component=name,
                    after=before,
                    critical=number == components - 1,
                )
            )
    return Dated("fleet", "A fleet of many clusters", tuple(found), shades())
