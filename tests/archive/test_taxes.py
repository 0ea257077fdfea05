"""Files for Koinly and rotki: what came less what went is what the account holds, whatever happened to it."""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path

import pytest

from tallystick import Client
from tallystick.archive import bookkeeping, taxes
from tallystick.archive import moves as moving
from tallystick.archive.checking import check
from tallystick.archive.gathering import account_of, gather
from tallystick.archive.moves import Coins, Move, moves
from tallystick.archive.store import Account, Archive
from tallystick.archive.writing import write_lines
from tests.archive import tools
from tests.archive.forging import take_out
from tests.archive.made import AT_MS, bill, put
from tests.archive.venues import HOUR_MS, User

Sums = dict[str, Decimal]


def table(lines: Iterable[bytes]) -> list[dict[str, str]]:
    return list(csv.DictReader(line.decode() for line in lines))


def koinly_sums(rows: list[dict[str, str]]) -> Sums:
    """Balance of each coin as Koinly adds it up: received less sent less fees."""
    sums: Sums = defaultdict(Decimal)
    for row in rows:
        for name, sign in (("Received", 1), ("Sent", -1), ("Fee", -1)):
            if row[f"{name} Amount"]:
                sums[row[f"{name} Currency"]] += sign * Decimal(row[f"{name} Amount"])
    return sums


def rotki_sums(trades: list[dict[str, str]], events: list[dict[str, str]]) -> Sums:
    """Balance of each coin as rotki adds it up."""
    sums: Sums = defaultdict(Decimal)
    for row in trades:
        sums[row["Receive Currency"]] += Decimal(row["Receive Amount"])
        sums[row["Spend Currency"]] -= Decimal(row["Spend Amount"])
        if row["Fee"]:
            sums[row["Fee Currency"]] -= Decimal(row["Fee"])
    for row in events:
        sign = 1 if row["Type"] in ("Deposit", "Income") else -1
        sums[row["Currency"]] += sign * Decimal(row["Amount"])
    return sums


def held(client: Client) -> Sums:
    """Coins of the trading and the funding account."""
    sums: Sums = defaultdict(Decimal)
    for row in client.balance().details:
        sums[row.ccy] += row.cashBal or 0
    for other in client.asset_balances():
        sums[other.ccy] += other.bal or 0
    return {ccy: amount for ccy, amount in sums.items() if amount}


def without_zero(sums: Sums) -> Sums:
    return {ccy: amount for ccy, amount in sums.items() if amount}


def borrow_a_loan(user: User, name: str, coins: str, pledged: str, ccy: str = "USDT") -> int:
    done = user.client.loan_borrow(
        loanData={"ccy": ccy, "amt": coins}, clOrdId=name, collateralData=[{"ccy": "BTC", "amt": pledged}]
    )
    return int(done.ordId)


def price(user: User, btc: int) -> None:
    user.levers.market.set_price(instId="BTC-USDT", px=btc)


def whole_story(user: User) -> None:
    """Spot credit, trades and converts; loans that are repaid, sold in part, in full, and repaid with collateral."""
    client, levers, name = user.client, user.levers, user.name
    price(user, 60_000)
    levers.market.set_price(instId="ETH-USDT", px=3_000)
    levers.rates.set(ccy="USDT", apr="0.0876")
    user.live()
    first = borrow_a_loan(user, "first", "1000", "0.03")
    levers.clock.advance(ms=2 * HOUR_MS)
    levers.users.adjust_balance(name, account="funding", ccy="USDT", amt=100)
    client.loan_repay(ordId=first, ccy="USDT", amt="400", clOrdId="part")
    owed = client.loan_info()[0].loanData[0].amt
    client.loan_repay(ordId=first, ccy="USDT", amt=owed or 0, clOrdId="rest")
    second = borrow_a_loan(user, "second", "1", "0.2", "ETH")
    levers.clock.advance(ms=HOUR_MS)
    levers.users.repay_with_collateral(name, ordId=str(second), ccy="ETH", amt="0.5", collateral=["BTC"])
    borrow_a_loan(user, "third", "8000", "0.2")
    levers.clock.advance(ms=HOUR_MS)
    price(user, 41_000)
    levers.clock.advance(ms=HOUR_MS)
    price(user, 20_000)
    levers.clock.advance(ms=HOUR_MS)
    price(user, 60_000)
    levers.users.adjust_balance(name, account="trading", ccy="ETH", amt="0.0000000000000001")
    levers.users.adjust_balance(name, account="trading", ccy="ETH", amt="0.0004")
    client.easy_convert(fromCcy=["ETH"], toCcy="USDT")
    quote = client.convert_estimate_quote(
        baseCcy="BTC", quoteCcy="USDT", side="buy", rfqSz="100", rfqSzCcy="USDT", tag="desk1"
    )
    client.convert_trade(
        quoteId=quote.quoteId, baseCcy="BTC", quoteCcy="USDT", side="buy", sz="100", szCcy="USDT", tag="desk1"
    )
    levers.users.create(name=f"{name}-bot", master=name)
    client.transfer(ccy="BTC", amt="0.125", from_="6", to="6", type="1", subAcct=f"{name}-bot")
    levers.clock.advance(ms=HOUR_MS)


