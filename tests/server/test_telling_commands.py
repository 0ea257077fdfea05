"""Words of commands: each type has a line in English and in Chinese, made of words and not of names of the code."""

from __future__ import annotations

from functools import cache
from typing import get_args

import pytest

from tallystick.contract.core import Doc
from tallystick.engine import commands as c
from tallystick.engine import repay_at_once
from tallystick.engine.amounts import ONE
from tallystick.engine.commands import Command
from tallystick.engine.journaled import AnyCommand
from tallystick.server.telling.commands import ASKED, asked_by
from tallystick.venue.entries import command_of
from tests.golden import journal
from tests.server.test_telling import HAN, RAW

NAMED = (c.ChangeParameters, c.InjectFault, c.CreateUser, c.CancelOrder, c.AmendOrder, c.SetCancelTimer)
"""Commands that tell a name as somebody gives it: of a number, a fault, a user, an order or a tag."""


@cache
def asked() -> list[AnyCommand]:
    """Every command of the golden journal, which has each type."""
    newest = max(int(path.stem.removeprefix("journal-")) for path in journal.path_of(2).parent.glob("journal-*.jsonl"))
    return [command_of(entry) for entry in journal.read(newest)[1]]


def test_every_type_of_command_has_words() -> None:
    assert set(ASKED) == set(get_args(AnyCommand))
    assert {type(command) for command in asked()} == set(get_args(AnyCommand))


def test_every_command_is_told_in_both_languages() -> None:
    assert [command for command in asked() if offences(command, asked_by(command))] == []


def offences(command: AnyCommand, told: Doc) -> list[str]:
    """Faults of the words of a command."""
    found = [] if HAN.search(told.zh) and not HAN.search(told.en) else ["a language"]
    if not isinstance(command, NAMED):
        found += list(RAW.findall(f"{told.en} {told.zh}"))
    return found


@pytest.mark.parametrize(("en", "zh"), [("Tick", "Tick"), ("debt_ccy=USDT", "偿还"), ("repay", "repay")])
def test_words_that_are_raw_or_missing_are_found(en: str, zh: str) -> None:
    assert offences(c.Tick(), Doc(en, zh))


def order(**changed: object) -> c.PlaceOrder:
    """A limit order for half a BTC at 40,000."""
    half = {"size": ONE // 2, "price": 40_000 * ONE, "kind": "limit", "side": "buy"} | changed
    return c.PlaceOrder(user_id=1, instrument="BTC-USDT", **half)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("command", "en", "zh"),
    [
        (c.ManualBorrow(user_id=1, ccy="USDT", amount=5 * ONE), "borrow 5 USDT by hand", "手动借入 5 USDT"),
        (
            c.RepayDebt(user_id=1, debt_ccy="USDT", repay_ccys=("BTC", "ETH")),
            "repay USDT by one click, with BTC, ETH",
            "一键还债：用 BTC, ETH 偿还 USDT",
        ),
        (
            repay_at_once.RepayAtOnce(user_id=1, debt_ccys=("USDT", "BTC"), repay_ccy="ETH"),
            "repay USDT, BTC at once by one click, with ETH",
            "即时一键还债：用 ETH 偿还 USDT, BTC",
        ),
        (order(), "buy 0.5 BTC at 40000 USDT, limit", "买入 0.5 BTC，价格 40000 USDT，限价单"),
        (
            order(kind="market", price=0, size=100 * ONE, size_in_quote=True),
            "buy 100 USDT of BTC, market",
            "买入 100 USDT 的 BTC，市价单",
        ),
        (
            c.AmendOrder(user_id=1, instrument="BTC-USDT", order_id=7, price=ONE),
            "change order 7: price 1 USDT",
            "修改订单 7：价格 1 USDT",
        ),
        (c.SetCancelTimer(user_id=1, timeout_ms=30_000), "cancel all orders after 30 s", "30 秒后撤销全部订单"),
        (
            c.BorrowLoan(
                user_id=1, loan_id=0, ccy="USDT", amount=9 * ONE, collateral=(("BTC", ONE),), client_order_id=""
            ),
            "borrow 9 USDT against 1 BTC",
            "活期借币：借入 9 USDT，质押 1 BTC",
        ),
        (
            c.SetPrices(prices=(("BTC-USDT", 28_000 * ONE), ("ETH-USDT", 2_100 * ONE))),
            "set prices: BTC-USDT 28000, ETH-USDT 2100",
            "设置价格：BTC-USDT 28000, ETH-USDT 2100",
        ),
        (c.MovePool(ccy="USDT", delta=-5 * ONE), "take 5 USDT of the lenders out", "出借人取回 5 USDT"),
    ],
)
def test_a_line_says_what_was_asked_for(command: Command, en: str, zh: str) -> None:
    assert ASKED[type(command)](command) == Doc(en, zh)
