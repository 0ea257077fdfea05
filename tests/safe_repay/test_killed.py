"""Clients killed at each call that writes, syncs or sends, alone or with the power: `resume` tells the truth."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from tallystick.client.safe.outcomes import Converted, NotConverted, NotRepaid, PartlyRepaid, Repaid, StillRunning
from tallystick.contract.core import SURFACES
from tallystick.testing.kit.tally import Tally
from tallystick.testing.kit.user import User
from tests.safe_repay.killing import NEVER, Clients

LOAN: Final = {"ccy": "USDT", "amt": "1000", "collateral": {"BTC": "0.5"}}
CALLS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "one click": ("repay", {"debt": "USDC", "using": ["USDC", "BTC"]}),
    "by hand": ("repay_spot", {"ccy": "USDC", "amt": "12.34567891"}),
    "convert": ("convert", {"sell": "BTC", "buy": "USDT", "amt": "0.005"}),
    "loan": ("repay_loan", {"ccy": "USDT", "amt": "400"}),
}


@pytest.fixture(scope="module")
def clients() -> Iterator[Clients]:
    made = Clients()
    yield made
    made.close()


class Bench:
    """One call of one user, to be made again and again from the same snapshot."""

    def __init__(self, tally: Tally, clients: Clients, what: str, folder: Path) -> None:
        self.tally, self.clients, self.what, self.folder = tally, clients, what, folder
        self.alice: User = tally.user(
            "alice",
            trading={"BTC": "1", "USDC": "40.5"},
            funding={"USDT": "500"} if what == "loan" else {},
            debts={"USDC": "100"},
            loans=[LOAN] if what == "loan" else [],
        )
        self.method, arguments = CALLS[what]
        self.arguments = dict(arguments)
        if what == "loan":
            self.arguments["ord_id"] = self.loan_id()
        tally.snapshot("before")
        self.seq = tally.seq

    def loan_id(self) -> str:
        (opened,) = self.tally.events("LoanOpened", user="alice")
        return str(opened.loan_id)

    # ---- the truth, by the journal

    def done(self) -> tuple[Decimal, Decimal]:
        """What was repaid, or sold and bought, since the snapshot."""
        events = [event for event in self.tally.events(user="alice") if event.seq > self.seq]
        repaid = bought = Decimal(0)
        for event in events:
            match self.what, event.kind:
                case "one click", "Repaid" if event.fields["kind"] == "one_click_repay":
                    repaid += event.amount
                case "by hand", "Repaid" if event.fields["kind"] == "manual_repay":
                    repaid += event.amount
                case "loan", "LoanMoved" if event.fields["kind"] == "repaid":
                    repaid += abs(event.amount)
                case "convert", "QuoteTraded":
                    repaid, bought = repaid + event.base_size, bought + event.quote_size
        return repaid, bought

    def owed(self) -> Decimal:
        if self.what != "loan":
            return self.alice.debts.get("USDC", Decimal(0))
        return sum((Decimal(each["amt"]) for row in self.alice.loans for each in row["loanData"]), Decimal(0))

    # ---- one death

    def order(self, at: int, *, power: bool = False, plant: str = "") -> dict[str, Any]:
        key = self.alice.first_key
        keys = {"api_key": key.api_key, "secret_key": key.secret_key, "passphrase": key.passphrase}
        return {
            "state": str(self.folder / f"{at}-{power}"),
            "keys": keys | {"base_url": self.tally.url},
            "method": self.method,
            "arguments": self.arguments,
            "at": at,
            "power": power,
            "plant": plant,
        }

    def killed(self, at: int, patch: pytest.MonkeyPatch, *, power: bool, plant: str = "") -> tuple[bool, list[str]]:
        """True where the client lived to its end; and what is wrong with what `resume` says."""
        self.tally.restore("before")
        order = self.order(at, power=power, plant=plant)
        died = self.clients.run(order)
        if died.finished:
            return True, []
        patch.setenv("TALLY_STATE", order["state"])
        where = f"{self.what}, died at call {at} ({died.calls[-1]}){' with the power' if power else ''}"
        return False, [f"{where}: {wrong}" for wrong in self.resumed(said=died.said)]

    def resumed(self, *, said: bool) -> list[str]:
        """Resumed at once and again after minutes: nothing is sent, and the last word is the truth.

        `said`: the call had returned its outcome before, so that nothing need be told.
        """
        with self.alice.client(pace=False) as client:
            early = client.resume(wait=1)
            self.tally.advance("40s")
            self.tally.advance("200s")
            late = [*(said for said in early if not isinstance(said, StillRunning)), *client.resume(wait=1)]
            late += client.resume(wait=1)
        done, bought = self.done()
        if self.tally.repays("alice") > 1:
            return [f"{self.tally.repays('alice')} repayments were carried out"]
        if not late:
            return [f"{done} was done, and no intent tells of it"] if done and not said else []
        assert len(late) == 1, late
        return self.judged(late[0], done, bought)

    def judged(self, said: Any, done: Decimal, bought: Decimal) -> list[str]:
        if isinstance(said, Converted | NotConverted):
            told = (said.sold, said.bought) if isinstance(said, Converted) else (0, 0)
            return [] if told == (done, bought) else [f"{said} where {done} was sold for {bought}"]
        left = self.owed()
        kind = Repaid if left == 0 else PartlyRepaid if done else NotRepaid
        right = type(said) is kind and said.repaid == done and said.left == left
        return [] if right else [f"{said} where {done} was repaid and {left} left"]

    def everywhere(self, patch: pytest.MonkeyPatch, *, power: bool, plant: str = "", step: int = 1) -> list[str]:
        """Complaints over a death at every call, or each so many."""
        found: list[str] = []
        at = 0
        while True:
            finished, wrong = self.killed(at, patch, power=power, plant=plant)
            found += wrong
            if finished:
                assert at > 20
                return found
            at += step


@pytest.fixture
def bench(request: pytest.FixtureRequest, tally: Tally, clients: Clients, tmp_path: Path) -> Bench:
    return Bench(tally, clients, getattr(request, "param", "one click"), tmp_path)


@pytest.mark.parametrize("bench", ["by hand"], indirect=True)
def test_the_intent_is_synced_before_anything_is_sent(bench: Bench) -> None:
    """Content first, then the name, then the name's folder, then the draft goes. The outcome takes its place."""
    died = bench.clients.run(bench.order(NEVER))
    calls = [call.split()[0] for call in died.calls]
    sent = next(at for at, call in enumerate(died.calls) if "spot-manual-borrow-repay" in call)
    assert died.finished
    assert calls[sent - 9 : sent] == ["open", "write", "fsync", "close", "link", "open", "fsync", "close", "unlink"]
    told = calls.index("said")
    assert calls[told - 9 : told] == ["open", "write", "fsync", "close", "replace", "open", "fsync", "close", "unlink"]
    assert calls[told + 1 :] == ["unlink", "open", "fsync", "close"]


