"""One request in the pipeline, and its refusals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol, TypeVar

from msgspec import UNSET, Struct

from tallystick.contract.core import Nothing, Request
from tallystick.server.ways import CODES, HTTP, Finding, Way

if TYPE_CHECKING:
    from tallystick.contract.core import Endpoint
    from tallystick.engine.rejects import Fact
    from tallystick.server.reasons import Reason
    from tallystick.store.api import KeyRecord
    from tallystick.wire.decode import Decoded, Fault, Remark

R = TypeVar("R", bound=Request)
NOTHING = Nothing()


class No(Protocol):
    """Refusal of a request by a step, a view, or the reader of its parameters.

    `key` may name a variant of the `code`, such as 51008/pool; `details` fill the placeholders of its text.
    """

    @property
    def key(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def details(self) -> dict[str, str]: ...


class Refused(Exception):
    """Refusal by a step. `details` fill the placeholders of the code's text, `facts` those of the reason."""

    def __init__(self, key: str, **details: str) -> None:
        super().__init__(key)
        self.key = key
        self.code = key.partition("/")[0]
        self.details = details
        self.reason = ""
        self.facts: dict[str, Fact] = {}

    def because(self, **facts: Fact) -> Refused:
        """The same refusal with the facts that decided it."""
        self.facts = facts
        return self


def found(call: Call, finding: Finding, **details: str) -> Refused:
    """Refusal for a finding, with the code of the way the request came."""
    refused = Refused(CODES[finding][call.way.value], **details)
    refused.reason = finding
    return refused


def of_class(record: Request, expected: type[R]) -> R:
    """The record in the class its view expects. Raises TypeError for another class, which is a bug.

    The record was made for the endpoint, and `routes.run_of` has checked that the view takes the endpoint's requests.
    """
    if not isinstance(record, expected):
        raise TypeError(f"{type(record).__name__} is no {expected.__name__}")
    return record


class Call(Struct, eq=False):
    """One request that the steps read and complete. `headers` has only those named in `headers.HEADERS`, as bytes.

    `timestamp_ms` is the time in the header, `now_ms` that of the venue's clock. `key` and `user_id`
    are set once the key was found; they can be trusted only after the signature step.
    """

    endpoint: Endpoint
    headers: dict[bytes, bytes]
    peer: str
    now_ms: int
    way: Way = HTTP
    target: bytes = b""
    """Path and query as they came, of a request over HTTP or a login."""
    query: bytes = b""
    """The query alone."""
    language: str = "en"
    skew_ms: int = 0
    """Lead of the server's clock that a fault pretends to the check of the timestamp."""
    turn_ms: int | None = None
    """Time of a turn at the venue that has come with the request; None where the turn is to be awaited."""
    timestamp_ms: int = 0
    key: KeyRecord = UNSET  # type: ignore[assignment]
    user_id: int | None = None
    body: bytes = b""
    args: object = None
    """List of an operation over a WebSocket; requests over HTTP have a body instead."""
    body_passed_over: bool = False
    """True if there was a body that is not read."""
    record: Request = NOTHING
    """Request record; a batch has `items` instead."""
    items: list[Decoded | Fault] = []
    sent: Mapping[str, object] | None = None
    """Values the record was read from; None for a batch, whose items have their own."""
    remarks: tuple[Remark, ...] = ()
    """Remarks on how it was sent: with `--strict` a reason to refuse it."""
    reasons: tuple[Reason, ...] = ()
    """Reasons of what was refused: one, or one for each refused order of a list."""
    hints: tuple[str, ...] = ()
    """Hints on parameters that are rarely intended: never a reason to refuse it."""
