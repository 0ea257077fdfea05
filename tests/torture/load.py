"""Clients at work over HTTP. Each command carries a number of its own, by which it can be found afterwards."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from itertools import count
from typing import Any

from tests.torture.served import Venue, headers_of

Command = tuple[str, str, dict[str, Any]]
"""Number, path and body."""


class Load:
    """`clients` threads that ask without pause until the venue is gone. Numbers go on from one venue to the next."""

    def __init__(self, seed: int, clients: int = 6) -> None:
        self._seed = seed
        self._clients = clients
        self._numbers = count(1)
        self._runs = count()
        self.acknowledged: list[str] = []
        """Numbers of what was done, for certain."""
        self.not_done: list[str] = []
        """Numbers of what was refused since no server led: the lease of one that was killed lasts on for a second."""
        self.unknown: list[str] = []
        """Numbers of what nobody knows, since the server lost its lease while it worked."""
        self.wrong: list[Any] = []
        """Answers nobody should get."""

    def on(self, venue: Venue, until: Callable[[int], bool]) -> int:
        """Ask until `until` is true of how many were acknowledged meanwhile, then kill it; how many that was."""
        run, before, enough = next(self._runs), len(self.acknowledged), threading.Event()
        threads = [
            threading.Thread(target=self._client, args=(venue, random.Random(f"{self._seed}/{run}/{number}"), enough))
            for number in range(self._clients)
        ]
        for thread in threads:
            thread.start()
        while not until(len(self.acknowledged) - before) and venue.alive:
            enough.wait(0.001)
        venue.process.kill()
        enough.set()
        for thread in threads:
            thread.join()
        return len(self.acknowledged) - before

    def _client(self, venue: Venue, draw: random.Random, enough: threading.Event) -> None:
        connection = HTTPConnection("127.0.0.1", venue.port, timeout=30)
        try:
            while not enough.is_set():
                number, path, body = self._command(draw)
                raw = json.dumps(body).encode()
                control = path.startswith("/tally/")
                headers = {"Authorization": f"Bearer {venue.token}"} if control else {}
                headers |= {} if control else headers_of(venue.alice, "POST", path, raw)
                connection.request("POST", path, raw, {"Content-Type": "application/json", **headers})
                answer = connection.getresponse()
                self._note(number, answer.status, json.loads(answer.read()))
        except (OSError, HTTPException, ValueError):
            # It was killed: nobody knows what became of the last one.
            return
        finally:
            connection.close()

    def _note(self, number: str, status: int, answer: dict[str, Any]) -> None:
        if status == 503 and "nothing was carried out" in str(answer):
            self.not_done.append(number)
        elif status == 504 and "nobody knows whether this was carried out" in str(answer):
            self.unknown.append(number)
        elif status >= 500:
            self.wrong.append(answer)
        elif status == 200 and (answer.get("ok") or answer.get("code") == "0"):
            self.acknowledged.append(number)

    def _command(self, draw: random.Random) -> Command:
        number = f"n{next(self._numbers)}x"
        kind = draw.randrange(100)
        if kind < 50:
            source, target = draw.choice((("18", "6"), ("6", "18")))
            body = {"ccy": "BTC", "amt": "0.0001", "from": source, "to": target, "clientId": number}
            return number, "/api/v5/asset/transfer", body
        if kind < 98:
            side, kind_of_order = draw.choice(("buy", "sell")), draw.choice(("limit", "post_only", "ioc", "ioc", "ioc"))
            price = str(draw.randint(20_000, 60_000))
            order = {"instId": "BTC-USDT", "tdMode": "cash", "side": side, "ordType": kind_of_order}
            return number, "/api/v5/trade/order", {**order, "sz": "0.0001", "px": price, "clOrdId": number}
        return number, "/tally/v1/users", {"name": number}


def numbers_in(command: bytes) -> list[str]:
    """Those of this load that stand in a command of the journal."""
    return [piece for piece in command.decode().split('"') if piece[:1] == "n" and piece[-1:] == "x"]