@pytest.mark.parametrize("power", [False, True])
@pytest.mark.tally(surface="2026-08")
def test_killed_at_every_write_and_sync(bench: Bench, monkeypatch: pytest.MonkeyPatch, power: bool) -> None:
    assert bench.everywhere(monkeypatch, power=power) == []


@pytest.mark.parametrize("bench", ["by hand", "convert", "loan"], indirect=True)
@pytest.mark.tally(surface="2026-08")
def test_the_other_calls_are_killed_at_each_third(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    assert bench.everywhere(monkeypatch, power=False, step=3) == []


@pytest.mark.long
@pytest.mark.parametrize("power", [False, True])
@pytest.mark.parametrize("bench", ["by hand", "convert", "loan"], indirect=True)
@pytest.mark.parametrize("surface", [pytest.param(name, marks=pytest.mark.tally(surface=name)) for name in SURFACES])
def test_every_call_is_killed_at_every_write_and_sync(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, power: bool, surface: str
) -> None:
    assert bench.tally.seed.surface == surface
    assert bench.everywhere(monkeypatch, power=power) == []


# ---- bugs that this finds


def test_an_intent_that_is_written_after_sending_is_found(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = bench.everywhere(monkeypatch, power=False, plant="an intent is written after sending", step=3)
    assert any("no intent tells of it" in each for each in wrong)


def test_an_intent_that_is_not_synced_is_found(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the loss of power, and not by a mere kill."""
    wrong = bench.everywhere(monkeypatch, power=True, plant="an intent is not synced", step=3)
    assert any("no intent tells of it" in each for each in wrong)
