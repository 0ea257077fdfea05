"""Intents: what is about to be asked for, written down and synced before it is sent, until its outcome is known.

    keep (written, synced) -> sent -> reconciled -> dropped

An intent says what was asked for, until when the request can be accepted, and what the history held before. It holds
no key. One may be open for each account, kind and currency, so that two requests of one's own are never confused.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, Literal, TypeAlias
from urllib.parse import quote

import msgspec
from msgspec import Struct

from tallystick.client.errors import IntentOpen, NotSent
from tallystick.client.flows import Flow, Session
from tallystick.client.hosts import HOSTS
from tallystick.client.steps import Drop, Keep, Kept, ListKept

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


class Intent(Struct, frozen=True, kw_only=True):
    """`at_ms` and `signed_by_ms` bound the time of the request, on the exchange's clock.

    `asked` is what was asked for. `debt` was owed before. `before` counts the rows of the history by time, or names
    the newest, whichever tells new rows from old. `client_id` is the client number where the request has one, and
    tells this intent from any other.
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

    @property
    def closes_at_ms(self) -> int:
        """From then on the request cannot be accepted any more."""
        return self.signed_by_ms + WINDOW_MS

    def text(self, name: str) -> str:
        value = self.asked[name]
        return value if isinstance(value, str) else ",".join(value)


def closed(session: Session, intent: Intent, clock_ms: int) -> bool:
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
    """The outcome is known. A file that cannot be removed is found again by `resume`, and means the same then."""
    yield Drop(name, intent.client_id)


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
    return intent if whole and intent.client_id else None
