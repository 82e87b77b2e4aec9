"""`python -m demo`: play the three acts, prove what they promise, clean up. Ends with 0 if all promises were kept."""

import argparse
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from demo import CHECKOUT, acts, fleet, stage, traffic
from demo.liftlock import Liftlock, Unexpected
from demo.teller import Teller
from demo.words import choose_language

FAILED, INTERRUPTED = 1, 130


def main() -> int:
    options = parse_arguments()
    teller = Teller(choose_language(options.lang, os.environ))
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        with stage.opened(options.folder.resolve(), standin=options.standin, language=teller.language) as built:
            kept = play(built, teller)
        tell_where(options.folder, teller)
        return 0 if kept else FAILED
    except KeyboardInterrupt:
        teller.after_kill()
        teller.say("stopped", folder=options.folder)
        return INTERRUPTED
    except (Unexpected, stage.StageError) as error:
        teller.say("failed", style="bold red", why=teller.word(error.key, **error.fields))
        return FAILED


def interrupt(number: int, frame: FrameType | None) -> None:
    """A polite end takes the way of Ctrl-C."""
    raise KeyboardInterrupt


def play(built: stage.Stage, teller: Teller) -> bool:
    """All acts, and the table at the end. True if every promise was kept."""
    teller.headline("title")
    addresses = f"{built.hosts[0].address} … {built.hosts[-1].address}"
    teller.say("stage", addresses=addresses, lb=teller.word(built.lb.kind), rate=traffic.REQUESTS_PER_S)
    liftlock = Liftlock(built.folder, built.line, teller)
    play = acts.Play(built, liftlock, teller)
    played = [play.first(), play.second(), play.third()]
    proved = acts.keep_record(liftlock, teller)
    return tell_summary(built, teller, played, proved)


def tell_summary(built: stage.Stage, teller: Teller, played: list[acts.Act], proved: bool) -> bool:
    teller.headline("summary")
    teller.table(["act", "result", "hosts", "orders", "failed", "slowest", "took"], [row(teller, a) for a in played])
    first, second, third = played
    bad = second.orders
    counts = [fleet.records(built.hosts, what) for what in ("install 1.3 begun", "install 1.3 done", "start 1.3 ")]
    once = all(set(count.values()) == {1} for count in counts)
    caught = 0 < bad.failed == bad.failed_by["1.2"] == bad.results["500"]
    share = f"{bad.versions['1.2'] / max(1, bad.sent):.1%}"
    promises: list[tuple[bool, str, dict[str, object]]] = [
        (first.lost_nothing and third.lost_nothing, "promise-no-loss", {}),
        (caught, "promise-caught", {"share": share, "failed": bad.failed}),
        (third.kills == 2, "promise-killed", {}),
        (once, "promise-once", {}),
        (all(act.every_host_right for act in played), "promise-back", {}),
        (proved, "promise-proved", {}),
    ]
    for kept, key, fields in promises:
        teller.promise(kept, key, **fields)
    return all(kept for kept, _, _ in promises)


def row(teller: Teller, act: acts.Act) -> list[str]:
    hosts = ", ".join(f"{version} × {number}" for version, number in sorted(act.answering.items()))
    figures = [f"{act.orders.sent}", f"{act.orders.failed}", f"{act.orders.slowest_ms:.0f} ms"]
    return [act.name, teller.word(act.result), hosts, *figures, teller.word("took", seconds=round(act.took_s))]


def tell_where(folder: Path, teller: Teller) -> None:
    places = {
        "orders-1.*.yaml": "where-plans",
        "hosts.yaml": "where-hosts.yaml",
        "reports/": "where-reports",
        "bundles/": "where-bundles",
        "notices.txt": "where-notices",
        ".liftlock/": "where-record",
        "hosts/": "where-hosts",
        "logs/": "where-logs",
        "traffic.jsonl": "where-traffic",
    }
    teller.rows("where", [(f"{shown(folder)}/{place}", teller.word(key)) for place, key in places.items()])
    program = Path(sys.executable).parent / "liftlock"
    typed = os.path.relpath(program, folder) if program.is_relative_to(CHECKOUT) else str(program)
    teller.rows("next", [(f"cd {shown(folder)}", "")] + [(f"{typed} {words}", "") for words in NEXT])


NEXT = (
    "status orders-1.3.yaml",
    "log orders-1.2.yaml",
    "plan orders-1.3.yaml",
    "verify bundles/orders-1.1.liftlock",
    "simulate orders-1.3.yaml --seeds 50 --fault bad=traffic",
    "--help",
)


def shown(folder: Path) -> str:
    """As short as a person would type it."""
    here, path = Path.cwd(), folder.resolve()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--lang", choices=("en", "zh", ""), default="", help="else DEMO_LANG, else the locale")
    parser.add_argument("--folder", type=Path, default=CHECKOUT / "demo-output", help="where everything is written")
    parser.add_argument("--standin", action="store_true", help="use the stand-in also where HAProxy is installed")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
