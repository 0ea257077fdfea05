"""Inside the process of a Python client: carries out the steps it is told and reports what the client got.

Told by one JSON document on standard input, reports one on standard output. A client that has no way to do a
step lacks the method of that name; anything it raises ends its story there.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import sys
import traceback
import urllib.request
from collections.abc import Awaitable, Callable
from typing import Any

Rows = list[dict[str, Any]]
PAGES_MAX = 30
HEARD_SECONDS_MAX = 30


class Told:
    """Where the venue is and as whom: `url`, `stream` (base address), `key` and `flavour` of the client."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.url: str = told["url"]
        self.stream: str = told["stream"]
        self.key: tuple[str, str, str] = tuple(told["key"])
        self.flavour: str = told["flavour"]
        self._token = told["control_token"]

    def control(self, path: str, body: dict[str, Any]) -> None:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/tally/v1/{path}", json.dumps(body).encode(), headers)
        urllib.request.urlopen(request).close()


class Watched:
    """A client whose methods can be awaited whether it is asynchronous or not; keeps the names of those called."""

    def __init__(self, client: Any, called: list[str]) -> None:
        self._client = client
        self._called = called

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        method = getattr(self._client, name)

        async def call(*arguments: Any, **named: Any) -> Any:
            if name not in self._called:
                self._called.append(name)
            answer = method(*arguments, **named)
            return await answer if inspect.isawaitable(answer) else answer

        return call


class Client:
    """What a client's file fills in: a method for each step, and `history` for those that page.

    The last one, `by_itself`, shows what the client gets wrong by itself.
    """

    version: str
    history: Callable[[str], tuple[Callable[[int, dict[str, Any]], Awaitable[Rows]], str, tuple[str, ...]]]
    """Of one history: its call, given the limit and the cursor; the field that is the cursor; fields to report."""

    def __init__(self, told: Told) -> None:
        self.told = told
        self.called: list[str] = []
        """Names of the client's own methods this step used."""

    async def page(self, do: dict[str, Any]) -> dict[str, Any]:
        """Follow the cursor of the last row until a page is empty; the fields of `history` of every row."""
        fetch, cursor, columns = self.history(do["history"])
        rows: Rows = []
        after: dict[str, Any] = {}
        for _ in range(PAGES_MAX):
            page = await fetch(do["limit"], after)
            if not page:
                return {"rows": [[row[column] for column in columns] for row in rows]}
            if len(page) > do["limit"]:
                raise AssertionError(f"a page of {len(page)} rows")
            rows += page
            oldest = int(page[-1][cursor])
            after = {"after": str(oldest - 1 if do.get("inclusive") else oldest)}
        raise AssertionError("the history has no end")

    async def close(self) -> None:
        pass


class Heard:
    """What streams have said of the USDT owed and held, every change in order, and of the order at last."""

    def __init__(self) -> None:
        self.owed: list[str] = []
        self.cash: list[str] = []
        self.order: list[str] = []
        self._changed = asyncio.Event()
        self._ended: asyncio.Task[None] | None = None

    def account(self, details: Rows) -> None:
        for row in details:
            if row["ccy"] == "USDT":
                self.note(self.owed, row["liab"])

    def coins(self, rows: Rows) -> None:
        for row in rows:
            if row["ccy"] == "USDT":
                self.note(self.cash, row["cashBal"])

    def note(self, said: list[str], value: str) -> None:
        if said[-1:] != [value]:
            said.append(value)
        self._changed.set()

    def done(self, state: str, px: str, sz: str) -> None:
        self.order = [state, px, sz]
        self._changed.set()

    def ended(self, task: asyncio.Task[None]) -> None:
        """Listening has ended: by itself while somebody waits, or because it was closed."""
        self._ended = task
        self._changed.set()

    async def until(self, changes: int, state: str = "") -> None:
        """Until debt and coins have been told so often, and the order has come to `state` where one is given."""
        async with asyncio.timeout(HEARD_SECONDS_MAX):
            while min(len(self.owed), len(self.cash)) < changes or (state and self.order[:1] != [state]):
                if self._ended:
                    self._ended.result()
                self._changed.clear()
                await self._changed.wait()


class Streaming(Client):
    """A client that can stream: subscribes in `listen`, and by REST switches auto repay and sells."""

    listen: Callable[[Heard], Awaitable[None]]
    switch: Callable[[bool], Awaitable[Any]]
    sell: Callable[[dict[str, Any]], Awaitable[Any]]

    async def stream(self, do: dict[str, Any]) -> dict[str, Any]:
        heard = Heard()
        await self.listen(heard)
        await heard.until(1)
        await self.switch(True)
        await heard.until(2)
        await self.sell(do)
        await heard.until(3, "filled")
        await self.switch(False)
        return {"order": heard.order, "owed": heard.owed, "cash": heard.cash}


async def _tell(client: Client, steps: list[dict[str, Any]]) -> dict[str, Any]:
    done: dict[str, Any] = {}
    try:
        for step in steps:
            name = step["name"]
            work = client.page if name.startswith("page_") else getattr(client, name, None)
            if work is None:
                continue
            for path, body in step["control"]:
                client.told.control(path, body)
            client.called.clear()
            try:
                done[name] = {"got": await work(step["do"])}
            except Exception:
                done[name] = {"error": traceback.format_exc()}
                break
            finally:
                done[name]["called"] = list(client.called)
    finally:
        await client.close()
    return {"version": client.version, "steps": done}


def run(make: Callable[[Told], Client]) -> None:
    told = json.load(sys.stdin)

    async def story() -> dict[str, Any]:
        return await _tell(make(Told(told)), told["steps"])

    json.dump(asyncio.run(story()), sys.stdout)
