"""The closed sets of words: the forms of tables have a line for each, and an unknown word on disk is refused."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from tallystick.contract import borrow, convert, flexible_loan, repay
from tallystick.engine import kinds
from tallystick.engine.commands import Command
from tallystick.engine.events import Event, LoanMoved, OrderPlaced
from tallystick.engine.journaled import AnyCommand, AnyEvent
from tallystick.views import kinds as words

FORMS = {
    kinds.PerAccount: kinds.Account,
    kinds.PerSwitchItem: kinds.SwitchItem,
    kinds.PerSide: kinds.Side,
    kinds.PerOrderKind: kinds.OrderKind,
    kinds.PerCategory: kinds.Category,
    kinds.PerOrderEnd: kinds.OrderEnd,
    kinds.PerCancelCause: kinds.CancelCause,
    kinds.PerStpMode: kinds.StpMode,
    kinds.PerBorrowKind: kinds.BorrowKind,
    kinds.PerRepayKind: kinds.RepayKind,
    kinds.PerRunStatus: kinds.RunStatus,
    kinds.PerLoanKind: kinds.LoanKind,
    kinds.PerQuoteEnd: kinds.QuoteEnd,
}
WORDS_OF_KINDS = {"side", "kind", "state", "status", "category", "cause", "stp_mode", "source", "target", "account"}


def test_every_form_is_here() -> None:
    assert {name for name in vars(kinds) if name.startswith("Per")} == {form.__name__ for form in FORMS}


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_a_form_of_table_has_one_line_for_every_member(form: type) -> None:
    """A member that a form lacks is found by the type checker, a line too many is not."""
    assert tuple(form.__annotations__) == get_args(FORMS[form])


def test_a_set_with_nothing_beside_it_is_the_set_and_the_empty_text() -> None:
    assert get_args(kinds.CauseOrNone) == (*get_args(kinds.CancelCause), "")
    assert get_args(kinds.StpModeOrNone) == (*get_args(kinds.StpMode), "")


@pytest.mark.parametrize("record", [*get_args(AnyCommand), *get_args(AnyEvent)], ids=lambda record: record.__name__)
def test_no_kind_of_a_record_is_just_any_text(record: type[Command] | type[Event]) -> None:
    loose = {field.name for field in msgspec.structs.fields(record) if field.type is str}
    assert not loose & WORDS_OF_KINDS


@pytest.mark.parametrize(
    ("word", "event"),
    [
        (b'"sell"', OrderPlaced),
        (b'"ioc"', OrderPlaced),
        (b'"twap"', OrderPlaced),
        (b'"repaid"', LoanMoved),
        (b'"transit"', LoanMoved),
    ],
)
def test_a_word_no_set_has_is_refused_where_an_entry_is_read(word: bytes, event: type) -> None:
    placed = OrderPlaced(
        order_id=1,
        user_id=2,
        instrument="BTC-USDT",
        side="sell",
        kind="ioc",
        price=1,
        size=1,
        size_in_quote=False,
        held_ccy="BTC",
        held=1,
        client_order_id="",
        tag="",
        placed_at_ms=1,
        category="twap",
    )
    moved = LoanMoved(user_id=1, loan_id=2, ref_id=3, kind="repaid", ccy="BTC", amount=-1, source="transit")
    body = msgspec.json.encode(placed if event is OrderPlaced else moved)
    assert body.count(word) == 1
    assert type(msgspec.json.decode(body, type=AnyEvent)) is event
    with pytest.raises(msgspec.ValidationError, match="Invalid enum value"):
        msgspec.json.decode(body.replace(word, b'"thirteenth"'), type=AnyEvent)


def test_every_word_the_documents_have_for_a_row_is_given_by_some_kind() -> None:
    assert set(words.LOAN_TYPES.values()) == set(get_args(flexible_loan.LoanHistoryType))
    assert len(words.LOAN_TYPES) == len(set(words.LOAN_TYPES.values())) == 12
    spot = {*words.BORROW_TYPES.values(), *words.REPAY_TYPES.values()}
    assert spot == set(get_args(borrow.SpotBorrowType))
    assert set(words.RUN_STATUSES.values()) == set(get_args(repay.RepayStatus))
    assert set(words.LEG_STATES.values()) == set(get_args(repay.RepayOrderState))
    assert set(words.QUOTE_ENDS.values()) == set(get_args(convert.ConvertState))
