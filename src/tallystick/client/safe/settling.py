"""The loop that all kinds share: read until the outcome is known, the clock stands still, or time is up."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from tallystick.client.clock import from_ms
from tallystick.client.errors import ClientError, Refused
from tallystick.client.flows import Flow, Session
from tallystick.client.safe import intents, reading
from tallystick.client.safe.exact import ZERO, total
from tallystick.client.safe.intents import Ended, Intent
from tallystick.client.safe.outcomes import NotRepaid, Outcome, Run, StillRunning, UnknownOutcome
from tallystick.client.steps import Wait

EVERY_S: Final = 2.1
"""Time between two looks at a history whose limit is one in two seconds."""
UNPACED_EVERY_S: Final = 0.5
STANDS: Final = "The exchange's clock stands still: advance the venue's clock, then call resume()."
COPY: Final = " A copy of the request that the network made could still be accepted until {until:%H:%M:%S} UTC."
LATER: Final = "Call resume() later: it reads on and sends nothing."


class Look(Struct, frozen=True):
    """Result of one reading of the histories: the runs so far, and the outcome where it is known."""

    runs: tuple[Run, ...]
    outcome: Ended | None = None


Reader = Callable[[int], Flow[Look]]
"""Reads histories after the exchange's clock was read, which is its argument (ms)."""


def surely_absent(session: Session, read: Callable[[], Flow[tuple[Any, ...]]], times: int) -> Flow[bool]:
    """True where a history lacks the run at each of several readings: an answer without its rows looks the same."""
    for _ in range(times):
        if session.paced:
            yield Wait(EVERY_S)
        if (yield from read()):
            return False
    return True


def still(read: Callable[[], Flow[tuple[Run, ...]]], runs: tuple[Run, ...]) -> Flow[bool]:
    """True where the history has the same runs as before: what is left was read in between, and belongs to them."""
    return (yield from read()) == runs


def with_bills(session: Session, outcome: Ended, ccy: str, kind: tuple[str, str], since_ms: int) -> Flow[Ended]:
    """The outcome, with a note where the bills that can be read show less than the history has."""
    billed = yield from reading.billed(session, ccy, kind, since_ms)
    if billed is None or not isinstance(outcome, Outcome) or billed >= outcome.repaid:
        return outcome
    return replace(outcome, note=f"{outcome.note} The bills show {billed:f} of it so far.".strip())


def refused_or_late(
    session: Session, intent: Intent, refused: Refused | None, left: Decimal, clock_ms: int
) -> NotRepaid:
    """The outcome of a request that no history has: it was refused, or did not arrive in its time."""
    if refused is None:
        note = "The request did not arrive in time, and can no longer be accepted."
        return NotRepaid(repaid=ZERO, left=left, note=note)
    note = str(refused)
    if not intents.closed(session, intent, clock_ms):
        note += COPY.format(until=from_ms(intent.closes_at_ms))
    return NotRepaid(repaid=ZERO, left=left, note=note, code=refused.code)


def settle(
    session: Session, kept: tuple[str, Intent], reader: Reader, until: float, *, where: str, why: str = ""
) -> Flow[Ended]:
    """The outcome, `StillRunning` or `UnknownOutcome`. `until` is on the monotonic clock (s). Moves nothing.

    `where` says what to look at if nothing can be read. An outcome that is known takes the place of the intent.
    """
    name, intent = kept
    seen_ms: int | None = None
    runs: tuple[Run, ...] = ()
    readable = False
    while True:
        clock_ms: int | None = None
        try:
            clock_ms = yield from reading.exchange_ms(session)
            look = yield from reader(clock_ms)
            runs, readable = look.runs, True
            if look.outcome is not None:
                yield from intents.tell(name, intent, look.outcome)
                return look.outcome
        except ClientError as error:
            readable, why = False, str(error)
        repaid = total(run.repaid for run in runs)
        if readable and clock_ms is not None and clock_ms == seen_ms:
            return StillRunning(repaid=repaid, left=None, runs=runs, note=STANDS, intent=name)
        seen_ms = clock_ms if readable else seen_ms
        pause = EVERY_S if session.paced else UNPACED_EVERY_S
        if session.clock.monotonic() + pause >= until:
            if readable:
                return StillRunning(repaid=repaid, left=None, runs=runs, note=LATER, intent=name)
            note = f"Look at {where} before you ask again; resume() tries again. Last: {why}"
            return UnknownOutcome(repaid=repaid, left=None, runs=runs, note=note, intent=name)
        yield Wait(pause)
