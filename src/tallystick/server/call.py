"""One request on its way through the pipeline, and how it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tallystick.contract.core import Endpoint
    from tallystick.store.api import KeyRecord
    from tallystick.wire.decode import Remark


class Refused(Exception):
    """A step said no. `details` fill the placeholders of the code's text."""

    def __init__(self, code: str, **details: str) -> None:
        super().__init__(code)
        self.code = code
        self.details = details


class Call:
    """What the steps read and fill in. `headers` has only those named in `headers.HEADERS`, as bytes.

    `timestamp_ms` is what the header says, `now_ms` what the venue's clock says. `key` and `user_id`
    are set once the key was found; they can be trusted only after the signature step.
    """

    __slots__ = (
        "body",
        "endpoint",
        "headers",
        "hints",
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
    ) -> None:
        self.endpoint = endpoint
        self.target = target
        self.query = query
        self.headers = headers
        self.peer = peer
        self.now_ms = now_ms
        self.language = language
        self.body = b""
        self.user_id: int | None = None
        self.record: Any = ()
        """The request record; of a batch the list of what was decoded, `Decoded` or `Fault`."""
        self.sent: Mapping[str, Any] | None = None
        """The values the record was read from; None of a batch, whose items have their own."""
        self.remarks: tuple[Remark, ...] = ()
        """What is odd about how it was sent: with `--strict` a reason to refuse it."""
        self.hints: tuple[str, ...] = ()
        """What may be meant and seldom is: never a reason."""
