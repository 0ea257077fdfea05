"""Course of a write on a mirror: the command, then the time that its steps take."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import msgspec

from tallystick.cli.frame.request_record import Request
from tallystick.contract.account import Balance
from tallystick.contract.asset import AssetBalances
from tallystick.contract.convert import ConvertCurrencyPair
from tallystick.contract.core import Endpoint
from tallystick.contract.endpoints import by_route
from tallystick.contract.errors import text
from tallystick.contract.flexible_loan import LoanInfo
from tallystick.engine import core
from tallystick.engine.amounts import atoms_from_text
from tallystick.engine.commands import AskQuote, Command, Tick, TradeQuote
from tallystick.engine.core import Stamp
from tallystick.engine.events import HourPassed, OrderFilled, QuoteGiven, RepayEnded
from tallystick.engine.rejects import Rejected
from tallystick.engine.state import State
from tallystick.views import VIEWS
from tallystick.views.core import Caller, CommandView, Refusal
from tallystick.views.errors import refusal_of
from tallystick.wire.decode import Fault, decode_object

STEPS_MAX: Final = 1_000
"""Steps of a run: each of the listed coins has two, and the purchase one."""


class Course(NamedTuple):
    """What happened on the mirror. `refused` is the exchange's code, "" where the request was carried out."""

    events: list[Any]
    refused: str
    reason: str

    @property
    def ended(self) -> RepayEnded | None:
        return next((event for event in self.events if isinstance(event, RepayEnded)), None)

    @property
    def fills(self) -> list[OrderFilled]:
        return [event for event in self.events if isinstance(event, OrderFilled)]

    @property
    def meets_an_hour(self) -> bool:
        """True where a full hour passes meanwhile, whose interest the mirror only estimates."""
        return any(isinstance(event, HourPassed) for event in self.events)


def run(state: State, caller: Caller, request: Request, *, selling: str = "") -> Course:
    """Carry a request out on a mirror. `selling` is the amount of a conversion whose pair the request asks for."""
    endpoint = by_route[request.path.partition("?")[0]][request.method]
    view = VIEWS[endpoint.name]
    events: list[Any] = []
    try:
        if selling:
            _convert(state, caller, request, selling, events)
        elif isinstance(view, CommandView):
            decoded = decode_object(endpoint, request.body, caller.surface)
            _do(state, view.command(decoded.record, caller, state), events)
        _let_pass(state, caller.user_id, events)
    except Fault as fault:
        return Course([], fault.code, fault.text())
    except Refusal as refusal:
        return _refused(refusal)
    except Rejected as rejected:
        field = view.amount_field if isinstance(view, CommandView) else ""
        return _refused(refusal_of(_judged(endpoint, selling), rejected, field, caller.surface))
    return Course(events, "", "")


def _judged(endpoint: Endpoint, selling: str) -> str:
    return "convert_trade" if selling else endpoint.name


def _refused(refusal: Refusal) -> Course:
    return Course([], refusal.code, text(refusal.key, "en", **refusal.details))


def _do(state: State, command: Command, events: list[Any], at_ms: int = 0) -> None:
    events += core.handle(state, Stamp(state.seq + 1, max(state.at_ms, at_ms)), command)


def _convert(state: State, caller: Caller, request: Request, selling: str, events: list[Any]) -> None:
    """Ask for a quote and trade against it."""
    query = dict(part.split("=", 1) for part in request.path.partition("?")[2].split("&"))
    sell, buy = query["fromCcy"], query["toCcy"]
    (pair,) = _rows("convert_currency_pair", state, ConvertCurrencyPair(fromCcy=sell, toCcy=buy), caller)
    size, side = atoms_from_text(selling), "sell" if pair["baseCcy"] == sell else "buy"
    asked: Any = {
        "user_id": caller.user_id,
        "base_ccy": pair["baseCcy"],
        "quote_ccy": pair["quoteCcy"],
        "side": side,
        "size": size,
        "size_ccy": sell,
    }
    _do(state, AskQuote(**asked), events)
    given = next(event for event in events if isinstance(event, QuoteGiven))
    _do(state, TradeQuote(quote_id=given.quote_id, **asked), events)


def _let_pass(state: State, user_id: int, events: list[Any]) -> None:
    """Let time pass until the run or the loan's request of the user is over."""
    for _ in range(STEPS_MAX):
        if user_id not in state.runs and not state.loan_requests:
            return
        _do(state, Tick(), events, core.due_at_ms(state))


def balance_of(state: State, caller: Caller) -> Any:
    """Answer of account/balance on a mirror, as JSON has it."""
    return _rows("balance", state, Balance(), caller)[0]


def loans_of(state: State, caller: Caller) -> list[Any]:
    """Answer of loan-info on a mirror."""
    return _rows("loan_info", state, LoanInfo(), caller)


def funding_of(state: State, caller: Caller) -> list[Any]:
    """Answer of the funding account's balances on a mirror."""
    return _rows("asset_balances", state, AssetBalances(), caller)


def _rows(name: str, state: State, request: Any, caller: Caller) -> list[Any]:
    view: Any = VIEWS[name]
    rows: list[Any] = msgspec.to_builtins(view.answer(state, request, caller))
    return rows
