"""Kinds of views: the ways to answer an endpoint, and the caller they answer.

A view is the only place where the exchange's words and the engine's meet. It neither reads bytes
nor waits: the server decodes and encodes, the venue runs what the view hands it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Concatenate, Generic, ParamSpec, Protocol, TypeAlias, TypeVar, cast

from msgspec import Struct

from tallystick.contract.core import Page, Request, Row
from tallystick.engine.amounts import ONE, atoms_from_text, text_from_atoms
from tallystick.engine.commands import Command
from tallystick.engine.core import Stamp
from tallystick.engine.events import Event
from tallystick.engine.rejects import Fact
from tallystick.engine.state import State
from tallystick.views.tables import Filters, Table

amount = text_from_atoms
atoms = atoms_from_text


class CandleLike(Protocol):
    """One candle; prices per 10**18, volumes in atoms of base and quote."""

    @property
    def open(self) -> int: ...
    @property
    def high(self) -> int: ...
    @property
    def low(self) -> int: ...
    @property
    def close(self) -> int: ...
    @property
    def volume(self) -> int: ...
    @property
    def volume_quote(self) -> int: ...


class Traded(Struct):
    """Trades of a stretch of time in the order they were made. Prices per 10**18, volumes in atoms."""

    open: int
    high: int
    low: int
    close: int
    volume: int
    volume_quote: int
    last_ms: int
    """Time of the last trade."""


class MarketHistory(Protocol):
    """Recorded prices and the venue's own trades. `views.candles` lays prices held by hand over it."""

    def candle(self, instrument: str, open_ms: int, length_ms: int, to_ms: int) -> CandleLike | None:
        """Candle of `length_ms` from `open_ms`, as known at `to_ms` (exclusive); None without any price."""

    def price_at(self, instrument: str, at_ms: int) -> int:
        """Recorded price in force at `at_ms`; 0 where there is none."""

    def moved_at(self, instrument: str, at_ms: int) -> int:
        """Time the recorded price in force at `at_ms` was given; 0 where there is none."""

    def traded(self, instrument: str, from_ms: int, to_ms: int) -> Traded | None:
        """The venue's own trades in [from_ms, to_ms), counted by whole seconds; None without any."""

    def last_before(self, instrument: str, at_ms: int) -> Traded | None:
        """A stretch of the venue's own trades that ends with the last one before the second of `at_ms`."""


class KnownKey(Struct, frozen=True):
    """The public part of an API key, shown to the main account: neither secret nor passphrase."""

    api_key: str
    label: str
    permissions: tuple[str, ...]
    ips: tuple[str, ...]
    made_at_ms: int


def _no_keys(user_id: int) -> tuple[KnownKey, ...]:
    return ()


class Caller(Struct, frozen=True):
    """The user who asks, their key, and the time. Public requests have user_id 0."""

    user_id: int
    at_ms: int
    market: MarketHistory
    permissions: tuple[str, ...] = ()
    label: str = ""
    ips: tuple[str, ...] = ()
    surface: str = "2026-01"
    """The edition of the public documents that is served; later fields show only on the later one."""
    keys_of: Callable[[int], tuple[KnownKey, ...]] = _no_keys
    """The keys of a user, oldest first."""


class Refusal(Exception):
    """Refusal by a view: the exchange's code and the details of its text. `key` may be a variant such as 51008/pool."""

    def __init__(self, key: str, **details: str) -> None:
        super().__init__(key)
        self.key = key
        self.code = key.partition("/")[0]
        self.details = details
        self.reason = ""
        self.facts: dict[str, Fact] = {}

    def because(self, reason: str, /, **facts: Fact) -> Refusal:
        """The same refusal with a reason other than that of its code; see `contract.reasons`."""
        self.reason, self.facts = reason, facts
        return self


Q = TypeVar("Q", bound=Request, contravariant=True)
"""The request a view answers."""
C = TypeVar("C", bound=Command, covariant=True)
W = TypeVar("W", bound=Row, covariant=True)
E = TypeVar("E", bound=Event)
P = ParamSpec("P")
V = TypeVar("V")


class View(Struct, frozen=True):
    """The way to answer an endpoint. `request` is the class of the requests it takes, subclasses included.

    Each kind of view is generic in its request and rows, so the type checker checks that its functions fit. The table
    of all views cannot say which request belongs to which name: the server compares it with the contract before it
    serves.
    """

    request: type[Request]


class CommandView(View, Generic[Q, C, W], frozen=True):
    """View that runs a command. `command` may raise Refusal; `reply` sees the events after they are durable."""

    request: type[Q]
    command: Callable[[Q, Caller, State], C]
    reply: Callable[[Q, Stamp, Sequence[Event], State], tuple[W, ...]]
    amount_field: str = ""
    """Parameter to name when an amount has more decimals than its currency."""


