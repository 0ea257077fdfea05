"""Records that declare an endpoint. Nothing here reads, checks or decides.

A request record lists its fields in the order of the document's table, because the first fault in
that order is the one a client hears. An answer record lists its fields in the order of the
document's example answer, so that our answer equals it byte for byte. Names are the exchange's own.
"""

from __future__ import annotations

import enum
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Struct

SURFACES = ("2026-01", "2026-08")
"""The two states of the public documents that can be served; the first is the default."""


class Permission(enum.Enum):
    """Permission of an API key; the values are the tokens of `account/config.perm`."""

    READ = "read_only"
    TRADE = "trade"
    WITHDRAW = "withdraw"


LimitKey: TypeAlias = Literal[
    "user_id",
    "ip",
    "user_id+ccy",
    "user_id+instId",
    "user_id+side",
    "user_id+tag",
    "user_id+instType",
    "ip+instType",
    "ip+instId",
    "main_id",
]


class Limit(Struct, frozen=True):
    """Rate limit: at most `requests` in any `period_ms` for one value of `per`. Each endpoint counts for itself."""

    requests: int
    period_ms: int
    per: LimitKey


class Page(Struct, frozen=True):
    """Paging of a list: newest first; `after` asks for rows older than the cursor, `before` for newer ones."""

    cursor: str
    inclusive: bool
    retention_ms: int | None
    max: int = 100
    default: int = 100
    cursors_per_ms: int = 1
    """How many cursor values one millisecond has; says where in the cursor a time stands, for the retention."""
    keys_per_cursor: int = 1
    """How many keys of the table one cursor value stands for, where they are finer than the cursor."""
    bounded: bool = False
    """The request may bound the time of the rows by `begin` and `end`, both included."""
    kept_by_row_ms: int | None = None
    """How long rows are shown where their key says nothing about it, so that each must be looked at."""
    shared: bool = False
    """Several rows may have one cursor value, so that a page can end among them."""
    identity: tuple[str, ...] = ()
    """Of rows that change after they were made: the fields that stay, by which one is known again."""
    whole: bool = False
    """A page ends with all rows of its last cursor value, however many there are."""
    instead: str = ""
    """How else the same rows are paged, for who is better served by it."""


class Source(Struct, frozen=True):
    """Source of a declaration. `where` is an anchor, a recording or the number of a decision."""

    kind: Literal["documented", "observed", "chosen"]
    where: str


def documented(anchor: str) -> Source:
    return Source("documented", anchor)


def chosen(decision: str) -> Source:
    return Source("chosen", decision)


class Doc(Struct, frozen=True):
    """Our own words for one thing, in both languages of the documents."""

    en: str
    zh: str


def doc(en: str, zh: str) -> Doc:
    return Doc(en, zh)


class Since(Struct, frozen=True):
    """Marks a field the default surface does not have; an older surface takes it for an unknown one.

    `always` is of fields of answers: what the field says here every time, which then nobody else has to say.
    """

    surface: str
    always: str | None = None


class Grammar(Struct, frozen=True):
    """Text a scalar parameter may consist of: `pattern` matches the whole ASCII text.

    `integer` makes the record's value an int, at most `most`: what is above is refused, or with `cut` read as `most`.
    `positive` refuses zero and what is below, with the code `zero`.
    """

    name: str
    pattern: str
    integer: bool = False
    positive: bool = False
    most: int | None = None
    zero: str = "51000"
    cut: bool = False


class Many(Struct, frozen=True):
    """A list: a JSON array in a body, comma separated in a query. Above `most` items code 50025 answers.

    `unique` is of lists of coins, or of records with a coin each: none may be named twice.
    """

    unique: bool = False
    most: int | None = None


class Refused(Struct, frozen=True):
    """A documented parameter of features this venue lacks: any value that is not absent is code 51000.

    Ignoring it instead would be worse: a client would believe in a stop order that is not there.
    """


class Worded(Struct, frozen=True):
    """Marks a flag that is as good as text, in any of its four spellings, as it is as JSON true or false."""


DECIMAL = r"(?:0|[1-9][0-9]{0,19})(?:\.[0-9]{1,18})?"

