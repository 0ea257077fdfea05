"""Words of events: each type has a line in English and in Chinese, made of words and not of names of the code."""

from __future__ import annotations

import re
from functools import cache
from typing import get_args

import pytest

from tallystick.contract.core import Doc
from tallystick.engine import events as e
from tallystick.engine.amounts import ONE
from tallystick.engine.events import Event
from tallystick.engine.interest import Charge
from tallystick.engine.journaled import AnyEvent
from tallystick.engine.kinds import LoanKind
from tallystick.server.telling.events import STORY, TOLD, UNSEEN, words_of
from tallystick.venue.entries import read
from tests.golden import journal

RAW = re.compile(r"\b[a-z]+_[a-z_]+\b|\b[a-z]+[A-Z]\w*|\w+=")
"""Names of the code: of_this_form, or ofThis, or with a value behind an equals sign."""
NAMED = ("ParametersChanged", "FaultInjected", "QuotesExpired", "QuoteCutShort", "UserCreated")
"""Events that tell a name as somebody gives it: of a number, a fault, a quote or a user."""
HAN = re.compile(r"[\u4e00-\u9fff]")


@cache
def happened() -> list[AnyEvent]:
    """Every event of the golden journal, which has each type."""
    newest = max(int(path.stem.removeprefix("journal-")) for path in journal.path_of(2).parent.glob("journal-*.jsonl"))
    return [event for entry in journal.read(newest)[1] for event in read(entry)[1]]


def test_every_type_of_event_has_words() -> None:
    assert set(TOLD) == {*get_args(AnyEvent), Charge}
    assert {type(event) for event in happened()} == set(get_args(AnyEvent))
    assert {*UNSEEN, *STORY} <= set(TOLD)


def test_every_event_is_told_in_both_languages() -> None:
    assert [event for event in happened() if offences(event, words_of(event))] == []


def offences(event: AnyEvent, told: Doc) -> list[str]:
    """Faults of the words of an event."""
    found = [] if HAN.search(told.zh) and not HAN.search(told.en) else ["a language"]
    if type(event).__name__ not in NAMED:
        found += list(RAW.findall(f"{told.en} {told.zh}"))
    return found


@pytest.mark.parametrize(
    ("en", "zh"),
    [
        ("LoanClosed loan_id=7", "已结束"),
        ("manual_borrow 5 USDT", "借入 5 USDT"),
        ("it is over", "over"),
        ("it 借", "借"),
    ],
)
def test_words_that_are_raw_or_missing_are_found(en: str, zh: str) -> None:
    assert offences(e.LoanClosed(user_id=1, loan_id=7), Doc(en, zh))


@pytest.mark.parametrize(
    ("event", "en", "zh"),
    [
        (
            e.Borrowed(user_id=1, ccy="USDT", amount=5 * ONE, kind="auto_borrow", debt_after=7 * ONE),
            "borrowed 5 USDT automatically, owes 7",
            "自动借入 5 USDT，共欠 7",
        ),
        (
            e.Repaid(user_id=1, ccy="USDT", amount=5 * ONE, kind="forced_repay", debt_after=0),
            "repaid 5 USDT by force, owes 0",
            "偿还 5 USDT（强制还币），还欠 0",
        ),
        (
            e.BalanceAdjusted(user_id=1, account="funding", ccy="BTC", delta=-ONE // 2),
            "0.5 BTC taken out of funding by a control call",
            "控制调用从资金账户取出 0.5 BTC",
        ),
        (
            e.LoanWarned(user_id=1, loan_id=7, ltv=869_565_217_391_304_347),
            "margin call at LTV 0.8695",
            "追加保证金预警，LTV 0.8695",
        ),
        (
            e.RatesFixed(rates=tuple((ccy, ONE) for ccy in ("BTC", "ETH", "SOL", "DOT", "LTC", "OKB", "ADA"))),
            "rates a year for the hour that begins: BTC 1, ETH 1, SOL 1, DOT 1, LTC 1 and 2 more",
            "下一小时的年利率：BTC 1, ETH 1, SOL 1, DOT 1, LTC 1 等 7 项",
        ),
        (
            e.LoanSettled(user_id=1, loan_id=7, ccy="USDT", fee=2 * ONE, insurance=-3 * ONE, bad_debt=ONE, returned=0),
            "forced sale of the loan settled: fee 2 USDT, 3 USDT from the fund, bad debt 1 USDT",
            "活期借币强制卖出已结清：费用 2 USDT，风险准备金支付 3 USDT，坏账 1 USDT",
        ),
    ],
)
def test_a_line_says_what_happened(event: Event, en: str, zh: str) -> None:
    assert TOLD[type(event)](event) == Doc(en, zh)


@pytest.mark.parametrize("kind", get_args(LoanKind))
def test_each_row_of_a_loan_is_told_without_its_sign(kind: LoanKind) -> None:
    move = e.LoanMoved(user_id=1, loan_id=7, ref_id=8, kind=kind, ccy="BTC", amount=-ONE // 4)
    told = words_of(move)
    assert (told.en.count("0.25 BTC"), told.zh.count("0.25 BTC"), offences(move, told)) == (1, 1, [])
    assert "-" not in told.en
