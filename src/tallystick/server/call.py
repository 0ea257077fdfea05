"""One request on its way through the pipeline, and how it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol, TypeVar

from tallystick.contract.core import Nothing, Request
from tallystick.server.ways import CODES, Finding, Way

if TYPE_CHECKING:
    from tallystick.contract.core import Endpoint
    from tallystick.store.api import KeyRecord
    from tallystick.wire.decode import Decoded, Fault, Remark

R = TypeVar("R", bound=Request)
NOTHING = Nothing()


class No(Protocol):
    """Whatever says no to a request: a step, a view, or what reads its parameters.

    `key` may name a variant of the `code`, such as 51008/pool; `details` fill the placeholders of its text.
    """

    @property
    def key(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def details(self) -> dict[str, str]: ...


class Refused(Exception):
    """A step said no. `details` fill the placeholders of the code's text."""

    def __init__(self, key: str, **details: str) -> None:
        super().__init__(key)
        self.key = key
        self.code = key.partition("/")[0]
        self.details = details


def found(call: Call, finding: Finding, **details: str) -> Refused:
    """A step's no, in the code of the way the request came."""
    return Refused(CODES[finding][call.way.value], **details)


def of_class(record: Request, expected: type[R]) -> R:
    """The record as its view knows it. The record was made for the endpoint, and the view takes the endpoint's requests
    (`app.Route` has compared the two): another one is a bug."""
    if not isinstance(record, expected):
        raise TypeError(f"{type(record).__name__} is no {expected.__name__}")
    return record


class Call:
    """What the steps read and fill in. `headers` has only those named in `headers.HEADERS`, as bytes.

    `timestamp_ms` is what the header says, `now_ms` what the venue's clock says. `key` and `user_id`
    are set once the key was found; they can be trusted only after the signature step.
    """

    __slots__ = (
        "args",
        "body",
        "body_passed_over",
        "endpoint",
        "headers",
        "hints",
        "items",
        "key",
        "language",
        "now_ms",
        "peer",
        "query",
        "record",
        "remarks",
        "sent",
        "target",
        "timestamp_ms",
        "user_id",
        "way",
    )

    key: KeyRecord
    timestamp_ms: int

    def __init__(
        self,
        endpoint: Endpoint,
        target: bytes,
        query: bytes,
        headers: dict[bytes, bytes],
        peer: str,
        now_ms: int,
        language: str,
        way: Way = Way.HTTP,
    ) -> None:
        self.endpoint = endpoint
        self.target = target
        self.query = query
        self.headers = headers
        self.peer = peer
        self.now_ms = now_ms
        self.language = language
        self.way = way
        self.body = b""
        self.args: object = None
        """The list beside an operation over a WebSocket; requests over HTTP have a body."""
        self.body_passed_over = False
        """There was one that nobody reads."""
        self.user_id: int | None = None
        self.record: Request = NOTHING
        """The request record; of a batch `items` instead."""
        self.items: list[Decoded | Fault] = []
        self.sent: Mapping[str, object] | None = None
        """The values the record was read from; None of a batch, whose items have their own."""
        self.remarks: tuple[Remark, ...] = ()
        """What is odd about how it was sent: with `--strict` a reason to refuse it."""
        self.hints: tuple[str, ...] = ()
        """What may be meant and seldom is: never a reason."""