Ccy: TypeAlias = Annotated[str, Grammar("currency", r"[A-Z0-9]{1,16}")]
CcyList: TypeAlias = Annotated[tuple[Ccy, ...], Many(unique=True)]
CcyFilter: TypeAlias = Annotated[tuple[Ccy, ...], Many(unique=True, most=20)]
InstId: TypeAlias = Annotated[str, Grammar("instrument", r"[A-Z0-9_]{1,16}(?:-[A-Z0-9_]{1,16}){1,4}")]
InstFamily: TypeAlias = Annotated[str, Grammar("family", r"[A-Z0-9_]{1,16}(?:-[A-Z0-9_]{1,16}){0,2}")]
Amount: TypeAlias = Annotated[str, Grammar("amount", DECIMAL, positive=True)]
"""Positive decimal text, kept as text: whoever knows the currency turns it into atoms."""
TransferAmount: TypeAlias = Annotated[str, Grammar("amount", DECIMAL, positive=True, zero="58114")]
"""As `Amount`; transfers have a code of their own for what is not above zero (documented)."""
Ms: TypeAlias = Annotated[int, Grammar("time", r"[0-9]{1,13}", integer=True)]
"""Unix milliseconds."""
Id: TypeAlias = Annotated[int, Grammar("id", r"[0-9]{1,20}", integer=True, most=2**63 - 1)]
"""Number of an order or record; the store's keys are signed 64-bit integers."""
QuoteId: TypeAlias = Annotated[str, Grammar("quote id", r"[A-Za-z0-9-]{1,64}")]
ClientId: TypeAlias = Annotated[str, Grammar("client id", r"[A-Za-z0-9]{1,32}")]
LoanClientId: TypeAlias = Annotated[str, Grammar("loan client id", r"[A-Za-z0-9_-]{1,32}")]
"""Wider than `ClientId`: the documents' own example is `my-borrow-001`."""
Tag: TypeAlias = Annotated[str, Grammar("tag", r"[A-Za-z0-9]{1,16}")]
Text: TypeAlias = Annotated[str, Grammar("text", r"[\x20-\x7e]{1,128}")]
PAGE_NUMBER = r"[1-9][0-9]*"
LimitNumber: TypeAlias = Annotated[int, Grammar("limit", PAGE_NUMBER, integer=True, most=100, cut=True)]
"""Rows of a page at most. Above what there may be it counts as that (observed: freqtrade#6174)."""
CandleLimit: TypeAlias = Annotated[int, Grammar("limit", PAGE_NUMBER, integer=True, most=300, cut=True)]
Depth: TypeAlias = Annotated[int, Grammar("depth", r"[1-9][0-9]{0,2}", integer=True, most=400)]
"""Levels of a book. No page: above the maximum it is refused, as the exchange does (observed)."""
FullDepth: TypeAlias = Annotated[int, Grammar("depth", r"[1-9][0-9]{0,3}", integer=True, most=5_000)]
TradesLimit: TypeAlias = Annotated[int, Grammar("limit", PAGE_NUMBER, integer=True, most=500, cut=True)]
Flag: TypeAlias = bool
"""JSON true or false, or the text `true` or `false`, which is named; in a query also `True` and `False`, which
real clients send."""
WordedFlag: TypeAlias = Annotated[bool, Worded()]
"""A flag that a real client sends as text in a body; neither form is named."""
Unsupported: TypeAlias = Annotated[None, Refused()]


class Request(Struct, frozen=True, kw_only=True):
    """Base of request records. A field without a default is required; absent text is "", absent numbers None."""


class Row(Struct, frozen=True, kw_only=True):
    """Base of answer records: values as they go on the wire, decimal text included."""


class Nothing(Request, frozen=True, kw_only=True):
    """The request of an endpoint without parameters."""


class CcyAmount(Request, frozen=True, kw_only=True):
    """One currency and an amount of it, as it stands inside a bigger request."""

    ccy: Ccy
    amt: Amount


class Either(Struct, frozen=True):
    """Parameters of which one must be given: at least one of `names`, else `code`."""

    names: tuple[str, ...]
    code: str = "50015"


Envelope: TypeAlias = Literal["code,data,msg", "code,msg,data"]

READ = Permission.READ
TRADE = Permission.TRADE
SPOT = "1"
"""`acctLv` of Spot mode."""
SPOT_ONLY = (SPOT,)
"""`Endpoint.modes` of what Spot mode alone has."""
MULTI_MODES = ("3", "4")
"""`acctLv` of multi-currency and portfolio margin."""


class Endpoint(Struct, frozen=True, kw_only=True):
    """One method and path. `permission` None is public. Empty `modes` means any account mode.

    `envelope` is the order of the members in the documented example answer. `per_item` endpoints
    answer `sCode`/`sMsg` for each item, with gateway times beside the envelope.
    """

    name: str
    method: Literal["GET", "POST"]
    path: str
    section: str
    title: Doc
    request: type[Request]
    answer: type[Row]
    permission: Permission | None
    limits: tuple[Limit, ...]
    source: Source
    envelope: Envelope = "code,data,msg"
    page: Page | None = None
    modes: tuple[str, ...] = ()
    either: tuple[Either, ...] = ()
    since: str = "2026-01"
    no_body_needed: bool = False
    per_item: bool = False
    expires: bool = False
    """The header `expTime` (Unix ms) is read: after it the request is refused with 50036."""
    batch_max: int = 0
    """Above 0 the body is a list of at most so many requests, each answered by an item of its own."""
    too_many: str = "51111"
    """What answers a batch of more than `batch_max`."""
    single: str = ""
    """Of a batch: the endpoint that takes one of them."""
    bare: bool = False
    """`data` is the one object itself, not a list of it."""
    main_only: bool = False
    """Only keys of main accounts may ask; to those of sub-accounts it is refused with 59500."""


UNSET = msgspec.UNSET
Unset = msgspec.UnsetType
