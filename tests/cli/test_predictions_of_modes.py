"""A dry run in multi-currency and portfolio margin says what the write then does, in random states of an account."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from tallystick.cli.frame.request_record import Request
from tallystick.cli.predicting import mirror
from tallystick.cli.predicting.expected import expected
from tests.cli.predictions import COINS, Still, Tried, World, judge, play
from tests.server import harness

COLLATERAL = "/api/v5/account/set-collateral-assets"
TRANSFER = "/api/v5/asset/transfer"


class CrossWorld(World):
    """A venue whose account is in mode 3 or 4, with what such an account can be asked to do."""

    def __init__(self, link: Still, seed: int, mode: str) -> None:
        super().__init__(link, seed, "2026-01")
        link.control("users/alice/modes", {"open": ["3", "4"]})
        for row in self.seen()["balance"]["details"]:
            if row["liab"] not in ("", "0"):
                link.control("users/alice/balance", {"account": "trading", "ccy": row["ccy"], "amt": row["liab"]})
                body = {"ccy": row["ccy"], "side": "repay", "amt": row["liab"]}
                self.post("/api/v5/account/spot-manual-borrow-repay", body)
        assert self.post("/api/v5/account/set-account-level", {"acctLv": mode})["code"] == "0"

    def _borrow(self) -> None:
        request, _ = self._transfer()
        self.post(request.path, request.body)

    def _lend(self) -> None:
        """Choose collateral instead: flexible loans are a book of their own."""
        request, _ = self._choose()
        self.post(request.path, request.body)

    def write(self) -> tuple[Request, str]:
        kinds: tuple[Callable[[], tuple[Request, str]], ...] = (
            self._transfer, self._transfer, self._at_once, self._choose, self._auto_loan, self._convert, self._lever,
        )  # fmt: skip
        return self.die.choice(kinds)()

    def _transfer(self) -> tuple[Request, str]:
        ways = [("18", "6", True), ("18", "6", True), ("18", "6", False), ("6", "18", False)]
        source, target, on_loan = self.die.choice(ways)
        amount = self._number(0.0001, self.die.choice((3, 500, 40_000)), 4)
        body = {"ccy": self.die.choice(COINS), "amt": amount, "from": source, "to": target, "loanTrans": on_loan}
        return Request("POST", TRANSFER, body), ""

    def _at_once(self) -> tuple[Request, str]:
        owed = [row["ccy"] for row in self.seen()["balance"]["details"] if row["liab"] not in ("", "0")]
        paying = self.die.choice([ccy for ccy in COINS if ccy not in owed] or list(COINS))
        body = {"debtCcy": owed[:5] or ["USDC"], "repayCcy": paying}
        return Request("POST", "/api/v5/trade/one-click-repay", body), ""

    def _choose(self) -> tuple[Request, str]:
        coins = self.die.sample(COINS, self.die.randint(1, 3))
        body = {"type": "custom", "collateralEnabled": self.die.random() < 0.4, "ccyList": coins}
        return Request("POST", COLLATERAL, body), ""

    def _auto_loan(self) -> tuple[Request, str]:
        return Request("POST", "/api/v5/account/set-auto-loan", {"autoLoan": self.die.random() < 0.8}), ""

    def _lever(self) -> tuple[Request, str]:
        body = {"ccy": self.die.choice(COINS), "mgnMode": "cross", "lever": str(self.die.randint(1, 6))}
        return Request("POST", "/api/v5/account/set-leverage", body), ""


@pytest.fixture
def worlds() -> Iterator[Callable[[str, int], CrossWorld]]:
    with asyncio.Runner() as runner:
        left = []

        def made(mode: str, seed: int) -> CrossWorld:
            context = harness.world(surface="2026-01")
            here = runner.run(context.__aenter__())
            left.append(context)
            here.app.services.wall_ms = here.venue.now_ms  # type: ignore[method-assign]
            return CrossWorld(Still(runner, here), seed, mode)

        yield made
        for context in left:
            runner.run(context.__aexit__(None, None, None))


def taken_out(world: CrossWorld) -> list[str]:
    """Predictions that are wrong of loans to transfer after BTC, most of what is there, was taken out of collateral."""
    assert world.post(COLLATERAL, {"type": "custom", "collateralEnabled": False, "ccyList": ["BTC"]})["code"] == "0"
    wrong = []
    for amount in ("100", "5000", "100000"):
        request = Request("POST", TRANSFER, {"ccy": "ETH", "amt": amount, "from": "18", "to": "6", "loanTrans": True})
        before = world.seen()
        said = world.link.run(expected(world.session, request))
        code = world.carry_out(request, "")
        wrong += judge(world, said, code, before, world.seen())
    return wrong


def test_a_coin_taken_out_of_the_collateral_carries_no_loan(worlds: Callable[[str, int], CrossWorld]) -> None:
    assert taken_out(worlds("3", 0)) == []


def test_a_mirror_without_the_choice_of_collateral_is_seen(
    worlds: Callable[[str, int], CrossWorld], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirror, "_taken_out", lambda facts, parameters: ())
    assert any("not exact" in wrong for wrong in taken_out(worlds("3", 0)))


@pytest.mark.parametrize("mode", ["3", "4"])
def test_the_prediction_is_what_happens(worlds: Callable[[str, int], CrossWorld], mode: str) -> None:
    world = worlds(mode, 1)
    tried: list[Tried] = [play(world) for _ in range(40)]
    assert [wrong for one in tried for wrong in one.wrong] == []
    assert sum(one.judged for one in tried) >= 30
    assert sum(one.done for one in tried) >= 10
