"""A process that writes to a journal: `python writer_process.py FOLDER NAME`.

Prints `NAME number seq` after each append that returned, each line synced by its newline, until it is ended. Appends
three events at a time, from several tasks, and every now and then raises the epoch.
"""

import asyncio
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from liftlock.journal.sqlite import open_store
from liftlock.model.events import StepStarted


async def write(store, name, task):
    number = task
    while True:
        events = [StepStarted(name, number), StepStarted(name, number), StepStarted(name, number)]
        entries = await store.append("run/a", events, datetime.now(UTC), raise_epoch=number % 50 == 0)
        os.write(1, f"{name} {number} {entries[0].seq}\n".encode())
        number += 10


async def main():
    store = await open_store(Path(sys.argv[1]))
    os.write(1, b"ready\n")
    await asyncio.gather(*(write(store, sys.argv[2], task) for task in range(10)))


asyncio.run(main())
