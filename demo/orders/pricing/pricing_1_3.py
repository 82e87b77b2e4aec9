"""Prices, remembered within bounds."""

import threading
from collections import OrderedDict

ROOM = 30


class Prices:
    """What an item costs; the last `ROOM` prices are kept."""

    def __init__(self) -> None:
        self.known: OrderedDict[str, int] = OrderedDict()
        self.lock = threading.Lock()

    def of(self, item: str) -> int:
        with self.lock:
            if item not in self.known:
                self.known[item] = 100 + sum(item.encode()) % 900
                if len(self.known) > ROOM:
                    self.known.popitem(last=False)
            return self.known[item]