def pulled(user: User, archive: Archive) -> Account:
    account = account_of(archive, user.client, user.url, "test")
    assert not gather(archive, user.client, account, tags=["desk1"]).failed
    return account


def types_of(archive: Archive, stream: str) -> set[str]:
    rows = archive.read("SELECT raw FROM rows WHERE stream = ?", stream)
    return {json.loads(raw)["type"] for (raw,) in rows}


def test_what_came_less_what_went_is_what_the_account_holds(user: User, archive: Archive) -> None:
    whole_story(user)
    account = pulled(user, archive)
    types = types_of(archive, "loan_history")
    assert {"partial_liquidation", "forced_liquidation", "sell_collateral", "buy_borrowed_coin", "repaid"} <= types
    rows = table(taxes.koinly(archive, account))
    assert without_zero(koinly_sums(rows)) == held(user.client)
    trades, events = table(taxes.rotki_trades(archive, account)), table(taxes.rotki_events(archive, account))
    assert without_zero(rotki_sums(trades, events)) == held(user.client)
    assert len(trades) + len(events) == len(rows)
    labels = {row["Label"] for row in rows}
    assert labels == {
        "", "loan", "loan repayment", "loan fee", "margin fee", "add to pool", "remove from pool"
    }  # fmt: skip
    for row in rows:
        assert all(Decimal(row[f"{name} Amount"] or 1) > 0 for name in ("Sent", "Received", "Fee")), row


def test_interest_paid_and_unpaid_is_the_interest_charged(user: User, archive: Archive) -> None:
    """Loans that came, less what was repaid, with interest that was charged and not paid, are the debts."""
    whole_story(user)
    account = pulled(user, archive)
    by_label: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for move in moves(archive, account):
        for coins, sign in ((move.received, 1), (move.sent, -1)):
            if coins is not None:
                by_label[move.kind, coins.ccy] += sign * coins.amount
    charged: dict[str, Decimal] = defaultdict(Decimal)
    for stream in ("interest_accrued", "loan_interest_accrued"):
        for (raw,) in archive.read("SELECT raw FROM rows WHERE stream = ?", stream):
            row = json.loads(raw)
            charged[row["ccy"]] += Decimal(row["interest"])
    owed: dict[str, Decimal] = defaultdict(Decimal)
    for row in user.client.balance().details:
        owed[row.ccy] += row.liab or 0
    for loan in user.client.loan_info():
        for part in loan.loanData:
            owed[part.ccy] += part.amt or 0
    for ccy in ("USDT", "USDC", "ETH"):
        lent = by_label["loan", ccy] + by_label["repayment", ccy]
        paid = -by_label["margin interest", ccy] - by_label["loan interest", ccy]
        assert lent + charged[ccy] - paid == owed[ccy], ccy


def by_hand(archive: Archive, *bills: dict[str, str]) -> list[Move]:
    account = archive.account("www.okx.com", "1", "here")
    put(archive, account, "account_bills_archive", bills)
    return list(moves(archive, account))


