"""Costs of borrowing: worked by hand, and against the debts of a venue that nine coins were borrowed from."""

from __future__ import annotations

import re
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest

from tallystick.archive.cost_records import Cost, Costs, RepayLeg, Total
from tallystick.archive.costs import costs
from tallystick.archive.report_page import CHINESE, ENGLISH, POLICY, drawing, page
from tallystick.archive.store import Archive
from tests.archive.made import AT_MS, DAY_MS, put
from tests.archive.venues import HOUR_MS, User
from tests.torture.form import scaled

NINE = ("BTC", "ETH", "SOL", "DOGE", "DOT", "LTC", "ADA", "USDC", "USDT")
YEAR_H = 364 * 24
"""Hours of the longest story, with TORTURE=long: a day less than the exchange keeps interest for."""


def hour(number: int, ccy: str, interest: str, debt: str, **more: str) -> dict[str, str]:
    at = str(AT_MS + number * HOUR_MS)
    return {"ccy": ccy, "interest": interest, "interestRate": "0", "liab": debt, "totalLiab": debt, "ts": at} | more


def by_hand(archive: Archive) -> Costs:
    """USDC owes 100 and then 300 for an hour each in January, BTC 2 in February with 1 of it free of interest."""
    account = archive.account("www.okx.com", "1", "here")
    put(
        archive,
        account,
        "interest_accrued",
        [
            hour(0, "USDC", "0.001", "100"),
            hour(1, "USDC", "0.003000000000000001", "300"),
            hour(17 * 24, "BTC", "0.00000001", "1", totalLiab="2"),
        ],
    )
    loans = [
        {"ccy": "USDC", "interest": "0.02", "interestRate": "0.1", "loan": "1752", "ts": str(AT_MS), "refId": "1"},
    ]
    put(archive, account, "loan_interest_accrued", loans)
    return costs(archive, archive.accounts())


def test_costs_by_coin_and_month_worked_by_hand(archive: Archive) -> None:
    found = by_hand(archive)
    one = {"account": "www.okx.com/1"}
    # 0.004000000000000001 / 400 x 8760 = 0.08760000000000002..., 0.00000001 / 2 x 8760 = 0.0000438,
    # 0.02 / 1752 x 8760 = 0.1.
    assert found.months == [
        Cost(
            **one, credit="spot", ccy="BTC", month="2026-02", hours=1, interest="0.00000001", debt="2", rate="0.0000438"
        ),
        Cost(
            **one,
            credit="spot",
            ccy="USDC",
            month="2026-01",
            hours=2,
            interest="0.004000000000000001",
            debt="200",
            rate="0.0876",
        ),
        Cost(
            **one,
            credit="flexible loan",
            ccy="USDC",
            month="2026-01",
            hours=1,
            interest="0.02",
            debt="1752",
            rate="0.1",
        ),
    ]
    assert [(total.credit, total.ccy, total.interest) for total in found.totals] == [
        ("spot", "BTC", "0.00000001"),
        ("spot", "USDC", "0.004000000000000001"),
        ("flexible loan", "USDC", "0.02"),
    ]


def test_a_leg_of_a_repay_is_held_against_the_index_of_its_fills(archive: Archive) -> None:
    """2 BTC sold at 59,940: 0.5 at an index of 60,000 and 1.5 at 59,980 are 59,985 on average, so 45 x 2 are lost."""
    account = archive.account("www.okx.com", "1", "here")
    order = {"instId": "BTC-USDT", "ordType": "ioc", "px": "59700", "state": "filled", "cTime": str(AT_MS + 5)}
    sold = {**order, "side": "sell", "ordId": "7", "fillPx": "59940", "fillSz": "2", "sz": "2"}
    bought = {
        **order,
        "instId": "USDC-USDT",
        "side": "buy",
        "ordId": "8",
        "fillPx": "1.001",
        "fillSz": "10",
        "sz": "10",
    }
    none = {**order, "side": "sell", "ordId": "9", "fillPx": "", "fillSz": "0", "sz": "2"}
    run = {"debtCcy": "USDC", "fillDebtSz": "10", "repayCcyList": ["BTC"], "status": "filled", "ts": str(AT_MS)}
    put(archive, account, "one_click_repay_history_v2", [{**run, "ordIdInfo": [bought, none, sold]}])
    fill = {"ordId": "7", "ts": str(AT_MS), "fillTime": str(AT_MS), "instId": "BTC-USDT"}
    put(
        archive,
        account,
        "fills_history",
        [
            {**fill, "billId": "1", "fillSz": "0.5", "fillIdxPx": "60000"},
            {**fill, "billId": "2", "fillSz": "1.5", "fillIdxPx": "59980"},
        ],
    )
    found = costs(archive, archive.accounts()).repays
    assert [(leg.instrument, leg.index, leg.cost, leg.share) for leg in found] == [
        ("USDC-USDT", None, None, None),
        ("BTC-USDT", "59985", "90", "0.00075019"),
    ]


