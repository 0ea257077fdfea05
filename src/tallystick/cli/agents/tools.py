"""Tools of an agent: what each takes, as a record that is its schema too, and what it does.

There are few, with short descriptions: an agent reads them all before it does anything.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Annotated, Any, Final, Generic, TypeAlias, TypeVar

import msgspec
from msgspec import Meta, Struct

from tallystick.cli import history, history_rows
from tallystick.cli.agents.desk import Desk, Result
from tallystick.cli.frame.failing import Failure, Form
from tallystick.cli.frame.requests import send
from tallystick.cli.levers.declared import LEVERS
from tallystick.cli.levers.forms import Lever
from tallystick.cli.outcomes import plan_of
from tallystick.cli.owing.reading import debts_of
from tallystick.client.moving import moves
from tallystick.client.walk import Span
from tallystick.contract.core import Endpoint
from tallystick.contract.endpoints import by_name
from tallystick.contract.fields import Field, fields
from tallystick.contract.words import words

T = TypeVar("T", bound=Struct)

TOOLS_MAX: Final = 15
BYTES_MAX: Final = 16 * 1024
"""Most that the descriptions of all tools have together."""
WAIT_S_MAX: Final = 600
ROWS_MAX: Final = 500

Coin: TypeAlias = Annotated[str, Meta(pattern="^[A-Z0-9]{1,16}$", description="Coin, such as USDC")]
Amount: TypeAlias = Annotated[
    str, Meta(pattern=r"^[0-9]{1,20}(\.[0-9]{1,18})?$", description="Decimal text, such as 1.5")
]
Intent: TypeAlias = Annotated[
    str,
    Meta(
        pattern="^[A-Za-z0-9_-]{1,64}$",
        description="Your id of this request. Give the same again after a lost answer: nothing is sent twice",
    ),
]
Wait: TypeAlias = Annotated[int, Meta(ge=0, le=WAIT_S_MAX, description="Seconds to wait for the outcome at most")]


class Arguments(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of what tools take."""


class Nothing(Arguments, frozen=True, kw_only=True):
    """A tool without arguments."""


class Plan(Arguments, frozen=True, kw_only=True):
    debt: Coin
    using: Annotated[list[Coin], Meta(min_length=1, description="Coins to pay with, the first first")]


class History(Arguments, frozen=True, kw_only=True):
    name: Annotated[str, Meta(description="Name of a history, see describe")]
    filters: Annotated[dict[str, str], Meta(description="Parameters of the endpoint")] = {}
    rows: Annotated[int, Meta(ge=1, le=ROWS_MAX)] = 50


class Describe(Arguments, frozen=True, kw_only=True):
    name: Annotated[str, Meta(description="Name of an endpoint, or a lever such as 'clock advance'")] = ""


class Read(Arguments, frozen=True, kw_only=True):
    name: Annotated[str, Meta(description="Name of an endpoint that moves nothing")]
    fields: Annotated[dict[str, Any], Meta(description="Parameters of the endpoint")] = {}


class Show(Arguments, frozen=True, kw_only=True):
    lever: Annotated[str, Meta(description="A lever that only shows, such as 'clock show'")]


class Ask(Arguments, frozen=True, kw_only=True):
    intent: Intent
    wait: Wait = 30


class Repay(Plan, frozen=True, kw_only=True):
    intent: Intent
    wait: Wait = 60


class RepaySpot(Arguments, frozen=True, kw_only=True):
    intent: Intent
    ccy: Coin
    amt: Annotated[Amount | None, Meta(description="Amount; without it everything, with interest")] = None
    wait: Wait = 60


class RepayLoan(Arguments, frozen=True, kw_only=True):
    intent: Intent
    ord_id: Annotated[str, Meta(pattern="^[0-9]{1,20}$", description="Number of the loan")]
    ccy: Coin
    amt: Amount
    wait: Wait = 60


class Convert(Arguments, frozen=True, kw_only=True):
    intent: Intent
    sell: Coin
    buy: Coin
    amt: Annotated[str, Meta(pattern=r"^[0-9]{1,20}(\.[0-9]{1,18})?$", description="Amount of the coin to sell")]
    wait: Wait = 60


class Borrow(Arguments, frozen=True, kw_only=True):
    intent: Intent
    ccy: Coin
    amt: Amount
    wait: Wait = 30


class AutoRepay(Arguments, frozen=True, kw_only=True):
    intent: Intent
    on: bool


class Pull(Arguments, frozen=True, kw_only=True):
    intent: Intent
    lever: Annotated[str, Meta(description="A lever, such as 'clock advance'; describe lists them")]
    name: Annotated[str | None, Meta(description="Where the lever needs one: a user, a snapshot, a rule")] = None
    fields: Annotated[dict[str, Any], Meta(description="Fields of the lever")] = {}


