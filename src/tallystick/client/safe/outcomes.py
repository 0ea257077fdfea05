"""Outcomes of a repayment, a conversion or a loan's repayment."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from msgspec import Struct


class Leg(Struct, frozen=True):
    """One order of a run, or of a plan. `px` is its bound; `fill_px` and `fill_sz` are None without a fill.

    The `fee` of a plan is in the coin that the leg brings in.
    """

    inst_id: str
    side: str
    px: Decimal
    sz: Decimal
    fill_px: Decimal | None = None
    fill_sz: Decimal | None = None
    fee: Decimal | None = None
    state: str = ""


class Run(Struct, frozen=True):
    """One run, repayment or trade as the exchange's history has it. `repaid` is in the debt's currency."""

    at: datetime
    status: str
    repaid: Decimal
    legs: tuple[Leg, ...] = ()


class Plan(Struct, frozen=True):
    """Expected course of a repayment, by the prices of the moment. Amounts in the debt's currency.

    `brings` are the listed coins with what each brings in, at the last prices; `direct` is what the debt's own coin
    repays at once. `left` is expected to remain, `left_at_most` if every leg fills at its bound. `dust` names listed
    coins that cannot be used, and why. `margin_before` and `margin_after` are margin ratios, None where the account
    has none.
    """

    debt: Decimal
    direct: Decimal
    brings: tuple[tuple[str, Decimal], ...]
    legs: tuple[Leg, ...]
    fees: Decimal
    left: Decimal
    left_at_most: Decimal
    dust: tuple[str, ...] = ()
    margin_before: Decimal | None = None
    margin_after: Decimal | None = None


class Outcome(Struct, frozen=True, kw_only=True):
    """Base of outcomes: what was `repaid` by the `runs` of this request, and what was `left` when it was read.

    `left` is None where it could not be read. `note` says what else there is to know or to do, `intent` is the name of
    the intent that waits for `resume()`, "" where nothing waits.
    """

    repaid: Decimal
    left: Decimal | None
    runs: tuple[Run, ...] = ()
    note: str = ""
    intent: str = ""
    plan: Plan | None = None


class Repaid(Outcome, frozen=True, kw_only=True):
    """Nothing was left when it was read, interest included."""


class PartlyRepaid(Outcome, frozen=True, kw_only=True):
    """A part was repaid; `note` has the way to the rest."""


class NotRepaid(Outcome, frozen=True, kw_only=True):
    """Nothing was repaid: the request was refused, with the exchange's `code`, or can no longer be carried out."""

    code: str = ""


class StillRunning(Outcome, frozen=True, kw_only=True):
    """Not decided yet: the run is under way, or the request could still be accepted. `resume()` goes on."""


class UnknownOutcome(Outcome, frozen=True, kw_only=True):
    """Nobody can say; `note` says what to look at. `resume()` tries again."""


class Converted(Struct, frozen=True, kw_only=True):
    """Conversion that was carried out: `sold` of one coin, `bought` of the other, over all `trades` of the request."""

    sold: Decimal
    bought: Decimal
    trades: int
    note: str = ""


class NotConverted(Struct, frozen=True, kw_only=True):
    """Conversion that was not carried out, and no longer can be."""

    note: str
    code: str = ""
