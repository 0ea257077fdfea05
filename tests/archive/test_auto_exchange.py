"""An archive of an account whose debt was exchanged: its bills and hours of interest are proven and add up."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from decimal import Decimal

from tallystick.archive import bookkeeping, tables
from tallystick.archive.checking import check
from tallystick.archive.moves import moves
from tallystick.archive.store import Archive
from tallystick.client.levers import Levers
from tests.archive.venues import HOUR_MS, User


def exchanged(user: User, levers: Levers) -> None:
    """Owe 1 BTC in multi-currency margin; an hour with 0.6 of it free, then 0.2, above which it is bought back."""
    client, name = user.client, user.name
    for inst, px in (("BTC-USDT", 60_000), ("ETH-USDT", 3_000)):
        levers.market.set_price(instId=inst, px=px)
        levers.market.set_book(instId=inst, bids=[(px, 100)], asks=[(px + 1, 100)])
    levers.users.open_modes(name, open=("3",))
    client.set_account_level(acctLv="3")
    client.place_order(instId="BTC-USDT", tdMode="cross", side="sell", ordType="market", sz=11)
    client.set_auto_loan(autoLoan=False)
    levers.parameters.change(
        currencies={"BTC": {"free_quota": "0.6", "rate_per_year": "0.0876"}}, constants={"exchange_enabled": False}
    )
    levers.clock.advance(ms=2 * HOUR_MS)
    levers.parameters.change(currencies={"BTC": {"free_quota": "0.2"}}, constants={"exchange_enabled": True})


def test_what_is_pulled_is_proven_and_sums_to_the_balance(user: User, levers: Levers, archive: Archive) -> None:
    exchanged(user, levers)
    user.pull(archive)
    # Two histories of Spot mode answer 51010 in this mode: what they had before is not claimed.
    assert {(found.kind, found.stream) for found in check(archive).problems} == {
        ("unprovable", "one_click_repay_history_v2"),
        ("unprovable", "spot_borrow_repay_history"),
    }
    rows = [
        json.loads(line)["row"]
        for series in archive.all_series()
        if series.stream == "account_bills_archive"
        for line in tables.as_json(archive, series)
    ]
    assert Counter(row["subType"] for row in rows if row["type"] == "4") == {"114": 1, "115": 1}
    balances = {row.ccy: row.cashBal for row in user.client.balance().details}
    for ccy in ("BTC", "USDT"):
        assert sum(Decimal(row["balChg"]) for row in rows if row["ccy"] == ccy) == balances[ccy]
    free = [
        json.loads(line)["row"]["interestFreeLiab"]
        for series in archive.all_series()
        if series.stream == "interest_accrued"
        for line in tables.as_json(archive, series)
    ]
    assert free == ["0.6", "0.6"]


def test_a_journal_books_the_exchange_as_trades(user: User, levers: Levers, archive: Archive) -> None:
    exchanged(user, levers)
    user.pull(archive)
    lines = [line.decode() for line in bookkeeping.journal(archive, archive.accounts(), bookkeeping.HLEDGER)]
    assert any("forced repayment" in line for line in lines)


def test_moves_of_a_margin_mode_come_to_the_balance_with_its_interest(
    user: User, levers: Levers, archive: Archive
) -> None:
    """Interest lowers a balance below zero at each hour: without it the moves would say too much of the coin."""
    exchanged(user, levers)
    user.client.set_auto_loan(autoLoan=True)
    user.client.place_order(instId="BTC-USDT", tdMode="cross", side="sell", ordType="market", sz=3)
    (owed,) = [row.liab for row in user.client.balance(ccy=["BTC"]).details]
    levers.clock.advance(ms=3 * HOUR_MS)
    user.client.place_order(instId="BTC-USDT", tdMode="cross", side="buy", ordType="market", sz=60_001)
    user.pull(archive)
    (account,) = archive.accounts()
    left: dict[str, Decimal] = defaultdict(Decimal)
    interest: list[Decimal] = []
    for move in moves(archive, account):
        for coins, sign in ((move.received, 1), (move.sent, -1), (move.fee, -1)):
            if coins is not None:
                left[coins.ccy] += sign * coins.amount
        if move.kind == "margin interest" and move.sent is not None:
            interest.append(move.sent.amount)
    trading = {row.ccy: row.cashBal or 0 for row in user.client.balance().details}
    funding = {row.ccy: row.bal or 0 for row in user.client.asset_balances()}
    for ccy in ("BTC", "USDT"):
        assert left[ccy] == trading[ccy] + funding.get(ccy, 0), ccy
    # Two hours with auto-loan off, three afterwards at 0.0876 / 8760 an hour, to 16 decimals.
    assert len(interest) == 5
    assert owed is not None
    assert abs(interest[2] - owed / 100_000) < Decimal("1e-16")