class Tool(Generic[T]):
    """A tool: its name, what it says of itself, what it takes and does. `writes`: there with --write alone."""

    def __init__(
        self, name: str, about: str, takes: type[T], does: Callable[[Desk, T], Result], *, writes: bool
    ) -> None:
        self.name = name
        self.about = about
        self.takes = takes
        self._does = does
        self.writes = writes

    def schema(self) -> dict[str, Any]:
        """JSON schema of the arguments."""
        _, parts = msgspec.json.schema_components([self.takes], ref_template="#/$defs/{name}")
        found: dict[str, Any] = dict(parts[self.takes.__name__])
        found.pop("title", None)
        found.pop("description", None)
        return found

    def run(self, desk: Desk, arguments: dict[str, Any]) -> Result:
        """The result of a call. Raises Failure for arguments that do not fit, and what the tool raises."""
        try:
            asked = msgspec.convert(arguments, self.takes)
        except msgspec.ValidationError as problem:
            raise Failure(Form("parameter", reason=f"{problem}; nothing was sent.")) from None
        return self._does(desk, asked)


# ---- reading


def debts(desk: Desk, asked: Nothing) -> Result:
    found: Result = msgspec.to_builtins(debts_of(desk.client))
    return found


def balance(desk: Desk, asked: Nothing) -> Result:
    return {
        "trading": dict(desk.client.balance().raw),
        "funding": [dict(row.raw) for row in desk.client.asset_balances()],
    }


def plan_repay(desk: Desk, asked: Plan) -> Result:
    found: Result = msgspec.to_builtins(plan_of(desk.client.plan_repay(debt=asked.debt, using=asked.using)))
    return found


def read_history(desk: Desk, asked: History) -> Result:
    endpoint = history.BY_NAME.get(asked.name)
    if endpoint is None:
        raise missing("history", asked.name, list(history.BY_NAME))
    return {"rows": history_rows.read(desk.client, endpoint, asked.filters, Span(None, None), asked.rows)}


def describe(desk: Desk, asked: Describe) -> Result:
    if not asked.name:
        return {
            "endpoints": {one.name: one.title.en for one in by_name.values()},
            "levers": {f"{one.group} {one.command}": one.words.en for one in LEVERS},
        }
    if asked.name in by_name:
        return described(by_name[asked.name])
    lever = lever_of(asked.name)
    return {
        "lever": asked.name,
        "about": lever.words.en,
        "moves": lever.moves,
        **({"name": lever.name.en} if lever.name else {}),
        "fields": {
            one.name: {"form": one.form, "required": one.required, "about": one.words.en} for one in lever.parameters
        },
    }


def described(endpoint: Endpoint) -> Result:
    return {
        "endpoint": endpoint.name,
        "about": endpoint.title.en,
        "method": endpoint.method,
        "path": endpoint.path,
        "moves": moves(endpoint),
        "fields": {field.name: _field(field) for field in fields(endpoint.request) if not field.refused},
        "answer": {field.name: words(field).en for field in fields(endpoint.answer)},
    }


def _field(field: Field) -> Result:
    choices = {"choices": list(field.choices)} if field.choices else {}
    return {"required": field.required, "list": field.many is not None, "about": words(field).en, **choices}


def read(desk: Desk, asked: Read) -> Result:
    endpoint = by_name.get(asked.name)
    if endpoint is None:
        raise missing("endpoint", asked.name, list(by_name))
    if moves(endpoint):
        raise Failure(
            Form("read-only", reason=f"{asked.name} may move something, and read calls nothing of that kind.")
        )
    return {"rows": send(desk.client, endpoint, asked.fields)}


def show(desk: Desk, asked: Show) -> Result:
    lever = lever_of(asked.lever)
    if lever.moves:
        raise Failure(
            Form("read-only", reason=f"{asked.lever!r} moves something, and show pulls nothing of that kind.")
        )
    return pulled(desk, lever, None, {})


def outcome(desk: Desk, asked: Ask) -> Result:
    return desk.outcome(asked.intent, asked.wait)


def lever_of(name: str) -> Lever:
    found = next((one for one in LEVERS if f"{one.group} {one.command}" == name), None)
    if found is None:
        raise missing("lever", name, [f"{one.group} {one.command}" for one in LEVERS])
    return found


def missing(kind: str, name: str, known: list[str]) -> Failure:
    return Failure(
        Form("parameter", reason=f"There is no {kind} {name[:60]!r}."), hint=f"There are: {', '.join(known)}."
    )


