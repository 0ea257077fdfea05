"""Intents: what is about to be asked for, written down and synced before it is sent, until its outcome is known.

    keep (written, synced) -> sent -> reconciled -> told (the outcome in its place) -> removed at the next call

An intent says what was asked for, until when the request can be accepted, and what the history held before. It holds
no key. One may be open for each account, kind and currency, so that two requests of one's own are never confused.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, Literal, Protocol, TypeAlias
from urllib.parse import quote

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from tallystick.client.clock import LAST_MS
from tallystick.client.errors import IntentOpen, NotSent
from tallystick.client.flows import Flow, Session
from tallystick.client.hosts import HOSTS
from tallystick.client.safe.outcomes import (
    Converted,
    NotConverted,
    NotRepaid,
    Outcome,
    PartlyRepaid,
    Repaid,
    StillRunning,
    UnknownOutcome,
)
from tallystick.client.steps import Drop, Keep, Kept, ListKept, Tell

VERSION: Final = 1
WINDOW_MS: Final = 30_000
"""How far a timestamp may be from the exchange's clock (documented)."""
SLACK_MS: Final = 2_000
"""How far the exchange's own times of one request may be apart: acknowledgement and history differ by some ms."""

UNDER_WAY_MS: Final = 630_000

What: TypeAlias = Literal["repay", "repay_spot", "convert", "repay_loan"]
ASKED: Final[dict[What, frozenset[str]]] = {
    "repay": frozenset({"debt", "using"}),
    "repay_spot": frozenset({"ccy", "amt"}),
    "convert": frozenset({"sell", "buy", "amt"}),
    "repay_loan": frozenset({"ord_id", "ccy", "amt"}),
}
"""Fields of a request that an intent of each kind keeps."""


Ended: TypeAlias = Outcome | Converted | NotConverted
ENDED: Final[dict[str, type[Ended]]] = {
    kind.__name__: kind
    for kind in (Repaid, PartlyRepaid, NotRepaid, StillRunning, UnknownOutcome, Converted, NotConverted)
}


class Said(Struct, frozen=True):
    """An outcome as it is kept, and the name of its kind."""

    kind: str
    outcome: msgspec.Raw


class Intent(Struct, frozen=True, kw_only=True):
    """`at_ms` and `signed_by_ms` bound the time of the request, on the exchange's clock.

    `asked` is what was asked for. `debt` was owed before. `before` counts the rows of the history by time, or names
    the newest, whichever tells new rows from old. `client_id` is the client number where the request has one, and
    tells this intent from any other. `said` is the outcome, from when it is known until its caller has it.
    """

    version: int = VERSION
    what: What
    url: str
    at_ms: int
    signed_by_ms: int
    asked: dict[str, str | list[str]]
    debt: str = "0"
    before: dict[str, int] = {}
    client_id: str
    said: Said | None = None

    @property
    def closes_at_ms(self) -> int:
        """From then on the request cannot be accepted any more."""
        return self.signed_by_ms + WINDOW_MS

    def text(self, name: str) -> str:
        value = self.asked[name]
        return value if isinstance(value, str) else ",".join(value)


class Bounded(Protocol):
    """A request whose time is bounded, on the exchange's clock."""

    @property
    def at_ms(self) -> int: ...

    @property
    def closes_at_ms(self) -> int: ...


def closed(session: Session, intent: Bounded, clock_ms: int) -> bool:
    """True where the request of an intent can no longer be accepted, by an exchange whose clock is `clock_ms`.

    A venue also takes timestamps of its machine's own clock; no request is under way for longer than ten minutes.
    """
    if clock_ms <= intent.closes_at_ms:
        return False
    wall_ms = session.clock.wall_ms()
    return session.host.name in HOSTS or wall_ms > intent.closes_at_ms or wall_ms + UNDER_WAY_MS < intent.at_ms


def name_of(session: Session, what: What, ccy: str) -> str:
    """Name of the intent: of this key, kind and currency."""
    owner = session.key.fingerprint if session.key else "nobody"
    return f"{owner}.{what}.{quote(ccy, safe='')}"


def keep(name: str, intent: Intent) -> Flow[None]:
    """Write the intent down and sync it. Raises IntentOpen where one of that name waits, NotSent where it fails."""
    result = yield Keep(name, msgspec.json.encode(intent))
    if not isinstance(result, Kept):
        raise TypeError(f"a file was asked for and {type(result).__name__} given")
    if result.there:
        raise IntentOpen(
            "An earlier request of this kind and currency has no known outcome yet.",
            hint=f"Call resume() first: it says what became of it. It stands in {result.place}."
            if result.place
            else "Call resume() first: it says what became of it.",
        )
    if result.failed:
        raise NotSent(f"The intent could not be written ({result.failed}), so that nothing was sent.", retry=False)


def drop(name: str, intent: Intent) -> Flow[None]:
    """Remove the intent: nothing was sent. A file that cannot be removed is found again by `resume`."""
    yield Drop(name, intent.client_id)


def tell(name: str, intent: Intent, outcome: Ended) -> Flow[None]:
    """Keep the outcome in place of the intent, so that a crash before it is returned loses nothing.

    Where that fails the intent stays, and `resume` comes to the same outcome.
    """
    kept = replace(outcome, plan=None) if isinstance(outcome, Outcome) else outcome
    said = Said(type(outcome).__name__, msgspec.Raw(msgspec.json.encode(kept)))
    yield Tell(name, intent.client_id, msgspec.json.encode(replace(intent, said=said)))


def told(intent: Intent) -> Ended | None:
    """The outcome that an intent already has; None where it has none that can be read."""
    if intent.said is None or intent.said.kind not in ENDED:
        return None
    try:
        return msgspec.json.decode(intent.said.outcome, type=ENDED[intent.said.kind])
    except msgspec.DecodeError:
        return None


def waiting(session: Session) -> Flow[list[tuple[str, Intent | None]]]:
    """Intents of this key whose outcome is not known, by name; None for a file that is damaged or of a later version.

    Raises NotSent where the files cannot be read.
    """
    result = yield ListKept()
    if not isinstance(result, Kept):
        raise TypeError(f"files were asked for and {type(result).__name__} given")
    if result.failed:
        raise NotSent(f"The intents could not be read ({result.failed}).", retry=False)
    owner = session.key.fingerprint if session.key else "nobody"
    found: list[tuple[str, Intent | None]] = []
    for name, content in result.files:
        if name.startswith(f"{owner}."):
            intent = _read(content)
            if intent is None or intent.url == session.host.url:
                found.append((name, intent))
    return found


def _read(content: bytes) -> Intent | None:
    try:
        intent = msgspec.json.decode(content, type=Intent)
        Decimal(intent.debt)
    except (msgspec.DecodeError, ArithmeticError):
        return None
    whole = intent.version == VERSION and set(intent.asked) >= ASKED[intent.what]
    whole = whole and 0 <= intent.at_ms < LAST_MS and 0 <= intent.signed_by_ms < LAST_MS - WINDOW_MS
    return intent if whole and intent.client_id else None
