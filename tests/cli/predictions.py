"""Random states of an account, a random write in each, and the judgement of what was predicted of it.

The clock stands still, and nobody else trades. States follow one another on one venue: prices, books, balances,
debts and loans change at random, and hours pass, so that interest is in every debt.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from tallystick.cli.frame.request_record import Request
from tallystick.cli.predicting.expected import LOANS, changes, expected
from tallystick.cli.predicting.records import Change, Expected
from tallystick.client.clock import Clock
from tallystick.client.flows import Session
from tallystick.client.hosts import host_of
from tallystick.client.secrets import Key
from tallystick.client.steps import Failed, Received, Send
from tests.client.link import Link
from tests.server import harness

COINS: Final = ("BTC", "ETH", "SOL", "DOGE", "USDC", "USDT")
BETWEEN: Final = {
    "BTC": (20_000, 90_000),
    "ETH": (800, 5_000),
    "SOL": (10, 300),
    "DOGE": (0.05, 0.6),
    "USDC": (0.99, 1.01),
}
LEAST_MS: Final = 60_000
"""A write is tried only where the next full hour is further away."""
RUN_MS: Final = 30_000


class Still(Link):
    """A link over which nothing takes time."""

    def send(self, step: Send) -> Received | Failed:
        return self.deliver(step)


class World:
    """One venue and its dice. `surface` is that of the venue."""

    def __init__(self, link: Link, seed: int, surface: str) -> None:
        self.link = link
        self.die = random.Random(seed)
        key = link.world.alice
        self.session = Session(
            host=host_of("http://127.0.0.1", surface=surface),
            key=Key(key.api_key, key.secret_key, key.passphrase),
            clock=Clock(wall=link.monotonic, monotonic=link.monotonic),
            paced=False,
            chance=lambda: 0.5,
        )
        tickers = link.ask("GET", "/api/v5/market/tickers?instType=SPOT")
        link.control("market/prices", {"prices": {row["instId"]: row["last"] for row in tickers}})

    # ---- states

    def move(self) -> None:
        """Change the state at random, in one to four ways."""
        ways: tuple[Callable[[], None], ...] = (
            self._prices, self._book, self._deposit, self._withdraw, self._borrow, self._wait, self._lend,
        )  # fmt: skip
        for _ in range(self.die.randint(1, 4)):
            self.die.choice(ways)()

    def _number(self, low: float, high: float, places: int) -> str:
        return f"{self.die.uniform(low, high):.{places}f}"

    def _prices(self) -> None:
        coins = self.die.sample(list(BETWEEN), self.die.randint(1, 3))
        prices = {f"{ccy}-USDT": self._number(*BETWEEN[ccy], 4) for ccy in coins}
        self.link.control("market/prices", {"prices": prices})

    def _book(self) -> None:
        """A thin book of a few levels round the last price, at times with a gap."""
        ccy = self.die.choice(list(BETWEEN))
        (row,) = self.link.ask("GET", f"/api/v5/public/instruments?instType=SPOT&instId={ccy}-USDT")
        (ticker,) = self.link.ask("GET", f"/api/v5/market/ticker?instId={ccy}-USDT")
        tick, lot, last = (float(text) for text in (row["tickSz"], row["lotSz"], ticker["last"]))
        places = len(row["tickSz"].partition(".")[2])

        def side(sign: int) -> list[list[str]]:
            levels, distance = [], self.die.choice((1, 1, 1, round(last * 0.004 / tick)))
            for _ in range(self.die.randint(1, 5)):
                size = max(1, round(self.die.uniform(1, 3_000) / last / lot))
                price = round(last / tick) + sign * distance
                levels.append([f"{price * tick:.{places}f}", f"{size * lot:.8f}".rstrip("0").rstrip(".")])
                distance += self.die.randint(1, max(1, round(last * 0.002 / tick)))
            return levels

        self._try("market/book", {"instId": f"{ccy}-USDT", "bids": side(-1), "asks": side(1)})

    def _deposit(self) -> None:
        account, ccy = self.die.choice(("trading", "funding")), self.die.choice(COINS)
        self._try("users/alice/balance", {"account": account, "ccy": ccy, "amt": self._number(0.001, 500, 4)})

    def _withdraw(self) -> None:
        account, ccy = self.die.choice(("trading", "funding")), self.die.choice(COINS)
        self._try("users/alice/balance", {"account": account, "ccy": ccy, "amt": f"-{self._number(0.001, 300, 4)}"})

    def _borrow(self) -> None:
        body = {"ccy": self.die.choice(COINS), "side": "borrow", "amt": self._number(0.01, 400, 2)}
        self.post("/api/v5/account/spot-manual-borrow-repay", body)

    def _lend(self) -> None:
        self.post("/api/v5/finance/flexible-loan/borrow", self._loan())
        self.link.pass_ms(RUN_MS)

    def _wait(self) -> None:
        self.link.pass_ms(self.die.choice((1, 1_000, 600_000, 3_600_000, 30_000_000)))

    def _try(self, path: str, body: Mapping[str, object]) -> None:
        """A control call that may be refused: then the state stays."""
        self.link.runner.run(self.link.world.control("POST", path, body))

    # ---- writes

    def write(self) -> tuple[Request, str]:
        """A random write, and what a conversion sells."""
        kinds: tuple[Callable[[], tuple[Request, str]], ...] = (
            self._one_click, self._one_click, self._one_click, self._by_hand, self._more, self._new_loan,
            self._repay_loan, self._adjust, self._convert, self._auto,
        )  # fmt: skip
        return self.die.choice(kinds)()

    def _one_click(self) -> tuple[Request, str]:
        debts = self.debts() or ["USDC"]
        debt = self.die.choice(debts)
        own = [debt] if self.die.random() < 0.9 else []
        others = self.die.sample([ccy for ccy in COINS if ccy != debt], self.die.randint(0 if own else 1, 3))
        body = {"debtCcy": debt, "repayCcyList": [*own, *others]}
        return Request("POST", "/api/v5/trade/one-click-repay-v2", body), ""

    def _by_hand(self) -> tuple[Request, str]:
        body = {"ccy": self.die.choice(COINS), "side": "repay", "amt": self._number(0.01, 600, 4)}
        return Request("POST", "/api/v5/account/spot-manual-borrow-repay", body), ""

    def _more(self) -> tuple[Request, str]:
        body = {"ccy": self.die.choice(COINS), "side": "borrow", "amt": self._number(0.01, 600, 2)}
        return Request("POST", "/api/v5/account/spot-manual-borrow-repay", body), ""

    def _loan(self) -> dict[str, Any]:
        ccy, pledged = self.die.sample(COINS, 2)
        return {
            "loanData": {"ccy": ccy, "amt": self._number(0.1, 500, 2)},
            "collateralData": [{"ccy": pledged, "amt": self._number(0.01, 500, 3)}],
            "clOrdId": f"t{self.die.getrandbits(60)}",
        }

    def _new_loan(self) -> tuple[Request, str]:
        return Request("POST", "/api/v5/finance/flexible-loan/borrow", self._loan()), ""

    def _repay_loan(self) -> tuple[Request, str]:
        loans = self.link.ask("GET", "/api/v5/finance/flexible-loan/loan-info")
        loan = self.die.choice(loans) if loans else {"loanData": [{"ccy": "USDT"}]}
        # The older surface tells no number of a loan; its user has it from the borrowing.
        numbers = [str(number) for number in self.link.world.venue.line.state.loans] or ["1"]
        body = {
            "ordId": loan.get("ordId") or numbers[0],
            "ccy": loan["loanData"][0]["ccy"],
            "amt": self._number(0.1, 700, 2),
            "clOrdId": f"t{self.die.getrandbits(60)}",
        }
        return Request("POST", "/api/v5/finance/flexible-loan/repay", body), ""

    def _adjust(self) -> tuple[Request, str]:
        kind, ccy = self.die.choice(("add", "reduce")), self.die.choice(COINS)
        body = {"type": kind, "collateralCcy": ccy, "collateralAmt": self._number(0.001, 20, 3)}
        return Request("POST", "/api/v5/finance/flexible-loan/adjust-collateral", body), ""

    def _convert(self) -> tuple[Request, str]:
        sell, buy = self.die.sample(COINS, 2)
        path = f"/api/v5/asset/convert/currency-pair?fromCcy={sell}&toCcy={buy}"
        return Request("GET", path), self._number(0.001, 200, 4)

    def _auto(self) -> tuple[Request, str]:
        return Request("POST", "/api/v5/account/set-auto-repay", {"autoRepay": True}), ""

    # ---- what is and what happens

    def debts(self) -> list[str]:
        (row,) = self.link.ask("GET", "/api/v5/trade/one-click-repay-currency-list-v2")
        return [each["debtCcy"] for each in row["debtData"]]

    def post(self, path: str, body: object) -> Any:
        return msgspec.json.decode(self.link.runner.run(self.link.world.signed("POST", path, body)).body)

    def carry_out(self, request: Request, selling: str) -> str:
        """Do what was predicted. Returns the code, "" where it was carried out."""
        if not selling:
            return _code(self.post(request.path, request.body))
        raw = self.link.runner.run(self.link.world.signed("GET", request.path)).body
        pair = msgspec.json.decode(raw)
        if pair["code"] != "0":
            return str(pair["code"])
        query = dict(part.split("=") for part in request.path.partition("?")[2].split("&"))
        names = {side: pair["data"][0][side] for side in ("baseCcy", "quoteCcy")}
        names["side"] = "sell" if names["baseCcy"] == query["fromCcy"] else "buy"
        ask = {**names, "rfqSz": selling, "rfqSzCcy": query["fromCcy"]}
        quote = self.post("/api/v5/asset/convert/estimate-quote", ask)
        if quote["code"] != "0":
            return str(quote["code"])
        trade = {**names, "quoteId": quote["data"][0]["quoteId"], "sz": selling, "szCcy": query["fromCcy"]}
        return _code(self.post("/api/v5/asset/convert/trade", trade))

    def seen(self) -> dict[str, Any]:
        (balance,) = self.link.ask("GET", "/api/v5/account/balance")
        funding = self.link.ask("GET", "/api/v5/asset/balances")
        loans = self.link.ask("GET", "/api/v5/finance/flexible-loan/loan-info")
        return {"balance": balance, "funding": {row["ccy"]: row["bal"] for row in funding}, "loans": loans}


def _code(envelope: Any) -> str:
    if envelope["code"] == "0":
        return ""
    items = [row for row in envelope.get("data") or () if isinstance(row, dict) and "sCode" in row]
    return str(items[0]["sCode"]) if items else str(envelope["code"])


class Tried(NamedTuple):
    """States that were judged, those among them whose write was carried out, and what was predicted wrongly.

    A state of several loans whose numbers the older surface does not tell calls itself an estimate, and is not judged.
    """

    judged: int
    done: int
    wrong: list[str]


def play(world: World) -> Tried:
    """One state, one prediction, one write."""
    world.move()
    link = world.link
    hour_ms = 3_600_000
    if hour_ms - link.now_ms % hour_ms < LEAST_MS:
        link.pass_ms(2 * LEAST_MS)
    request, selling = world.write()
    before = world.seen()
    said: Expected = link.run(expected(world.session, request, selling=selling))
    code = world.carry_out(request, selling)
    if not code:
        link.pass_ms(RUN_MS)
    after = world.seen()
    if world.link.ask("GET", "/api/v5/account/config")[0]["spotBorrowAutoRepay"]:
        world.post("/api/v5/account/set-auto-repay", {"autoRepay": False})
    if said.notes == [str(LOANS)]:
        return Tried(0, 0, [])
    return Tried(1, 0 if code else 1, judge(world, said, code, before, after))


def judge(world: World, said: Expected, code: str, before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    wrong = [] if said.exact else [f"not exact: {said.notes}"]
    if code != said.refused:
        return [*wrong, f"refused with {said.refused or 'nothing'} where {code or 'nothing'} is true"]

    def of_coins(seen: Any, name: str) -> dict[str, str]:
        return {row["ccy"]: row[name] for row in seen["balance"]["details"]}

    true = {
        "trading": changes(of_coins(before, "cashBal"), of_coins(after, "cashBal")),
        "debts": changes(of_coins(before, "liab"), of_coins(after, "liab")),
        "funding": changes(before["funding"], after["funding"]),
        "margin": [Change(one.of, before["balance"][one.of], after["balance"][one.of]) for one in said.margin],
    }
    wrong += [f"{name}: {getattr(said, name)} where {is_so} is true" for name, is_so in true.items()
              if getattr(said, name) != is_so]  # fmt: skip
    told = sorted((one.ltv_before, one.ltv_after) for one in said.loans)
    wrong += [] if told == _ltvs(before["loans"], after["loans"]) else [f"loans: {said.loans}"]
    if said.status:
        row = world.link.ask("GET", "/api/v5/trade/one-click-repay-history-v2")[0]
        legs = [(leg["instId"], leg["side"], leg["px"], leg["sz"], leg["fillPx"], leg["fillSz"])
                for leg in reversed(row["ordIdInfo"])]  # fmt: skip
        predicted = [(leg.inst_id, leg.side, leg.px, leg.sz, leg.fill_px, leg.fill_sz) for leg in said.legs]
        if (row["status"], row["fillDebtSz"], legs) != (said.status, said.repaid, predicted):
            wrong.append(f"run: {said.status} {said.repaid} {predicted} where {json.dumps(row)} is true")
    return wrong


def _ltvs(before: list[Any], after: list[Any]) -> list[tuple[str, str]]:
    """LTV before and after of every loan that is another afterwards. Loans without a number are told by their place."""
    was = {row.get("ordId", number): row for number, row in enumerate(before)}
    now = {row.get("ordId", number): row for number, row in enumerate(after)}
    return sorted(
        (was.get(name, {}).get("curLTV", ""), now.get(name, {}).get("curLTV", ""))
        for name in {*was, *now}
        if was.get(name) != now.get(name)
    )


def states(surface: str, seeds: range, steps: int) -> Tried:
    """States of all seeds together, each seed a venue of its own."""
    found, judged, done = [], 0, 0
    for seed in seeds:
        with asyncio.Runner() as runner:
            context = harness.world(surface=surface)
            here = runner.run(context.__aenter__())
            here.app.services.wall_ms = here.venue.now_ms  # type: ignore[method-assign]
            world = World(Still(runner, here), seed, surface)
            for step in range(steps):
                tried = play(world)
                judged, done = judged + tried.judged, done + tried.done
                found += [f"{surface}, seed {seed}, step {step}: {wrong}" for wrong in tried.wrong]
            runner.run(context.__aexit__(None, None, None))
    return Tried(judged, done, found)
