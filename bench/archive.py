"""Measures the archive of histories, without a network: `python bench/archive.py`.

    ingest       rows that a pull writes in a second, each page of 100 in a transaction, from answers in memory
    verify       seconds in which all of it is held against each other
    verify new   seconds of a check of what came since, after another pull
    status       milliseconds of a status, median

The rows are of 80 days: trades with their orders, fills and two bills each, and interest with its bills. Every figure
is printed as seconds of the clock and of CPU, with the load of the machine, which others may cause.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import environment
import msgspec

from tallystick.archive.bills import TRADING
from tallystick.archive.checking import check_new
from tallystick.archive.gathering import PUT_BALANCE
from tallystick.archive.keys import mark
from tallystick.archive.pulling import Pull
from tallystick.archive.standing import status
from tallystick.archive.store import Archive
from tallystick.archive.streams import STREAMS, Stream
from tallystick.client.clock import Clock
from tallystick.client.flows import Flow, Session
from tallystick.client.halves import Half
from tallystick.client.hosts import HOSTS
from tallystick.client.steps import Received, Send
from tallystick.client.steps import Result as StepResult
from tallystick.client.transport import UnderWay
from tallystick.contract.core import Endpoint
from tallystick.contract.fields import fields

T = TypeVar("T")
RESULTS = Path(__file__).parent / "results"
START_MS = 1_767_225_600_000
DAY_MS = 86_400_000
DAYS = 80
"""All rows are within the retention of every stream, so that all of them are held against each other."""
PAGE = 100
OF_TEN = {"orders_history_archive": 2, "fills_history": 2, "account_bills_archive": 5, "interest_accrued": 1}
"""Rows of each stream in ten: a trade has an order, a fill and two bills; an hour of interest a row and a bill."""
PLACES = {
    "orders_history_archive": ("ordId", "cTime", "instId"),
    "fills_history": ("billId", "ts", "instId", "tradeId"),
    "account_bills_archive": ("billId", "ts", "ccy", "type", "bal", "balChg", "interest", "instId", "tradeId"),
    "interest_accrued": ("ts", "ccy", "interest"),
}
"""Fields that differ from row to row."""


class Account:
    """Rows of an account that trades and owes: `units` of two trades and an hour of interest, ten rows each."""

    def __init__(self, units: int) -> None:
        self.units = units
        self.step_ms = DAYS * DAY_MS // units
        self.templates = {name: _template(STREAMS[name].endpoint) for name in OF_TEN}
        self.made_s = 0.0

    @property
    def now_ms(self) -> int:
        return START_MS + self.units * self.step_ms - 1

    def answer(self, stream: str, query: dict[str, str]) -> bytes:
        """A page of a stream, newest first, below the cursor that is asked for."""
        began = time.thread_time()
        most = self.units * OF_TEN[stream]
        above = self._number_below(stream, int(query["after"])) if "after" in query else most
        rows = [self.row(stream, number) for number in range(min(above, most) - 1, max(above - PAGE, 0) - 1, -1)]
        body = b'{"code":"0","msg":"","data":[' + ",".join(rows).encode() + b"]}"
        self.made_s += time.thread_time() - began
        return body

    def cursor(self, stream: str, number: int) -> int:
        unit, part = divmod(number, OF_TEN[stream])
        at_ms = START_MS + unit * self.step_ms
        return at_ms if stream == "interest_accrued" else at_ms * 1_000_000 + part

    def _number_below(self, stream: str, cursor: int) -> int:
        """Number of the first row that is not below a cursor; all cursors are exclusive."""
        low, high = 0, self.units * OF_TEN[stream]
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self.cursor(stream, middle) < cursor else (low, middle)
        return low

    def row(self, stream: str, number: int) -> str:
        unit, part = divmod(number, OF_TEN[stream])
        at_ms, template = START_MS + unit * self.step_ms, self.templates[stream]
        if stream == "interest_accrued":
            return template % {"ts": at_ms, "ccy": "USDC", "interest": f"0.{unit % 9 + 1:06d}"}
        name = at_ms * 1_000_000 + part
        if stream == "orders_history_archive":
            return template % {"ordId": name, "cTime": at_ms, "instId": "BTC-USDT"}
        if stream == "fills_history":
            return template % {"billId": name, "ts": at_ms, "instId": "BTC-USDT", "tradeId": 2 * unit + part}
        if part == 4:
            owed = -(_owed(unit + 1))
            change = f"-0.{unit % 9 + 1:06d}"
            told = {"ccy": "USDC", "type": 7, "bal": owed, "balChg": change, "interest": change}
            return template % {"billId": name, "ts": at_ms, "tradeId": "", "instId": "", **told}
        # The first trade of a unit buys a bit of BTC, the second sells it again.
        bought, coin = part < 2, ("BTC", "USDT")[part % 2]
        balance, change = {
            (True, "BTC"): ("10.01", "0.01"),
            (True, "USDT"): ("999700", "-300"),
            (False, "BTC"): ("10", "-0.01"),
            (False, "USDT"): ("1000000", "300"),
        }[bought, coin]
        told = {"ccy": coin, "type": 2, "bal": balance, "balChg": change, "interest": "0"}
        return template % {"billId": name, "ts": at_ms, "tradeId": 2 * unit + part // 2, "instId": "BTC-USDT", **told}

    def balances(self) -> dict[str, str]:
        return {"BTC": "10", "USDT": "1000000", "USDC": str(-_owed(self.units))}


def _owed(units: int) -> Decimal:
    rounds, rest = divmod(units, 9)
    return Decimal(rounds * 45 + sum(range(1, rest + 1))) / 1_000_000


def _template(endpoint: Endpoint) -> str:
    """A row as the exchange sends it, with places for what differs."""
    names = [field.name for field in fields(endpoint.answer)]
    filled = {"px": "30000.1", "sz": "0.01", "fee": "-0.000021955779", "instType": "SPOT", "fillPx": "30000.1"}
    places = PLACES[endpoint.name]
    texts = {name: f"%({name})s" if name in places else filled.get(name, "") for name in names}
    return json.dumps(texts, separators=(",", ":"))


class MemoryHalf(Half):
    """The sync half of a client whose answers are made in memory."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._session = Session(host=HOSTS["global"], key=None, clock=Clock(), paced=False, chance=lambda: 0.0)

    def _run(self, steps: Flow[T], result: StepResult = None) -> T:
        try:
            step = next(steps)
            while True:
                result = None
                if isinstance(step, Send):
                    parts = urlsplit(step.target)
                    stream = next(name for name in OF_TEN if STREAMS[name].endpoint.path == parts.path)
                    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                    result = Received(200, self.account.answer(stream, query))
                step = steps.send(result)
        except StopIteration as end:
            found: T = end.value
            return found

    def _send_ahead(self, steps: Flow[T]) -> UnderWay | None:
        """Send nothing: an answer is made when it is asked for."""
        return None

    def _receive(self, under_way: UnderWay) -> Received | None:
        """Give nothing, as nothing is sent ahead."""
        return None


