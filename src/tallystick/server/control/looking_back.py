"""Control calls that look back: a user as it was after an entry of the journal, and why an entry did what it did."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Raw, Struct

from tallystick.contract.account import Balance, BalanceRow
from tallystick.contract.asset import AssetBalances, AssetBalancesRow
from tallystick.contract.core import Doc, doc
from tallystick.contract.flexible_loan import LoanInfo, LoanInfoRow
from tallystick.engine import core
from tallystick.engine.amounts import text_from_atoms
from tallystick.engine.state import State
from tallystick.server.control.explanations import Decided, Ruled, decided_by, ruled_by
from tallystick.server.control.form import Called, ControlEndpoint, Empty, IsoTime, Query, Wrong
from tallystick.server.control.happened import Event, row
from tallystick.server.control.text import iso, number
from tallystick.server.control.users import id_of
from tallystick.server.happened import texts_of
from tallystick.server.telling.commands import asked_by
from tallystick.store.api import Entry
from tallystick.venue.entries import read
from tallystick.venue.looking_back import NoEntry, TooFar, state_after
from tallystick.views import account, asset, flexible_loan
from tallystick.views.core import Caller


class SeqQuery(Query, frozen=True, kw_only=True):
    """Query for the moment after entry `seq` of the journal; 0 is before the first one."""

    seq: Annotated[str, doc("Entry of the journal", "日志条目")] = "0"


class Past(Struct, frozen=True, kw_only=True):
    """A user after entry `seq`, in the API's own rows, with the prices that judged debts then.

    `newest` is the last entry there is, `hash` the digest of the whole state, as `state-hash` told it then.
    """

    seq: int
    newest: int
    at: IsoTime
    at_ms: int
    hash: str
    prices: dict[str, str]
    balance: list[BalanceRow]
    funding: list[AssetBalancesRow]
    loans: list[LoanInfoRow]


class Ordered(Struct, frozen=True, kw_only=True):
    """Command of an entry: its name, a line of words in both languages, and its fields with decimal text.

    `user` is whom it is about, mostly who asked; "" for one that is about nobody in particular, such as a price.
    """

    name: str
    user: str
    words: str
    words_zh: str
    fields: Raw


class Explanation(Struct, frozen=True, kw_only=True):
    """Reasons of an entry: the command, all that it made happen, the user before and after, and what rules it.

    `rules` are places in docs/rules, `decisions` pages of docs/decisions with their source.
    """

    seq: int
    at: IsoTime
    at_ms: int
    command: Ordered
    events: list[Event]
    before: Past
    after: Past
    rules: list[Ruled]
    decisions: list[Decided]


async def past(call: Called, body: Empty) -> Past:
    """Show a user after an entry. Refused: an unknown user (404), no such entry (404), one too far back (409)."""
    return shown(call, await _looked(call, number(call.asked(SeqQuery).seq, "seq")), await _newest(call))


async def why(call: Called, body: Empty) -> Explanation:
    """Explain an entry for a user. Refused as `past`; entry 0, which is none (404)."""
    seq = number(call.asked(SeqQuery).seq, "seq")
    newest = await _newest(call)
    if seq == 0:
        raise Wrong(404, "entry 0 is none: it is the state that everything began from", "entries begin with 1")
    before = shown(call, await _looked(call, seq - 1), newest)
    state = await _looked(call, seq)
    _, entries = await call.venue.entries_above(seq - 1, 1)
    if not entries:
        raise Wrong(404, f"there is no entry {seq}", f"the last one is {newest}")
    command, events = read(entries[0])
    kinds = [type(event).__name__ for event in events]
    asked, asker = asked_by(command), state.users.get(getattr(command, "user_id", 0))
    return Explanation(
        seq=seq,
        at=iso(entries[0].at_ms),
        at_ms=entries[0].at_ms,
        command=Ordered(
            name=type(command).__name__,
            user="" if asker is None else asker.name,
            words=asked.en,
            words_zh=asked.zh,
            fields=Raw(msgspec.json.encode(texts_of(command))),
        ),
        events=events_shown(entries[0], state),
        before=before,
        after=shown(call, state, newest),
        rules=ruled_by(kinds),
        decisions=decided_by(kinds),
    )


def events_shown(entry: Entry, state: State) -> list[Event]:
    """All events of an entry, also those that happen to nobody."""
    _, events = read(entry)
    return [row(event, entry.seq, entry.at_ms, state) for event in events]


async def _newest(call: Called) -> int:
    return await call.venue.query(lambda state, _: state.seq)


async def _looked(call: Called, seq: int) -> State:
    try:
        return await state_after(call.venue, seq)
    except NoEntry as missing:
        raise Wrong(404, f"there is no entry {seq}", f"the last one is {missing.newest}") from None
    except TooFar as far:
        hint = f"the last snapshot before it is after entry {far.nearest}; the venue takes one every few thousand"
        raise Wrong(409, f"entry {seq} is too far from a snapshot", hint) from None


def shown(call: Called, state: State, newest: int) -> Past:
    """A user of a state. Raises Wrong 404 for one who was not there yet."""
    user_id = id_of(state, call.name)
    surface = str(call.about.get("surface", "2026-01"))
    caller = Caller(user_id, state.at_ms, call.venue.market, surface=surface)
    return Past(
        seq=state.seq,
        newest=newest,
        at=iso(state.at_ms),
        at_ms=state.at_ms,
        hash=core.state_hash(state),
        prices={name: text_from_atoms(market.index) for name, market in state.markets.items() if market.index},
        balance=list(account.balance(state, Balance(), caller)),
        funding=list(asset.balances(state, AssetBalances(), caller)),
        loans=list(flexible_loan.loan_info(state, LoanInfo(), caller)),
    )


ENDPOINTS = (
    ControlEndpoint(
        "GET",
        "users/*/past",
        Empty,
        Past,
        past,
        words=Doc(
            "Show a user as it was after an entry of the journal, with the prices at that time; it changes nothing",
            "查看用户在日志某一条之后的状态，以及当时的价格；不改变任何内容",
        ),
        samples=("seq=1",),
        query=SeqQuery,
    ),
    ControlEndpoint(
        "GET",
        "users/*/why",
        Empty,
        Explanation,
        why,
        words=Doc(
            "Explain an entry of the journal for a user: its command, all that happened, the user before and after, "
            "rules and decisions",
            "为用户解释日志的某一条：命令、发生的全部事件、此前与此后的用户，以及相关规则和决定",
        ),
        samples=("seq=1",),
        query=SeqQuery,
    ),
)
