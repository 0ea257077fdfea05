"""Moves of accounts in several modes: random lives of borrowing, transfers, trades and hours add up to the balance."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Literal

import pytest

from tallystick.archive.moves import Coins, Moves, moves
from tallystick.archive.store import Archive
from tallystick.client.errors import Refused
from tallystick.client.levers import Levers
from tests.archive.made import AT_MS, bill, put
from tests.archive.venues import HOUR_MS, User
from tests.client.venue import Served

SEEDS = (2, 3, 4, 5, 7, 10)
COINS = ("BTC", "ETH", "USDT", "USDC")


def opened(levers: Levers, user: User) -> None:
    for inst, px in (("BTC-USDT", 60_000), ("ETH-USDT", 3_000), ("USDC-USDT", 1)):
        levers.market.set_price(instId=inst, px=px)
    levers.users.open_modes(user.name, open=("3", "4"))


def lend_by_transfer(user: User, dice: random.Random) -> None:
    """Let a coin out of the trading account, whether or not it is there."""
    ccy = dice.choice(COINS[1:])
    amount = Decimal(dice.randrange(1, 1_000)) / (1_000 if ccy == "ETH" else 10)
    user.client.transfer(ccy=ccy, amt=amount, from_="18", to="6", loanTrans=True)


def bring_back(user: User, dice: random.Random) -> None:
    """Move what lies in the funding account back, all of it or a little."""
    for row in user.client.asset_balances():
        amount = (row.availBal or 0) if dice.random() < 0.7 else Decimal("0.01")
        if amount:
            user.client.transfer(ccy=row.ccy, amt=amount, from_="6", to="18")


def trade(user: User, dice: random.Random) -> None:
    mode: Literal["cash", "cross"] = "cash" if user.client.config().acctLv == "1" else "cross"
    inst, size = dice.choice([("BTC-USDT", "0.05"), ("ETH-USDT", "0.7"), ("USDC-USDT", "50")])
    side: Literal["buy", "sell"] = "buy" if dice.random() < 0.5 else "sell"
    size = size if side == "sell" else "100"
    user.client.place_order(instId=inst, tdMode=mode, side=side, ordType="market", sz=size)


def borrow_by_hand(user: User, dice: random.Random) -> None:
    user.client.spot_manual_borrow_repay(ccy=dice.choice(("USDT", "USDC")), side="borrow", amt=dice.randrange(100, 999))


def repay_by_hand(user: User, dice: random.Random) -> None:
    for row in user.client.balance().details:
        if row.liab:
            amount = row.liab if dice.random() < 0.9 else Decimal("0.1")
            user.client.spot_manual_borrow_repay(ccy=row.ccy, side="repay", amt=amount)


def repay_at_once(user: User, dice: random.Random) -> None:
    owed = [row.ccy for row in user.client.balance().details if row.liab]
    paying = dice.choice([ccy for ccy in COINS if ccy not in owed] or ["BTC"])
    user.client.one_click_repay(debtCcy=owed[:5], repayCcy=paying)


def switch(user: User, dice: random.Random) -> None:
    """Change the mode, most often once coins have come for all debts and what was lent by hand is repaid."""
    if dice.random() < 0.8:
        for row in user.client.balance().details:
            if row.liab:
                user.levers.users.adjust_balance(user.name, account="trading", ccy=row.ccy, amt=row.liab)
        if user.client.config().acctLv == "1":
            repay_by_hand(user, dice)
    user.client.set_account_level(acctLv=dice.choice(("1", "3", "4")))


STEPS: tuple[Callable[[User, random.Random], None], ...] = (
    lend_by_transfer,
    bring_back,
    trade,
    borrow_by_hand,
    repay_by_hand,
    repay_at_once,
    switch,
)


def lived(user: User, levers: Levers, seed: int) -> None:
    """Steps at random, each of which may be refused, with hours between them."""
    dice = random.Random(seed)
    opened(levers, user)
    for step in dice.choices(STEPS, weights=(5, 1, 1, 2, 1, 1, 3), k=40):
        try:
            step(user, dice)
        except Refused:
            continue
        if dice.random() < 0.4:
            levers.clock.advance(ms=dice.choice((1, HOUR_MS, 2 * HOUR_MS)))


def sums_of(user: User, archive: Archive) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    """Sums by coin of the moves, and balances by coin of the account."""
    (account,) = archive.accounts()
    left: dict[str, Decimal] = defaultdict(Decimal)
    for move in moves(archive, account):
        for coins, sign in ((move.received, 1), (move.sent, -1), (move.fee, -1)):
            if coins is not None:
                left[coins.ccy] += sign * coins.amount
    held: dict[str, Decimal] = defaultdict(Decimal)
    for row in user.client.balance().details:
        held[row.ccy] += row.cashBal or 0
    for other in user.client.asset_balances():
        held[other.ccy] += other.bal or 0
    return {ccy: left[ccy] for ccy in COINS}, {ccy: held[ccy] for ccy in COINS}


@pytest.mark.parametrize("seed", SEEDS)
def test_random_lives_in_all_modes_add_up(venue: Served, levers: Levers, tmp_path: Path, seed: int) -> None:
    user = User(venue, levers, f"lives-{seed}")
    lived(user, levers, seed)
    with user.client, Archive(tmp_path / "lives.archive") as archive:
        user.pull(archive)
        left, held = sums_of(user, archive)
        assert left == held


def lent_by_transfer_alone(user: User, levers: Levers) -> None:
    """Owe 1,000 USDT by a transfer, without any trade, for two hours."""
    opened(levers, user)
    user.client.set_account_level(acctLv="3")
    user.client.transfer(ccy="USDT", amt=1_000, from_="18", to="6", loanTrans=True)
    levers.clock.advance(ms=2 * HOUR_MS)


def test_interest_of_a_debt_that_only_a_transfer_made_is_paid_as_it_is_charged(
    user: User, levers: Levers, archive: Archive
) -> None:
    lent_by_transfer_alone(user, levers)
    user.pull(archive)
    left, held = sums_of(user, archive)
    assert left == held
    assert Decimal(-1) < held["USDT"] < 0


def test_a_mode_that_no_hour_tells_is_seen(
    user: User, levers: Levers, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    lent_by_transfer_alone(user, levers)
    user.pull(archive)
    monkeypatch.setattr(Moves, "hour", lambda self, row: None)
    left, held = sums_of(user, archive)
    assert left != held


def hour(number: int, ccy: str, mode: str) -> dict[str, str]:
    at_ms = AT_MS + number * HOUR_MS
    return {"ccy": ccy, "interest": "0.1", "mgnMode": mode, "ts": str(at_ms), "type": "2"}


def kinds_of(archive: Archive, bills: list[dict[str, str]], hours: list[dict[str, str]]) -> list[tuple[str, Coins]]:
    account = archive.account("www.okx.com", "1", "here")
    put(archive, account, "account_bills_archive", bills)
    put(archive, account, "interest_accrued", hours)
    return [(move.kind, coins) for move in moves(archive, account) if (coins := move.sent or move.received)]


def test_hours_tell_the_mode_of_a_transfer(archive: Archive) -> None:
    """5 BTC come, 6 go on loan; 0.1 of interest of the margin mode is paid, and nothing is once Spot mode charges."""
    found = kinds_of(
        archive,
        [
            bill(1, "BTC", "5", "5", type="1", subType="11"),
            bill(2, "BTC", "-6", "-1", type="1", subType="12"),
            bill(3, "BTC", "-0.1", "-1.1", type="7", subType="9"),
            bill(4, "BTC", "1.1", "0", type="1", subType="11"),
            bill(5, "ETH", "-0.1", "-0.1", type="7", subType="9"),
        ],
        [hour(3, "BTC", "cross"), hour(5, "ETH", "")],
    )
    btc = [("in", "5"), ("out", "6"), ("margin interest", "0.1"), ("in", "1.1")]
    assert found == [(kind, Coins(Decimal(amount), "BTC")) for kind, amount in btc]


@pytest.mark.parametrize(
    ("repaid", "kinds"),
    [
        (("22", "308", "100.1"), ["loan", "margin interest", "repayment", "out", "margin interest"]),
        (("22", "308", "100"), ["loan", "margin interest", "repayment", "out"]),
    ],
)
def test_a_loan_that_is_owed_is_of_spot_mode_whatever_an_hour_says(
    archive: Archive, repaid: tuple[str, str, str], kinds: list[str]
) -> None:
    """100 lent, 0.1 of interest, repaid whole or all but 0.1; then a transfer on loan, and an hour of it."""
    kind, detail, size = repaid
    found = kinds_of(
        archive,
        [
            bill(1, "USDC", "0", "0", type="16", subType="306", sz="100"),
            bill(2, "USDC", "-0.1", "-0.1", type="7", subType="9"),
            bill(3, "USDC", "0", "-0.1", type=kind, subType=detail, sz=size),
            bill(4, "BTC", "-1", "-1", type="1", subType="12"),
            bill(5, "BTC", "-0.1", "-1.1", type="7", subType="9"),
        ],
        [hour(2, "USDC", "cross"), hour(5, "BTC", "cross")],
    )
    assert [kind for kind, _ in found] == kinds