def test_a_repayment_pays_interest_first(archive: Archive) -> None:
    """100 borrowed, 0.3 and 0.2 of interest; 0.4 repaid is interest, then 100.1 is 0.1 of interest and the loan."""
    found = by_hand(
        archive,
        bill(1, "USDC", "0", "0", type="16", subType="306", sz="100"),
        bill(2, "USDC", "-0.3", "-0.3", type="7", subType="9", sz="0.3"),
        bill(3, "USDC", "-0.2", "-0.5", type="7", subType="9", sz="0.2"),
        bill(4, "USDC", "0", "-0.5", type="22", subType="308", sz="0.4"),
        bill(5, "USDC", "0", "-0.5", type="29", subType="225", sz="100.1"),
    )
    assert [(one.kind, one.received or one.sent) for one in found] == [
        ("loan", Coins(Decimal(100), "USDC")),
        ("margin interest", Coins(Decimal("0.4"), "USDC")),
        ("margin interest", Coins(Decimal("0.1"), "USDC")),
        ("repayment", Coins(Decimal("100.0"), "USDC")),
    ]


def test_the_bills_of_a_trade_are_one_row_with_its_fee(archive: Archive) -> None:
    at = str(AT_MS)
    trade = {"ts": at, "tradeId": "7", "ordId": "9", "instId": "BTC-USDT"}
    found = by_hand(
        archive,
        bill(0, "BTC", "0.999", "0.999", sz="1", fee="-0.001", **trade, billId=f"{AT_MS}000001"),
        bill(0, "USDT", "-60000", "1", sz="60000", fee="0", subType="2", **trade, billId=f"{AT_MS}000002"),
    )
    opening, trade_made = found
    assert (opening.kind, opening.received) == ("in", Coins(Decimal(60_001), "USDT"))
    assert trade_made.sent == Coins(Decimal(60_000), "USDT")
    assert trade_made.received == Coins(Decimal(1), "BTC")
    assert trade_made.fee == Coins(Decimal("0.001"), "BTC")
    account = archive.accounts()[0]
    lines = list(taxes.koinly(archive, account))
    assert lines[2] == f"2026-01-15 18:00:00 UTC,60000,USDT,1,BTC,0.001,BTC,,,,trade,{AT_MS}000001".encode()
    (rotki,) = list(taxes.rotki_trades(archive, account))[1:]
    assert rotki == f'okx,USDT,BTC,1,60000,0.001,BTC,"trade, bill {AT_MS}000001",{AT_MS}'.encode()


def test_one_click_repay_that_moves_the_balance_is_a_trade_and_no_repayment(archive: Archive) -> None:
    """0.1 BTC are owed, and bought from the convert desk for 6,003 USDT."""
    at = {"ts": str(AT_MS), "type": "29"}
    found = by_hand(
        archive,
        bill(0, "USDT", "-6003", "1", subType="225", **at, billId=f"{AT_MS}000001"),
        bill(0, "BTC", "0.1", "0", subType="224", **at, billId=f"{AT_MS}000002"),
    )
    assert [one.words for one in found] == ["before the first bill", "before the first bill", "one-click repay"]
    assert (found[2].kind, found[2].sent) == ("trade", Coins(Decimal(6_003), "USDT"))
    assert found[2].received == Coins(Decimal("0.1"), "BTC")


def test_a_half_without_its_other_half_is_a_row_of_its_own(archive: Archive) -> None:
    found = by_hand(
        archive,
        bill(1, "BTC", "1", "1", tradeId="7", ordId="9", instId="BTC-USDT"),
        bill(2, "BTC", "-1", "0", type="1", **{"from": "18", "to": "6"}),
        bill(3, "ETH", "1", "1", type="999"),
    )
    assert [(one.kind, one.words) for one in found] == [("in", "trade"), ("out", "transfer"), ("in", "other bill")]


def test_what_a_missing_bill_moved_stands_by_name(archive: Archive) -> None:
    found = by_hand(archive, bill(1, "BTC", "1", "3"), bill(2, "BTC", "1", "7"))
    assert [(one.words, one.received) for one in found] == [
        ("before the first bill", Coins(Decimal(2), "BTC")),
        ("trade", Coins(Decimal(1), "BTC")),
        ("bills that are missing", Coins(Decimal(3), "BTC")),
        ("trade", Coins(Decimal(1), "BTC")),
    ]


def funds(number: int, kind: str, ccy: str, change: str, after: str) -> dict[str, str]:
    """A bill of the funding account, an hour after the one before."""
    return bill(number, ccy, change, after, type=kind, subType="")


def loan_row(number: int, kind: str, ccy: str, amount: str) -> dict[str, str]:
    """A row of the loan history, half an hour after the bill with this number."""
    at_ms = AT_MS + number * HOUR_MS + HOUR_MS // 2
    return {"refId": str(at_ms), "ccy": ccy, "ts": str(at_ms), "type": kind, "amt": amount}