def pulled(desk: Desk, lever: Lever, name: str | None, values: dict[str, Any]) -> Result:
    """Answer of a lever."""
    known = {one.name for one in lever.parameters}
    if (lever.name is None) != (name is None) or not set(values) <= known:
        named = "needs a name, and " if lever.name else ""
        raise Failure(Form("parameter", reason=f"The lever {named}takes {', '.join(sorted(known)) or 'nothing else'}."))
    with desk.levers() as levers:
        call = attrgetter(lever.call)(levers)
        return dict(call(*(() if name is None else (name,)), **values).raw)


# ---- writing


def repay(desk: Desk, asked: Repay) -> Result:
    return desk.settle(
        asked.intent,
        "repay",
        {"debt": asked.debt, "using": asked.using},
        lambda: desk.client.repay(debt=asked.debt, using=asked.using, wait=asked.wait),
        asked.wait,
    )


def repay_spot(desk: Desk, asked: RepaySpot) -> Result:
    return desk.settle(
        asked.intent,
        "repay_spot",
        {"ccy": asked.ccy, "amt": asked.amt},
        lambda: desk.client.repay_spot(ccy=asked.ccy, amt=asked.amt, wait=asked.wait),
        asked.wait,
    )


def repay_loan(desk: Desk, asked: RepayLoan) -> Result:
    return desk.settle(
        asked.intent,
        "repay_loan",
        {"ord_id": asked.ord_id, "ccy": asked.ccy, "amt": asked.amt},
        lambda: desk.client.repay_loan(ord_id=asked.ord_id, ccy=asked.ccy, amt=asked.amt, wait=asked.wait),
        asked.wait,
    )


def convert(desk: Desk, asked: Convert) -> Result:
    return desk.settle(
        asked.intent,
        "convert",
        {"sell": asked.sell, "buy": asked.buy, "amt": asked.amt},
        lambda: desk.client.convert(sell=asked.sell, buy=asked.buy, amt=asked.amt, wait=asked.wait),
        asked.wait,
    )


def borrow(desk: Desk, asked: Borrow) -> Result:
    return desk.borrow(
        asked.intent,
        asked.ccy,
        asked.amt,
        asked.wait,
        "Look at the history spot_borrow_repay_history, and at debts.",
    )


def auto_repay(desk: Desk, asked: AutoRepay) -> Result:
    return desk.switch(asked.intent, asked.on, "Look at spotBorrowAutoRepay of the endpoint config.")


def pull(desk: Desk, asked: Pull) -> Result:
    lever = lever_of(asked.lever)
    return desk.send(
        asked.intent,
        asked.lever,
        {"name": asked.name, "fields": asked.fields},
        lambda: {"answer": pulled(desk, lever, asked.name, asked.fields)},
        "Look with show.",
    )


def _reads(name: str, about: str, takes: type[T], does: Callable[[Desk, T], Result]) -> Tool[T]:
    return Tool(name, about, takes, does, writes=False)


def _writes(name: str, about: str, takes: type[T], does: Callable[[Desk, T], Result]) -> Tool[T]:
    return Tool(name, about, takes, does, writes=True)


TOOLS: Final[tuple[Tool[Any], ...]] = (
    _reads(
        "debts",
        "List what is owed: spot debts with interest, one-click repays under way, loans, margin",
        Nothing,
        debts,
    ),
    _reads("balance", "Show the coins of the trading and the funding account", Nothing, balance),
    _reads(
        "plan_repay",
        "Show what a one-click repay would do: legs, fees, what would be left. Sends no write",
        Plan,
        plan_repay,
    ),
    _reads("history", "List the newest rows of a history, such as one_click_repay_history_v2", History, read_history),
    _reads("describe", "List endpoints and levers, or describe one: its fields and what they mean", Describe, describe),
    _reads("read", "Call an endpoint that moves nothing", Read, read),
    _reads("show", "Pull a lever of the local venue that only shows something", Show, show),
    _reads("outcome", "Find out what became of a write by its intent. Sends nothing again", Ask, outcome),
    _writes("repay", "Repay a debt with other coins (one-click), once, and wait for the outcome", Repay, repay),
    _writes("repay_spot", "Repay a spot debt from coins of its own kind, once", RepaySpot, repay_spot),
    _writes("repay_loan", "Repay a flexible loan, once", RepayLoan, repay_loan),
    _writes("convert", "Sell one coin for another at a quote, once", Convert, convert),
    _writes("borrow", "Borrow a coin in Spot mode, once", Borrow, borrow),
    _writes("auto_repay", "Switch auto repay on or off", AutoRepay, auto_repay),
    _writes("lever", "Pull a lever of the local venue: move its clock, set prices, make faults", Pull, pull),
)
