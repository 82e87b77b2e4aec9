"""Timetables by the product's own path: `python -m bench.timetable psplib FOLDER` or `python -m bench.timetable fleet`.

`psplib`: Kolisch and Sprecher's instances (Patterson format, `*.rcp`) in FOLDER, with `best_known.csv` (instance,
lower_bound, upper_bound) beside them; the whole of `solve` is given 5 s (j30, j60) and 8 s (j120). `fleet`: 990 hosts
in 330 clusters and 9,999 in 3,333, in windows, with a freeze and three pools of people. Every timetable is verified.
"""

import argparse
import json
import os
import sys
from pathlib import Path

from bench.timetable import fleet, psplib


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("psplib", "fleet"))
    parser.add_argument("folder", type=Path, nargs="?", help="of the PSPLIB instances")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", action="store_true", help="figures as JSON")
    given = parser.parse_args()
    if given.part == "psplib" and not (given.folder and given.folder.is_dir()):
        parser.error("psplib needs the folder of the instances")
    before = os.getloadavg()[0]
    rows = psplib.run(given.folder, given.workers) if given.part == "psplib" else fleet.run(given.workers)
    report = {"load_before": round(before, 2), "load_after": round(os.getloadavg()[0], 2), "rows": rows}
    if given.json:
        json.dump(report, sys.stdout, indent=1)
        return
    for row in rows:
        print("  ".join(f"{name} {value}" for name, value in row.items()))
    for line in psplib.summary(rows) if given.part == "psplib" else ():
        print(line)
    print(f"load of the machine before {report['load_before']}, after {report['load_after']}")


main()
