"""Every fault by itself: who passes, who repays twice, and what is said of it."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace
from okx.Account import AccountAPI
from okx.Trade import TradeAPI

from tallystick.testing.kit import money
from tallystick.testing.kit.every_fault import TRANSPORT
from tallystick.testing.kit.money import Moved, Standing
from tallystick.testing.kit.tally import Tally
from tests.kit.bots import BlindBot, CarefulBot

DONE = {"drop-after-commit", "cut-body", "double-delivery", "empty-200", "50004-done"}
"""Faults of the twelve after which the request was carried out although no good answer came, or carried out twice."""


def careful(tally: Tally) -> tuple[Any, CarefulBot]:
    alice = tally.user("alice", trading={"BTC": "1"}, debts={"USDC": "100"})
    return alice, CarefulBot(alice.okx(TradeAPI), lambda seconds: tally.advance(f"{seconds}s"))


def test_a_careful_bot_passes_and_the_matrix_is_printed(tally: Tally, capsys: pytest.CaptureFixture[str]) -> None:
    alice, bot = careful(tally)

    def repay() -> None:
        bot.repay("USDC", "BTC")
        assert alice.debts == {}

    tally.every_fault(repay)
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("repay: 6 requests x 12 faults, 72 runs in ")
    assert [line.split() for line in told[1:7]] == [
        ["1", "one_click_repay_currency_list_v2", "#1"],
        ["2", "one_click_repay_history_v2", "#1"],
        ["3", "one_click_repay_v2", "#1"],
        ["4", "one_click_repay_currency_list_v2", "#2"],
        ["5", "one_click_repay_history_v2", "#2"],
        ["6", "one_click_repay_currency_list_v2", "#3"],
    ]
    assert {line.split()[0]: line.split()[1:] for line in told[8:]} == {fault: ["ok"] * 6 for fault in TRANSPORT}
    # The venue stands as it did before.
    assert alice.debts == {"USDC": Decimal(100)}
    assert not tally.levers.snapshots.all().snapshots


def test_a_blind_retry_repays_twice(tally: Tally, capsys: pytest.CaptureFixture[str]) -> None:
    alice = tally.user("alice", trading={"USDT": "1000", "BTC": "1"}, debts={"USDT": "100"})
    bot = BlindBot(alice.okx(AccountAPI))
    with pytest.raises(AssertionError) as caught:
        tally.every_fault(lambda: bot.pay("USDT", "25"))
    first, *lines = str(caught.value).splitlines()
    assert first == f"<lambda> fails under {len(DONE)} of its faults"
    said = {line.partition(" with ")[2].partition(": ")[0]: line.partition(": ")[2] for line in lines}
    assert said.keys() == DONE
    assert len(lines) == 2 * len(DONE)
    for fault in DONE:
        pair = f"spot_manual_borrow_repay #1 with {fault}"
        assert f"{pair}: alice repaid USDT twice (repay by hand) instead of once" in lines
        assert f"{pair}: alice repaid 50 USDT in all instead of 25" in lines
    marks = dict(line.split() for line in capsys.readouterr().out.splitlines()[3:])
    assert marks == {fault: "FAIL" if fault in DONE else "ok" for fault in TRANSPORT}


def test_a_function_that_raises_fails_its_pair(tally: Tally) -> None:
    alice = tally.user("alice", trading={"BTC": "1"})
    api = alice.okx(AccountAPI)

    def look() -> None:
        assert api.get_account_balance()["code"] == "0"

    with pytest.raises(AssertionError) as caught:
        tally.every_fault(look, faults=["50001", "html-502", "delay"])
    assert str(caught.value).splitlines() == [
        "look fails under 2 of its faults",
        "balance #1 with 50001: AssertionError: assert '50001' == '0'",
        "balance #1 with html-502: JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
    ]


def test_what_cannot_be_tried_says_why(tally: Tally) -> None:
    alice, bot = careful(tally)

    def wrong() -> None:
        raise ValueError("no such coin")

    async def later() -> None: ...

    with pytest.raises(AssertionError, match="wrong fails without any fault: ValueError: no such coin"):
        tally.every_fault(wrong)
    with pytest.raises(AssertionError, match=f"<lambda> sends no request to {tally.url}: is it aimed elsewhere"):
        tally.every_fault(lambda: alice.debts)
    with pytest.raises(AssertionError, match="does not ask one_click_repay; it asks one_click_repay_c"):
        tally.every_fault(lambda: bot.repay("USDC", "BTC"), requests=["one_click_repay"])
    with pytest.raises(TypeError, match=r"later is async: await tally.every_fault_async\(later\)"):
        tally.every_fault(later)
    assert not tally.levers.snapshots.all().snapshots


def test_too_many_runs_are_refused(tally: Tally) -> None:
    api = tally.user("alice").okx(AccountAPI)

    def look() -> None:
        for _ in range(168):
            api.get_account_balance()

    with pytest.raises(AssertionError, match="168 requests x 12 faults are more than 2000 runs: name some of them"):
        tally.every_fault(look)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("drop", r"no fault 'drop': did you mean drop-before-commit or drop-after-commit"),
        ("drop-after-comit", "no fault 'drop-after-comit': did you mean drop-after-commit"),
        ("zzz", r"no fault 'zzz': tally.kinds\(\) has them all"),
    ],
)
def test_a_fault_there_is_not_is_refused_before_any_call(tally: Tally, name: str, said: str) -> None:
    called: list[int] = []
    with pytest.raises(ValueError, match=said):
        tally.every_fault(lambda: called.append(1), faults=["delay", name])
    assert not called


def test_one_operation_alone_is_tried(tally: Tally, capsys: pytest.CaptureFixture[str]) -> None:
    _, bot = careful(tally)
    tally.every_fault(lambda: bot.repay("USDC", "BTC"), requests=["one_click_repay_v2"], faults=["50004-done"])
    assert capsys.readouterr().out.startswith("<lambda>: 1 request x 1 fault, 1 run in ")


def test_a_fault_that_was_never_met_is_marked(tally: Tally, capsys: pytest.CaptureFixture[str]) -> None:
    api = tally.user("alice").okx(AccountAPI)
    looked: list[int] = []

    def look() -> None:
        looked.append(1)
        if len(looked) == 1:
            api.get_account_balance()

    tally.every_fault(look, faults=["html-502"])
    assert capsys.readouterr().out.splitlines()[-1].split() == ["html-502", "-"]


def test_interest_that_came_meanwhile_is_part_of_the_sums(tally: Tally) -> None:
    alice = tally.user("alice", trading={"BTC": "1", "ETH": "2"}, debts={"USDC": "100", "USDT": "50"})
    bot = CarefulBot(alice.okx(TradeAPI), lambda seconds: tally.advance(f"{seconds}s"))
    before, seq = money.standing(tally), tally.seq
    tally.advance("2h")
    bot.repay("USDC", "BTC")
    moves = money.moved(tally, before, seq)
    assert moves.interest["alice", "USDC"] > 0
    assert moves.interest["alice", "USDT"] > 0
    assert moves.repaid == {("alice", "USDC"): 100 + moves.interest["alice", "USDC"]}
    assert moves.borrowed == {}
    assert money.complaints(before, moves, money.standing(tally), moves) == []


# ---- the money properties can fail

PLACE = ("alice", "USDC")
BEFORE = Standing(trading={PLACE: Decimal(-100)}, funding={("alice", "BTC"): Decimal(1)}, debts={PLACE: Decimal(100)})
MOVES = Moved(
    trading={PLACE: Decimal("99.5")},
    repaid={PLACE: Decimal("100.5")},
    interest={PLACE: Decimal("0.5")},
    accepted=Counter({("alice", "one-click repay", "USDC"): 1}),
)
AFTER = Standing(trading={PLACE: Decimal("-0.5")}, funding={("alice", "BTC"): Decimal(1)})


def test_money_that_adds_up_is_no_reason() -> None:
    assert money.complaints(BEFORE, MOVES, AFTER, MOVES) == []


@pytest.mark.parametrize(
    ("after", "moves", "said"),
    [
        (
            {"funding": {}},
            {},
            "BTC of alice is lost or won: funding had 1, its bills say 0, and it has 0",
        ),
        (
            {"trading": {PLACE: Decimal(0)}},
            {},
            "USDC of alice is lost or won: trading had -100, its bills say 99.5, and it has -0.5",
        ),
        (
            {"debts": {PLACE: Decimal("0.1")}},
            {},
            "the debt of alice does not sum up: 100 USDC, 0 borrowed, 0.5 interest, 100.5 repaid, and 0.1 is owed",
        ),
        (
            {},
            {"borrowed": {PLACE: Decimal(1)}},
            "the debt of alice does not sum up: 100 USDC, 1 borrowed, 0.5 interest, 100.5 repaid, and 0 is owed",
        ),
        (
            {},
            {"accepted": Counter({("alice", "one-click repay", "USDC"): 2})},
            "alice repaid USDC twice (one-click repay) instead of once",
        ),
        (
            {},
            {"accepted": Counter({("alice", "loan repay", "loan 7"): 1})},
            "alice repaid loan 7 once (loan repay) instead of never",
        ),
    ],
)
def test_money_that_does_not_add_up_is_named(after: dict[str, Any], moves: dict[str, Any], said: str) -> None:
    planted = replace(AFTER, **after)
    if "trading" in after:
        said = said.replace("it has -0.5", "it has 0")
    assert said in money.complaints(BEFORE, replace(MOVES, **moves), planted, MOVES)


def test_more_repaid_than_interest_explains_is_named() -> None:
    clean = replace(MOVES, repaid={PLACE: Decimal(50)}, interest={})
    (said,) = money.twice(MOVES, clean)
    assert said == "alice repaid 100.5 USDC in all instead of 50"