def loans_by_hand(archive: Archive, bills: list[dict[str, str]], rows: list[dict[str, str]]) -> list[Move]:
    account = archive.account("www.okx.com", "1", "here")
    put(archive, account, "asset_bills_history", bills)
    put(archive, account, "loan_history", rows)
    return list(moves(archive, account))


def test_collateral_that_is_released_is_told_from_what_is_left_of_sold_coins(archive: Archive) -> None:
    """Both are bills of type 215: as many are releases as the loan history says, of the same coin and amount."""
    found = loans_by_hand(
        archive,
        [
            funds(1, "215", "BTC", "1.5", "1.5"),
            funds(2, "215", "BTC", "1.5", "3"),
            funds(3, "215", "BTC", "0.7", "3.7"),
            funds(4, "215", "ETH", "1.5", "1.5"),
            funds(5, "215", "BTC", "0.2", "3.9"),
            funds(6, "215", "BTC", "0.2", "4.1"),
            funds(7, "215", "BTC", "0.2", "4.3"),
        ],
        [
            loan_row(0, "collateral_released", "BTC", "1.50"),
            loan_row(1, "collateral_locked", "BTC", "0.7"),
            loan_row(4, "collateral_released", "BTC", "-0.2"),
            loan_row(5, "collateral_released", "BTC", "0.2"),
        ],
    )
    left = "left of sold collateral"
    assert [(one.kind, one.words, one.received) for one in found] == [
        ("released", "collateral released", Coins(Decimal("1.5"), "BTC")),
        ("in", left, Coins(Decimal("1.5"), "BTC")),
        ("in", left, Coins(Decimal("0.7"), "BTC")),
        ("in", left, Coins(Decimal("1.5"), "ETH")),
        ("released", "collateral released", Coins(Decimal("0.2"), "BTC")),
        ("released", "collateral released", Coins(Decimal("0.2"), "BTC")),
        ("in", left, Coins(Decimal("0.2"), "BTC")),
    ]


@pytest.mark.parametrize(
    ("what", "planted"),
    [
        ("never counted down", lambda found: Counter(dict.fromkeys(found, 9))),
        ("never counted", lambda found: Counter()),
        ("counted by coin", lambda found: Counter({key: found[key] or key[0] == "BTC" for key in found})),
        ("one short", lambda found: found - Counter(found.keys())),
    ],
)
def test_a_wrong_count_of_what_was_released_is_seen(
    archive: Archive,
    monkeypatch: pytest.MonkeyPatch,
    what: str,
    planted: Callable[[Counter[tuple[str, Decimal]]], Counter[tuple[str, Decimal]]],
) -> None:
    honest = moving._released
    monkeypatch.setattr(moving, "_released", lambda archive, account: planted(honest(archive, account)))
    with pytest.raises(AssertionError):
        test_collateral_that_is_released_is_told_from_what_is_left_of_sold_coins(archive)


def test_a_repayment_without_a_bill_is_one_by_collateral(archive: Archive) -> None:
    """Two alike repayments and one bill: the coins of the other were bought, and each is repaid once."""
    found = loans_by_hand(
        archive,
        [
            funds(0, "217", "USDT", "1000", "1000"),
            funds(2, "218", "USDT", "-400", "600"),
        ],
        [
            loan_row(0, "borrowed", "USDT", "1000"),
            loan_row(2, "repaid", "USDT", "-400"),
            loan_row(3, "repaid", "USDT", "-400"),
        ],
    )
    assert [(one.kind, one.words, one.received or one.sent) for one in found] == [
        ("loan", "loan paid out", Coins(Decimal(1000), "USDT")),
        ("repayment", "repaid", Coins(Decimal(400), "USDT")),
        ("in", "bought with collateral", Coins(Decimal(400), "USDT")),
        ("repayment", "repaid", Coins(Decimal(400), "USDT")),
    ]


@pytest.mark.parametrize(
    ("host", "place"),
    [("www.okx.com", "okx"), ("okx.com:443", "okx"), ("127.0.0.1:8080", "external"), ("notokx.com", "external")],
)
def test_a_location_is_the_exchange_or_external(host: str, place: str) -> None:
    assert taxes.location(Account(1, host, "1", "")) == place


