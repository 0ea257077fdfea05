"""Resuming: intents that a crash or a standing clock left behind are reconciled. Nothing is sent again."""

from __future__ import annotations

from typing import Final

from tallystick.client.flows import Flow, Session
from tallystick.client.safe import by_hand, converting, intents, loans, one_click
from tallystick.client.safe.exact import ZERO
from tallystick.client.safe.intents import Ended, Intent
from tallystick.client.safe.outcomes import UnknownOutcome

DAMAGED: Final = (
    "The file {name}.intent cannot be read: it is damaged, or of a later version. Look at the histories and the debt"
    " yourself, then remove it; until then nothing of this kind and currency is sent."
)
"""`repaid` of such an outcome is zero because no run is known."""


def resume(session: Session, wait_s: float) -> Flow[list[Ended]]:
    """Outcomes of all intents of this key, in the order of their names. A damaged one ends in UnknownOutcome.

    An outcome that was known before a crash is told as it was read then.
    """
    until = session.clock.monotonic() + wait_s
    found: list[Ended] = []
    for name, intent in (yield from intents.waiting(session)):
        if intent is None:
            found.append(UnknownOutcome(repaid=ZERO, left=None, note=DAMAGED.format(name=name), intent=name))
            continue
        found.append((yield from settle(session, name, intent, until)))
    return found


def settle(session: Session, name: str, intent: Intent, until: float) -> Flow[Ended]:
    """Outcome of one intent: the one it has already, or what is known by `until` (monotonic, s)."""
    if (said := intents.told(intent)) is not None:
        yield from intents.tell(name, intent, said)
        return said
    match intent.what:
        case "repay":
            return (yield from one_click.settle(session, name, intent, until))
        case "repay_spot":
            return (yield from by_hand.settle(session, name, intent, until))
        case "convert":
            return (yield from converting.settle(session, name, intent, until))
        case "repay_loan":
            return (yield from loans.settle(session, name, intent, until))
