"""Events of faults: what was injected, when it was met, and what it did."""

from __future__ import annotations

from tallystick.engine.commands import FaultRule
from tallystick.engine.events import Event
from tallystick.engine.kinds import Account


class FaultInjected(Event, frozen=True, kw_only=True):
    rule: FaultRule


class FaultsCleared(Event, frozen=True, kw_only=True):
    fault_ids: tuple[int, ...]


class FaultMet(Event, frozen=True, kw_only=True):
    """An occasion met a fault, which `fired` or let it pass."""

    fault_id: int
    fired: bool


class CommandRefused(Event, frozen=True, kw_only=True):
    """A fault refused the command of this entry, which did nothing. `reason` names a `rejects.Reject`.

    `ccy` is the coin that the command is about, for the text of the refusal.
    """

    reason: str
    ccy: str


class RepayHeld(Event, frozen=True, kw_only=True):
    """A one-click run waits before a leg: until `until_ms`, or if that is 0 until fault `held_by` is cleared."""

    user_id: int
    leg: int
    held_by: int
    until_ms: int


class InterestPutOff(Event, frozen=True, kw_only=True):
    """The interest of a user's spot debts for the hour that ends at `hour_ms` is worked out, and booked later."""

    user_id: int
    hour_ms: int
    until_ms: int


class InterestBooked(Event, frozen=True, kw_only=True):
    """Interest that was put off was booked."""

    user_id: int
    ccys: tuple[str, ...]


class QuoteCutShort(Event, frozen=True, kw_only=True):
    """A quote ends at `expires_at_ms`, before the time its user was told."""

    quote_id: str
    expires_at_ms: int


class EasyConvertFailed(Event, frozen=True, kw_only=True):
    """A small balance was to be converted, and was not; the amounts are those it was accepted with."""

    user_id: int
    account: Account
    source_ccy: str
    target_ccy: str
    source_amount: int
    target_amount: int
