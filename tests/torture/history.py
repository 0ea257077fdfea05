"""A client of several servers that keeps its own history: what it was told was done, and what it was shown.

It is an unmodified python-okx. Every amount it transfers is another one, so what is gone from its balance says which
transfers were carried out. Its own operations follow each other, so each read must show every transfer it was told of,
none it was told was not done, and whatever a read has shown once.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import httpx
from okx.Funding import FundingAPI

from tallystick.venue.keys import Credentials

UNIT = 10**8
"""Amounts are counted in units of 0.00000001."""
BEGUN_WITH = 100 * UNIT
NOT_DONE = "nothing was carried out"


class Client:
    """One user's client. It goes to the servers in random order, with one connection to each."""

    def __init__(self, number: int, user: tuple[int, Credentials], urls: Sequence[str], seed: str) -> None:
        self.number = number
        self.uid, key = user
        self.draw = random.Random(seed)
        self.done: list[int] = []
        self.not_done: list[int] = []
        self.unknown: list[int] = []
        self.wrong: list[str] = []
        """What no client should ever see."""
        self.reads = 0
        self.done_at: list[float] = []
        self._amounts = iter(self.draw.sample(range(1, 1_000_000), 200_000))
        self._urls = urls
        self._key = key
        self._apis: list[FundingAPI] = []
        self.avoided = ""
        """URL of a server that nothing is written at for now."""
        self.open()

    def open(self) -> None:
        """Begin with new connections."""
        key = self._key
        self._apis = [
            FundingAPI(key.api_key, key.secret_key, key.passphrase, flag="0", domain=url) for url in self._urls
        ]

    def run(self, enough: threading.Event) -> None:
        while not enough.is_set():
            try:
                if self.draw.random() < 0.6:
                    self.write(self.draw.choice([api for api in self._apis if api.domain != self.avoided]))
                else:
                    self.read(self.draw.choice(self._apis))
            except Exception as bug:
                self.wrong.append(f"client {self.number}: {bug!r}")
                return

    def close(self) -> None:
        for api in self._apis:
            api.close()

    def read_all(self) -> bool:
        """Read at every server. True if all of them answered."""
        found = [self.read(api) for api in self._apis]
        return all(found)

    def write(self, api: FundingAPI) -> None:
        amount = next(self._amounts)
        try:
            said = api.funds_transfer("BTC", text_of(amount), "6", "18")
        except (httpx.ConnectError, httpx.ConnectTimeout):
            self.not_done.append(amount)
            time.sleep(0.02)
            return
        except (httpx.HTTPError, ValueError):
            self.unknown.append(amount)
            return
        if said["code"] == "0":
            self.done.append(amount)
            self.done_at.append(time.monotonic())
        elif said["code"] == "50001" and NOT_DONE in said["msg"]:
            self.not_done.append(amount)
            time.sleep(0.02)
        elif said["code"] == "50004":
            self.unknown.append(amount)
        else:
            self.wrong.append(f"client {self.number}: {said}")

    def read(self, api: FundingAPI) -> bool:
        """Read the balance. True if it was shown."""
        try:
            said = api.get_balances("BTC")
        except (httpx.HTTPError, ValueError):
            return False
        if said["code"] != "0":
            if said["code"] not in ("50001", "50004"):
                self.wrong.append(f"client {self.number}: {said}")
            time.sleep(0.02)
            return False
        self.reads += 1
        self.judge(units_of(said))
        return True

    def judge(self, shown: int) -> None:
        """Compare a balance with the history. What it shows to be done is done from then on."""
        gone = BEGUN_WITH - shown - sum(self.done)
        found = subset(self.unknown, gone)
        if found is None:
            self.wrong.append(
                f"client {self.number} was shown a balance without {gone} units of what was done "
                f"({len(self.done)} done, {self.unknown} unknown, last {self.done[-3:]}, not done {self.not_done[-3:]})"
            )
            return
        self.done += found
        self.unknown = [amount for amount in self.unknown if amount not in found]


def subset(amounts: list[int], total: int) -> list[int] | None:
    """Those of the amounts that sum to a total; None if there are none. The last ones are tried first."""
    if total == 0:
        return []
    for size in range(1, min(len(amounts), 6) + 1):
        for chosen in combinations(reversed(amounts), size):
            if sum(chosen) == total:
                return list(chosen)
    return None


def text_of(units: int) -> str:
    return f"{units // UNIT}.{units % UNIT:08d}"


def units_of(said: dict[str, Any]) -> int:
    whole, _, rest = said["data"][0]["bal"].partition(".")
    return int(whole) * UNIT + int(rest[:8].ljust(8, "0") or "0")