class BatchView(View, Generic[Q, C, W], frozen=True):
    """View that runs a list of commands of one kind, one after another, each answered by its own item.

    Where two requests have the same `distinct`, the whole list is refused with the code `twice`.
    """

    request: type[Q]
    one: CommandView[Q, C, W]
    distinct: Callable[[Q], object] | None = None
    twice: str = ""


class QueryView(View, Generic[Q, W], frozen=True):
    """View of the state. `answer` may raise Refusal.

    A `steady` one looks at no time and no market of the caller: its answer stays the same until the state changes.
    """

    request: type[Q]
    answer: Callable[[State, Q, Caller], tuple[W, ...]]
    steady: bool = False


def _nothing(request: Request) -> tuple[bytes, ...]:
    return ()


def _as_declared(declared: Page, request: Request) -> Page:
    return declared


class PageView(View, Generic[Q], frozen=True):
    """View of a page of a stored history; the contract declares the cursors and the limit.

    `holding` gives pieces that the rows must contain, for filters that have no index. `page` may choose
    another way of paging than the declared one.
    """

    request: type[Q]
    table: Table
    filters: Callable[[Q], Filters]
    holding: Callable[[Q], tuple[bytes, ...]] = _nothing
    page: Callable[[Page, Q], Page] = _as_declared


Look: TypeAlias = Callable[[bytes], tuple[int, bool]]
"""A stored row -> (its key, True if it belongs to the answer)."""


class SiftedView(View, Generic[Q], frozen=True):
    """View of a page of a stored history that looks at each row to decide if it belongs to the answer.

    `look` is made from the request, the contract's page and the time. Each row of such a table has its own key.
    """

    request: type[Q]
    table: Table
    filters: Callable[[Q], Filters]
    holding: Callable[[Q], tuple[bytes, ...]]
    look: Callable[[Q, Page, int], Look]


class PublicPageView(View, Generic[Q], frozen=True):
    """View of a page of a public stored history. `ask` gives the filter, "" for none.

    Unfiltered it ends with all rows of its last time, whatever the limit (documented). `key` is the time of a stored
    row, `shown` the row as a surface has it. `ask` may raise Refusal.
    """

    request: type[Q]
    table: Table
    ask: Callable[[State, Q, Caller], str]
    key: Callable[[bytes], int]
    shown: Callable[[bytes, str], bytes]


class TradesAsked(Struct, frozen=True):
    """Query for the newest `limit` public trades of one instrument; bounds of numbers and times are inclusive."""

    instrument: str
    limit: int
    min_number: int = 0
    max_number: int = 2**63 - 1
    from_ms: int = 0
    to_ms: int | None = None


class TradesView(View, Generic[Q], frozen=True):
    """View of public trades. `ask` may raise Refusal; `page` is that of `PageView`."""

    request: type[Q]
    ask: Callable[[State, Q, Caller], TradesAsked]
    page: Callable[[Page, Q], Page] = _as_declared


def _always(body: bytes, now_ms: int) -> bool:
    return True


class RecordView(View, Generic[Q, W], frozen=True):
    """View of one record, which is in the state while it lives and in a stored history afterwards.

    `living` answers from the state or gives None; then the store is asked: by `key(request)` where it
    is not None, else by the filters `(a, b)`. The Refusal `missing` answers where nothing is found, or a row that
    `shown` no longer shows at this time.
    """

    request: type[Q]
    table: Table
    living: Callable[[State, Q, Caller], W | None]
    key: Callable[[Q], int | None]
    filters: Callable[[Q], Filters]
    missing: str
    shown: Callable[[bytes, int], bool] = _always


def padded(value: int, places: int) -> str:
    """An amount with exactly `places` decimals, cut or filled with zeros, as some samples print them."""
    whole, fraction = divmod(value, ONE)
    return f"{whole}.{f'{fraction:018d}'[:places].ljust(places, '0')}"


def only(events: Sequence[Event], kind: type[E]) -> E:
    """The first event of a kind; every command whose reply asks for it emits one."""
    for event in events:
        if type(event) is kind:
            return event
    raise LookupError(kind.__name__)


def of_event(
    kind: type[E], make: Callable[Concatenate[E, P], V]
) -> tuple[type[Event], Callable[Concatenate[Event, P], V]]:
    """One entry of a table from classes of events to functions.

    Look such a table up with `type(event)`, so that a function gets events of its own class only. The type of the
    table cannot say that, but the type checker checks each entry.
    """
    return kind, cast("Callable[Concatenate[Event, P], V]", make)
