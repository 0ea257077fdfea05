"""A served venue, its console in another process, and pages of it in a browser."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page

from tests.cli.process import COMMAND, ENVIRONMENT, Served, serving
from tests.console.browser import DEADLINE_MS
from tests.patience import PATIENCE_S

START = "2026-12-01T00:10:00Z"
PRICES = {"BTC-USDT": "40000", "ETH-USDT": "3000"}
WIDE = {"width": 1440, "height": 900}
NARROW = {"width": 360, "height": 780}


class Console:
    """A console that runs: its address, and the code it printed."""

    def __init__(self, process: subprocess.Popen[str], url: str, code: str) -> None:
        self.process = process
        self.url = url
        self.code = code


@contextmanager
def console_of(folder: Path) -> Iterator[Console]:
    """`tally console` of the venue in a folder, as its own process."""
    process = subprocess.Popen(
        [*COMMAND, "console", "--port", "0", "--data", str(folder)],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in range(3)]
        assert lines[0].startswith("The console is at http://127.0.0.1:"), process.communicate()
        yield Console(process, lines[0].rpartition(" ")[2], lines[1].rpartition(" ")[2])
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_S)


class Place:
    """A venue with its console and a browser that has given the code. `hosts` are all that its pages asked."""

    def __init__(self, served: Served, console: Console, context: BrowserContext, folder: Path) -> None:
        self.served = served
        self.console = console
        self.context = context
        self.folder = folder
        self.hosts: set[str] = set()
        self.faults: list[str] = []
        self._forgiven: list[str] = []
        context.set_default_timeout(DEADLINE_MS)
        context.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))
        context.on("weberror", lambda problem: self.faults.append(str(problem.error)))
        context.on("console", lambda message: self.faults.extend([message.text] if message.type == "error" else []))

    def reset(self) -> None:
        """The venue as it began, with the prices of the tests."""
        self.control("clock", {"mode": "frozen"})
        self.control("reset", {})
        self.control("market/prices", {"prices": PRICES})
        self.faults.clear()
        self._forgiven.clear()

    def forgive(self, pattern: str) -> None:
        """A fault of pages that the test makes on purpose."""
        self._forgiven.append(pattern)

    def unforgiven(self) -> list[str]:
        """Faults of pages that no test made on purpose."""
        return [fault for fault in self.faults if not any(re.search(each, fault) for each in self._forgiven)]

    def control(self, path: str, body: object = None, method: str = "") -> Any:
        """One control call; POST where there is a body. Raises AssertionError where it is refused."""
        answer = self.served.control(method or ("GET" if body is None else "POST"), path, body)
        assert "error" not in answer, answer
        return answer

    def as_user(self, user: str, path: str, body: object = None) -> Any:
        """Rows of a request of the API as this user."""
        asked = {"method": "GET", "path": path} if body is None else {"method": "POST", "path": path, "body": body}
        answer = self.control(f"users/{user}/request", asked)["answer"]
        assert answer["code"] == "0", answer
        return answer["data"]

    def lend(self, user: str = "bob", usdt: str = "10000", btc: str = "0.5", number: str = "loan1") -> None:
        """A flexible loan of USDT against BTC; at the prices of the tests its LTV is 0.5. `number` is the client's."""
        self.control(f"users/{user}/balance", {"account": "funding", "ccy": "BTC", "amt": btc})
        loan = {
            "loanData": {"ccy": "USDT", "amt": usdt},
            "collateralData": [{"ccy": "BTC", "amt": btc}],
            "clOrdId": number,
        }
        self.as_user(user, "/api/v5/finance/flexible-loan/borrow", loan)

    def open(self, view: str = "account", *, user: str = "", language: str = "en", size: Any = WIDE) -> Page:
        """A new page with this view of this user."""
        page = self.context.new_page()
        page.set_viewport_size(size)
        page.add_init_script(
            f"localStorage.setItem('tallystick.language', '{language}');"
            + (f"localStorage.setItem('tallystick.user', '{user}');" if user else "")
        )
        page.goto(f"{self.console.url}/#{view}")
        page.locator("h1").wait_for()
        return page


@contextmanager
def place_in(folder: Path, browser: Browser) -> Iterator[Place]:
    """A venue in a new folder, with its console and a browser that has given the code."""
    with serving(folder, "--frozen", "--at", START) as served, console_of(folder) as console:
        context = browser.new_context(locale="en-GB")
        page = context.new_page()
        page.goto(console.url)
        page.get_by_label("Code").fill(console.code)
        page.get_by_role("button", name="Open the console").click()
        page.locator("header").wait_for()
        page.close()
        try:
            yield Place(served, console, context, folder)
        finally:
            context.close()
