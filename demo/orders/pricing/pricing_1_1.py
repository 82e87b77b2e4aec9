"""Prices, remembered: 1.1 keeps what it has computed."""

import threading


class Prices:
    """What an item costs."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}
        self.lock = threading.Lock()

    def of(self, item: str) -> int:
        with self.lock:
            if item not in self.known:
                self.known[item] = 100 + sum(item.encode()) % 900
            return self.known[item]