def borrow_nine(user: User, hours: int) -> dict[str, Decimal]:
    """Borrow nine coins, let hours pass, repay a part, and give the growth of each debt: the engine's own interest."""
    client, levers = user.client, user.levers
    levers.users.adjust_balance(user.name, account="trading", ccy="USDT", amt=1_000_000)
    borrowed: dict[str, Decimal] = {}
    for place, ccy in enumerate(NINE):
        if ccy not in ("USDT", "USDC"):
            levers.market.set_price(instId=f"{ccy}-USDT", px=60_000 if ccy == "BTC" else 100)
        levers.rates.set(ccy=ccy, apr=f"0.0{place + 1}7")
    # The hour that has begun is charged at the rate before.
    levers.clock.advance(ms=HOUR_MS)
    for place, ccy in enumerate(NINE):
        done = client.spot_manual_borrow_repay(
            ccy=ccy, side="borrow", amt=Decimal(f"{1 if place < 3 else 20}.{place + 1}3")
        )
        borrowed[ccy] = done.amt or Decimal(0)
    levers.clock.advance(ms=hours // 2 * HOUR_MS)
    for ccy in NINE[:3]:
        done = client.spot_manual_borrow_repay(ccy=ccy, side="repay", amt="0.01")
        borrowed[ccy] -= done.amt or Decimal(0)
    levers.clock.advance(ms=(hours - hours // 2) * HOUR_MS)
    owed = {row.ccy: row.liab or Decimal(0) for row in client.balance().details}
    return {ccy: owed[ccy] - amount for ccy, amount in borrowed.items()}


@pytest.mark.parametrize("hours", [72, pytest.param(scaled(30 * 24, YEAR_H), marks=pytest.mark.long)])
def test_nine_coins_cost_what_their_debts_grew_by(user: User, archive: Archive, hours: int) -> None:
    grown = borrow_nine(user, hours)
    assert not user.pull(archive, "interest_accrued").failed
    found = costs(archive, archive.accounts())
    assert {total.ccy: Decimal(total.interest) for total in found.totals} == grown
    assert {total.ccy: total.hours for total in found.totals} == dict.fromkeys(NINE, hours)
    for total in found.totals:
        set_by_hand = Decimal(f"0.0{NINE.index(total.ccy) + 1}7")
        # Interest is rounded up at 16 decimals each hour, which is far below the eight decimals of a rate.
        assert abs(Decimal(total.rate) - set_by_hand) <= Decimal("0.0000001"), total


HOSTILE = "</title><script>alert(1)</script><img src=x onerror=alert(1)>\"'&"


class Tags(HTMLParser):
    """Names of the tags and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def hostile() -> Costs:
    figures: dict[str, Any] = {"hours": 1, "interest": "1", "debt": "1", "rate": "0.1"}
    leg = RepayLeg(
        account=HOSTILE,
        at_ms=AT_MS,
        debt=HOSTILE,
        instrument=HOSTILE,
        side=HOSTILE,
        size="1",
        price="1",
        index=None,
        cost=None,
        share=None,
    )
    months = [Cost(account=HOSTILE, credit="spot", ccy=HOSTILE, month="2026-01", **figures)]
    return Costs(months, [Total(account=HOSTILE, credit="spot", ccy=HOSTILE, **figures)], [leg])


@pytest.mark.parametrize("words", [ENGLISH, CHINESE], ids=lambda words: words.lang)
def test_a_page_is_one_file_and_hostile_text_in_it_is_inert(words: object) -> None:
    text = page(hostile(), words)  # type: ignore[arg-type]
    seen = Tags()
    seen.feed(text)
    assert not seen.tags & {"script", "img", "link", "iframe", "object", "embed", "a"}
    assert not {name for name in seen.attributes if name.startswith("on") or name in ("href", "src")}
    assert re.findall(r"https?://\S+", text) == ['http://www.w3.org/2000/svg"']
    assert f'content="{POLICY}"' in text
    assert "&lt;script&gt;" in text


def test_a_picture_is_valid_xml_with_a_bar_for_each_month(archive: Archive) -> None:
    found = by_hand(archive)
    root = ElementTree.fromstring(drawing(found))
    bars = [node for node in root.iter("{http://www.w3.org/2000/svg}rect") if node.find("{*}title") is not None]
    assert len(bars) == len(found.months) == 3
    assert drawing(found) == drawing(found)
    ElementTree.fromstring(drawing(hostile()))
    ElementTree.fromstring(drawing(Costs([], [], [])))


def test_an_average_is_of_the_hours_with_debt(archive: Archive) -> None:
    """The average of a month with one hour of debt is that debt: hours without debt have no row."""
    account = archive.account("www.okx.com", "1", "here")
    put(archive, account, "interest_accrued", [hour(DAY_MS // HOUR_MS, "BTC", "0", "3")])
    (month,) = costs(archive, archive.accounts()).months
    assert (month.hours, month.debt, month.rate) == (1, "3", "0")