def test_the_heads_are_those_of_the_templates() -> None:
    """As the templates of both tools have them, letter by letter."""
    assert ",".join(taxes.KOINLY_HEAD) == (
        "Date,Sent Amount,Sent Currency,Received Amount,Received Currency,Fee Amount,Fee Currency,"
        "Net Worth Amount,Net Worth Currency,Label,Description,TxHash"
    )
    assert ",".join(taxes.ROTKI_EVENTS_HEAD) == "Type,Location,Currency,Amount,Fee,Fee Currency,Description,Timestamp"
    assert ",".join(taxes.ROTKI_TRADES_HEAD) == (
        "Location,Spend Currency,Receive Currency,Receive Amount,Spend Amount,Fee,Fee Currency,Description,Timestamp"
    )


def test_a_liquidation_of_the_account_adds_up(user: User, archive: Archive, tmp_path: Path) -> None:
    """Sold by force through the book, with a fee, and what cannot be paid written off by the insurance fund."""
    client, levers = user.client, user.levers
    price(user, 60_000)
    client.spot_manual_borrow_repay(ccy="USDT", side="borrow", amt=200_000)
    # The borrowed coins leave the account, so that BTC alone stands for the debt.
    levers.users.adjust_balance(user.name, account="trading", ccy="USDT", amt=-200_000)
    levers.clock.advance(ms=2 * HOUR_MS)
    price(user, 15_000)
    levers.clock.advance(ms=HOUR_MS)
    account = pulled(user, archive)
    types = types_of(archive, "account_bills_archive")
    assert {"5", "7", "10"} <= types
    assert without_zero(koinly_sums(table(taxes.koinly(archive, account)))) == held(client)
    for form in (bookkeeping.BEANCOUNT, bookkeeping.HLEDGER):
        place = tmp_path / form
        write_lines(place, bookkeeping.journal(archive, [account], form))
        done = tools.accepted(form, place)
        assert (done.returncode, done.stderr) == (0, "")


def test_nothing_of_such_a_story_stands_alone(user: User, archive: Archive) -> None:
    """Each repayment, sale and liquidation of a loan has its bill, and each bill its row."""
    whole_story(user)
    pulled(user, archive)
    assert [problem.text for problem in check(archive).problems if problem.kind == "pair"] == []


def test_a_repayment_of_a_loan_that_is_missing_is_found_by_its_bill(user: User, archive: Archive) -> None:
    """The funding account repaid 400 USDT of the first loan, and has a bill of it."""
    whole_story(user)
    pulled(user, archive)
    rows = archive.read("SELECT id, raw FROM row")
    loan_rows = {number: json.loads(raw) for number, raw in rows}
    (missing,) = [
        number for number, row in loan_rows.items() if row.get("type") == "repaid" and abs(Decimal(row["amt"])) == 400
    ]
    take_out(archive, missing)
    (alone,) = [problem.text for problem in check(archive).problems if problem.kind == "pair"]
    assert alone.startswith("218 USDT 400")


def test_interest_of_a_margin_mode_is_paid_as_it_is_charged(archive: Archive) -> None:
    """A cross trade leaves -1 BTC: interest is paid at once; after a loan of Spot mode it is unpaid again.

    Of the coin 5 came before the first bill, 6 went, 0.1 of interest went and 0.2 was written off: -0.9.
    """
    found = by_hand(
        archive,
        bill(1, "BTC", "-6", "-1", mgnMode="cross"),
        bill(2, "BTC", "-0.1", "-1.1", type="7", subType="9", sz="0.1"),
        bill(3, "BTC", "0.2", "-0.9", type="10", subType="1", sz="0.2"),
        bill(4, "USDC", "0", "0", type="16", subType="306", sz="100"),
        bill(5, "USDC", "-0.3", "-0.3", type="7", subType="9", sz="0.3"),
    )
    assert [(move.kind, move.words, move.sent, move.received) for move in found] == [
        ("in", "before the first bill", None, Coins(Decimal(5), "BTC")),
        ("out", "trade", Coins(Decimal(6), "BTC"), None),
        ("margin interest", "interest paid", Coins(Decimal("0.1"), "BTC"), None),
        ("in", "debt written off", None, Coins(Decimal("0.2"), "BTC")),
        ("loan", "borrowed", None, Coins(Decimal(100), "USDC")),
    ]
