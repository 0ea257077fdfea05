"""A model of a list with a cursor, and two halves of a client that read it without a network.

It is written from the documents' words alone: newest first, at most `limit` rows, `after` leaves out what is newer
than the cursor and, where the cursor is exclusive, the cursor's own rows.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar, cast
from urllib.parse import parse_qs, urlsplit

import msgspec

from tallystick.client.clock import Clock
from tallystick.client.flows import Flow, Session
from tallystick.client.halves import AsyncHalf, Half
from tallystick.client.hosts import HOSTS
from tallystick.client.steps import Failed, Received, Result, Send, Step
from tallystick.contract.core import Endpoint, Page
from tallystick.contract.flexible_loan import LOAN_HISTORY

T = TypeVar("T")
Raw = dict[str, str]
LIMIT = 100
START_MS = 1_768_500_000_000


def endpoint(*, inclusive: bool, by_time: bool, **page: Any) -> Endpoint:
    """A public list of rows with `ts` and `refId`, paged by one of them."""
    cursor = "ts" if by_time else "refId"
    paged = Page(cursor=cursor, inclusive=inclusive, retention_ms=None, **page)
    return msgspec.structs.replace(LOAN_HISTORY, permission=None, page=paged)


def row(number: int, *, ts: int, ref_id: int) -> Raw:
    """A row that `amt` tells from all others."""
    return {"amt": str(number), "ccy": "BTC", "refId": str(ref_id), "ts": str(ts), "type": "borrowed"}


class Listed:
    """The exchange's side of one list. `rows` are newest first; before each page `meanwhile` may change them."""

    def __init__(self, shown: Endpoint, rows: list[Raw]) -> None:
        assert shown.page is not None
        self.page = shown.page
        self.rows = rows
        self.asked: list[dict[str, str]] = []
        self.meanwhile: Callable[[Listed], None] = lambda listed: None
        self.failures = 0

    def answer(self, query: dict[str, str]) -> list[Raw]:
        self.meanwhile(self)
        self.asked.append(query)
        found = self.rows
        if "after" in query:
            after = int(query["after"])
            found = [
                row
                for row in found
                if int(row[self.page.cursor]) < after or (self.page.inclusive and int(row[self.page.cursor]) == after)
            ]
        return found[: int(query["limit"])]

    def send(self, step: Send) -> Result:
        if self.failures:
            self.failures -= 1
            return Failed(False, "the network is down")
        query = {name: values[0] for name, values in parse_qs(urlsplit(step.target).query).items()}
        told = {"code": "0", "msg": "", "data": self.answer(query)}
        return Received(200, json.dumps(told, separators=(",", ":")).encode())

    def steps(self, step: Step) -> Result:
        return self.send(step) if isinstance(step, Send) else None


def session() -> Session:
    return Session(host=HOSTS["global"], key=None, clock=Clock(), paced=False, chance=lambda: 0.0)


class ListHalf(Half):
    """The sync half, with a list instead of an exchange. What is sent ahead is answered as the list is then."""

    def __init__(self, listed: Listed) -> None:
        self.listed = listed
        self._session = session()

    def _run(self, steps: Flow[T], result: Result = None) -> T:
        return run(steps, self.listed, result)

    def _send_ahead(self, steps: Flow[T]) -> Any:
        return self.listed.send(cast(Send, next(steps)))

    def _receive(self, under_way: Any) -> Received | None:
        return under_way if isinstance(under_way, Received) else None


class AsyncListHalf(AsyncHalf):
    """The async half, with a list instead of an exchange."""

    def __init__(self, listed: Listed) -> None:
        self.listed = listed
        self._session = session()

    async def _run(self, steps: Flow[T]) -> T:
        return run(steps, self.listed)


def run(flow: Flow[T], listed: Listed, result: Result = None) -> T:
    try:
        while True:
            result = listed.steps(flow.send(result))
    except StopIteration as end:
        found: T = end.value
        return found