def pulled(archive: Archive, account: Account) -> int:
    """Pull all streams and note the balances. Returns how many rows were new."""
    half, fresh = MemoryHalf(account), 0
    owner = archive.account("memory", "1", "bench")
    for name in OF_TEN:
        filters = json.dumps(dict(STREAMS[name].filters), separators=(",", ":"))
        stream = unsigned(STREAMS[name])
        pull = Pull(
            archive,
            archive.series(owner.id, name, filters),
            stream,
            half,
            asked_ms=account.now_ms,
            settled_ms=account.now_ms - stream.late_ms,
        )
        fresh += pull.run().fresh
    rows = [(owner.id, TRADING, account.now_ms, ccy, amount) for ccy, amount in account.balances().items()]
    with archive.writing() as db:
        db.execute_many(PUT_BALANCE, [(*row, mark(*row)) for row in rows])
    return fresh


def unsigned(stream: Stream) -> Stream:
    """The stream without a key: what is measured is how rows are kept."""
    return msgspec.structs.replace(stream, endpoint=msgspec.structs.replace(stream.endpoint, permission=None))


@contextmanager
def timed(found: dict[str, Any], name: str) -> Iterator[None]:
    began, cpu = time.perf_counter(), time.process_time()
    yield
    found[name] = {
        "s": round(time.perf_counter() - began, 2),
        "cpu_s": round(time.process_time() - cpu, 2),
        "load": round(os.getloadavg()[0], 1),
    }


def measured(folder: Path, rows: int) -> dict[str, Any]:
    found: dict[str, Any] = {"rows": rows}
    account = Account(rows // 10)
    path = folder / "bench.archive"
    with Archive(path) as archive:
        with timed(found, "ingest"):
            fresh = pulled(archive, account)
        assert fresh == rows, fresh
        found["ingest"]["made_s"] = round(account.made_s, 2)
        found["ingest"]["rows_per_cpu_s"] = round(rows / (found["ingest"]["cpu_s"] - account.made_s))
        print("ingest    ", found["ingest"], flush=True)
    found["bytes"] = sum(each.stat().st_size for each in folder.iterdir())
    with Archive(path) as archive:
        with timed(found, "verify"):
            verdict = check_new(archive)
        assert verdict.problems == [], verdict.problems[:5]
        assert verdict.rows == rows
        print("verify    ", found["verify"], flush=True)
        account.units += 100
        pulled(archive, account)
        with timed(found, "verify new"):
            verdict = check_new(archive)
        assert verdict.problems == [], verdict.problems[:5]
        assert (verdict.whole, verdict.rows) == (False, rows + 1_000), verdict
        print("verify new", found["verify new"], flush=True)
    with Archive(path, read_only=True) as archive:
        found["status"] = timed_ms(lambda: status(archive, account.now_ms))
        print("status    ", found["status"], flush=True)
    return found


def timed_ms(do: Callable[[], object]) -> dict[str, float]:
    took, cpu = [], []
    for _ in range(21):
        began, used = time.perf_counter(), time.process_time()
        do()
        took.append((time.perf_counter() - began) * 1000)
        cpu.append((time.process_time() - used) * 1000)
    return {"ms": round(statistics.median(took), 2), "cpu_ms": round(statistics.median(cpu), 2)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000, help="rows of the archive (default 1,000,000)")
    parser.add_argument("--folder", type=Path, help="where the archive lies (default: a temporary folder)")
    parser.add_argument("--save", action="store_true", help="also write bench/results/archive-DATE.json")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as scratch:
        found = {"environment": environment.describe(Path(scratch)), **measured(Path(scratch), arguments.rows)}
    if arguments.save:
        path = RESULTS / f"archive-{time.strftime('%Y-%m-%d')}.json"
        path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        print(f"saved {path}")


if __name__ == "__main__":
    main()
