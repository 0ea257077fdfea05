"""Measures the console with a venue and Chromium: `python bench/console.py`.

    start      milliseconds from the command `tally console` until the page of an account shows balances (clock, and
               CPU of the console alone); the browser runs already, and types the code
    screen     milliseconds from the answer of a control call until its event stands on the page, at 100 events a second
    scroll     milliseconds until a step through a list of 10,000 rows is drawn; two frames are 33
    rate       signed GETs a second with the console and an open page against those without, in turns; the venue has a
               core, client and console have the other. `share` is what the page costs the venue meanwhile, in parts of
               a core, by CPU: on a machine that is kept busy it says more than the rates, of which the venue's core
               has less for itself. The page is a plain reader, as browsers are not counted
    heap       MiB of the page's heap after 20,000 and after 100,000 events

Chromium is that of the system (apt-get install chromium), and Playwright is in the group `test`.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environment
import servers
import world
from load import Credentials, Round, get_lane, run_round
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

RESULTS = Path(__file__).parent / "results"
OPTIONS = ["--headless", "--no-sandbox", "--disable-gpu", "--enable-precise-memory-info"]
EVENTS_A_SECOND = 100
ROWS = 10_000
REACH = {
    "start": ("clock", "at most", 2_000.0),
    "screen": ("p99", "at most", 300.0),
    "rate": ("rate", "at least", 0.95),
}
"""Goals of issue 20 by line: the figure that counts, and its limit."""
CONNECTIONS = 16
ROUND_S = 3.0
PATIENCE_MS = 120_000
"""Longest wait for a page: on a busy machine the figure is bad, and there is one."""

SEEN = """() => {
  window.seen = {};
  const look = () => {
    for (const row of document.querySelectorAll("[aria-label=Events] button .what")) {
      const found = /^(\\d+) DOT put into trading/.exec(row.textContent);
      if (found && !(found[1] in window.seen)) window.seen[found[1]] = performance.timeOrigin + performance.now();
    }
  };
  const all = { childList: true, subtree: true, characterData: true };
  new MutationObserver(look).observe(document.querySelector("main"), all);
}"""
SCROLL = """async (rows) => {
  const { rolling } = await import("/page/rolling.js");
  const list = rolling("Many", { row: ({ n }) => `row ${n}`, key: ({ n }) => n, open: () => {}, nothing: "none" });
  document.querySelector("main").replaceChildren(list.node);
  list.show(Array.from({ length: rows }, (_, n) => ({ n })));
  const took = [];
  for (let step = 0; step < 200; step += 1) {
    await new Promise(requestAnimationFrame);
    const began = performance.now();
    list.node.scrollTop = (step * 9973 * 7) % list.node.scrollHeight;
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    void list.node.offsetHeight;
    took.push(performance.now() - began);
  }
  return took;
}"""
EVENTS = """async ([from, to]) => {
  const { state, take } = await import("/page/store.js");
  for (let at = from; at < to; at += 100) {
    const rows = Array.from({ length: 100 }, (_, n) => ({
      seq: at + n, at_ms: at + n, kind: "BalanceAdjusted", user: "bob", words: `trading ${at + n} DOT`,
      fields: { user_id: 1002, ccy: "DOT", delta: String(at + n) },
    }));
    take({ clock: { ...state.clock, seq: at }, events: rows });
    if (at % 2000 === 0) await new Promise(requestAnimationFrame);
  }
}"""


class Console:
    """A console that runs, with its address and code."""

    def __init__(self, folder: Path, core: int | None) -> None:
        command = [sys.executable, "-m", "tallystick", "console", "--port", "0", "--data", str(folder)]
        if core is not None:
            command = ["taskset", "-c", str(core), *command]
        source = {"PYTHONPATH": str(servers.SOURCE), "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(command, env=os.environ | source, stdout=subprocess.PIPE, text=True)
        if self.process.stdout is None:
            raise RuntimeError("the console has no output")
        lines = [self.process.stdout.readline().split() for _ in range(3)]
        self.url, self.code = lines[0][-1], lines[1][-1]

    def cpu_ms(self) -> float:
        threads = Path(f"/proc/{self.process.pid}/task").iterdir()
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e6

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


def enter(page: Page, console: Console) -> None:
    page.set_default_timeout(PATIENCE_MS)
    page.goto(console.url)
    page.get_by_label("Code").fill(console.code)
    page.keyboard.press("Enter")
    page.get_by_role("table", name="Balances").wait_for()


def starts(folder: Path, browser: Browser, rounds: int) -> dict[str, float]:
    clock, cpu = [], []
    for _ in range(rounds):
        with browser.new_context(locale="en-GB") as context:
            page = context.new_page()
            began = time.perf_counter()
            console = Console(folder, None)
            enter(page, console)
            clock.append((time.perf_counter() - began) * 1e3)
            cpu.append(console.cpu_ms())
            console.stop()
    return {"clock": statistics.median(clock), "least": min(clock), "cpu": statistics.median(cpu)}


class Caller:
    """Control calls on one connection."""

    def __init__(self, folder: Path) -> None:
        url, self.token = servers.connection(folder)
        self.client = http.client.HTTPConnection(urlsplit(url).netloc)

    def post(self, path: str, body: object) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        self.client.request("POST", f"/tally/v1/{path}", json.dumps(body), headers)
        answer = json.loads(self.client.getresponse().read())
        if "error" in answer:
            raise SystemExit(f"{path} was refused: {answer}")
        return answer


def on_screen(folder: Path, page: Page, events: int) -> dict[str, float]:
    page.get_by_role("link", name="Activity").click()
    page.get_by_role("group", name="Events").wait_for()
    page.evaluate(SEEN)
    answered: dict[str, float] = {}

    def send() -> None:
        caller = Caller(folder)
        began = time.perf_counter()
        for number in range(1, events + 1):
            time.sleep(max(0.0, began + number / EVENTS_A_SECOND - time.perf_counter()))
            caller.post("users/bob/balance", {"account": "trading", "ccy": "DOT", "amt": str(number)})
            answered[str(number)] = time.time() * 1e3

    sender = threading.Thread(target=send)
    sender.start()
    sender.join()
    page.wait_for_function("(last) => last in window.seen", arg=str(events), timeout=PATIENCE_MS)
    seen: dict[str, float] = page.evaluate("window.seen")
    took = sorted(seen[number] - at for number, at in answered.items() if number in seen)
    return {
        "p50": took[len(took) // 2],
        "p99": took[len(took) * 99 // 100],
        "passed over": float(events - len(took)),
    }


def scrolled(page: Page) -> dict[str, float]:
    took = sorted(page.evaluate(SCROLL, ROWS))
    return {"p50": took[len(took) // 2], "p99": took[len(took) * 99 // 100]}


def heap(page: Page) -> dict[str, float]:
    inside = page.context.new_cdp_session(page)
    found = {}
    for begun, end in ((0, 20_000), (20_000, 100_000)):
        page.evaluate(EVENTS, [begun, end])
        inside.send("HeapProfiler.collectGarbage")
        found[f"after {end}"] = page.evaluate("performance.memory.usedJSHeapSize") / 2**20
    return found


@contextmanager
def reading(console: Console) -> Iterator[None]:
    """A reader of the feed, as an open page is one."""
    parts = urlsplit(console.url)
    client = http.client.HTTPConnection(parts.netloc)
    client.request("POST", "/session", json.dumps({"code": console.code}), {"Content-Type": "application/json"})
    token = json.loads(client.getresponse().read())["token"]
    client.close()
    with socket.create_connection((parts.hostname or "", parts.port or 80)) as feed:
        feed.sendall(f"GET /feed HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n\r\n".encode())

        def read() -> None:
            with suppress(OSError):
                while feed.recv(65_536):
                    pass

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        yield
        feed.shutdown(socket.SHUT_RDWR)
        reader.join()


def rates(venue: servers.Server, folder: Path, rounds: int, core: int) -> dict[str, float]:
    told = json.loads((folder / "connection.json").read_text(encoding="utf-8"))
    alice = next(user for user in told["users"] if user["name"] == "alice")["keys"][0]
    owner = Credentials(alice["api_key"], alice["secret_key"], alice["passphrase"])
    lanes = [get_lane(owner, [world.CONFIG]) for _ in range(CONNECTIONS)]

    def once() -> tuple[Round, float]:
        """A round, and the nanoseconds of CPU that the venue took for each request."""
        before = venue.cpu_ns()
        found = run_round(venue.url, lanes, seconds=ROUND_S)
        return found, (venue.cpu_ns() - before) / len(found.latencies)

    once()
    by_rate, shares = [], []
    for _ in range(rounds):
        alone, cpu = once()
        console = Console(folder, core)
        with reading(console):
            beside, cpu_beside = once()
        console.stop()
        by_rate.append(beside.rate / alone.rate)
        shares.append((cpu_beside - cpu) * len(beside.latencies) / beside.seconds / 1e9)
    return {"rate": statistics.median(by_rate), "share": statistics.median(shares)}


def browsed(
    playwright: Playwright, folder: Path, asked: argparse.Namespace, found: dict[str, dict[str, float]]
) -> None:
    """All that is measured in the browser."""
    browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=OPTIONS)
    found["start"] = starts(folder, browser, asked.rounds)
    console = Console(folder, None)
    page = browser.new_context(locale="en-GB").new_page()
    enter(page, console)
    found["screen"] = on_screen(folder, page, asked.events)
    found["heap"] = heap(page)
    found["scroll"] = scrolled(page)
    browser.close()
    console.stop()


def verdict(name: str, of_one: dict[str, float]) -> str:
    """Goal of a line, and whether it is reached; lines without one are for comparison."""
    if name not in REACH:
        return "no goal"
    figure, side, limit = REACH[name]
    reached = of_one[figure] >= limit if side == "at least" else of_one[figure] <= limit
    return f"goal: {figure} {side} {limit:g}, {'reached' if reached else 'NOT reached'}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--events", type=int, default=2_000)
    parser.add_argument("--save", action="store_true", help="also write bench/results/console-DATE.json")
    asked = parser.parse_args()
    found: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        described = environment.describe(Path(scratch))
        folder = Path(scratch) / "venue"
        venue = servers.start_venue(folder, 0, "--frozen")
        # Before the browser: Playwright keeps a loop in this thread.
        free = os.sched_getaffinity(0)
        servers.pin(1)
        found["rate"] = rates(venue, folder, asked.rounds, 1)
        os.sched_setaffinity(0, free)
        with sync_playwright() as playwright:
            browsed(playwright, folder, asked, found)
        venue.stop()
    load = os.getloadavg()[0]
    for name, of_one in found.items():
        print(f"{name:8}{json.dumps({key: round(value, 3) for key, value in of_one.items()})}  {verdict(name, of_one)}")
    print(f"load {load:.1f}")
    if asked.save:
        path = RESULTS / f"console-{time.strftime('%Y-%m-%d')}.json"
        path.write_text(json.dumps({"environment": described, "load": load} | found, indent=1) + "\n", encoding="utf-8")
        print(f"saved {path}")


if __name__ == "__main__":
    main()
