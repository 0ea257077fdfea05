"""Resuming: intents that a crash or a standing clock left behind are reconciled. Nothing is sent again."""

from __future__ import annotations

from tallystick.client.flows import Flow, Session
from tallystick.client.safe import by_hand, converting, intents, loans, one_click
from tallystick.client.safe.settling import Ended


def resume(session: Session, wait_s: float) -> Flow[list[Ended]]:
    """Outcomes of all intents of this key, oldest name first."""
    until = session.clock.monotonic() + wait_s
    found: list[Ended] = []
    for name, intent in (yield from intents.waiting(session)):
        match intent.what:
            case "repay":
                found.append((yield from one_click.settle(session, name, intent, until)))
            case "repay_spot":
                found.append((yield from by_hand.settle(session, name, intent, until)))
            case "convert":
                found.append((yield from converting.settle(session, name, intent, until)))
            case "repay_loan":
                found.append((yield from loans.settle(session, name, intent, until)))
    return found
