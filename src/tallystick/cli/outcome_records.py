"""Records of outcomes and plans, as --json prints them. Amounts are decimal text."""

from __future__ import annotations

from msgspec import Struct


class ToldLeg(Struct, frozen=True):
    """An order of a run, or of a plan, with its fee there."""

    inst_id: str
    side: str
    px: str
    sz: str
    fill_px: str
    fill_sz: str
    fee: str
    state: str


class ToldRun(Struct, frozen=True):
    """A run, a repayment or a trade as the exchange's history has it."""

    at: str
    status: str
    repaid: str
    legs: list[ToldLeg]


class ToldPlan(Struct, frozen=True):
    """Expected course of a one-click repay by the last prices; `left_at_most` if every leg fills at its bound."""

    debt: str
    direct: str
    brings: dict[str, str]
    legs: list[ToldLeg]
    fees: str
    left: str
    left_at_most: str
    dust: list[str]
    margin_before: str
    margin_after: str


class ToldOutcome(Struct, frozen=True):
    """Outcome of a repayment or a conversion. `left` is "" where it could not be read.

    `outcome` is repaid, partly_repaid, not_repaid, still_running, unknown, converted or not_converted. `sold` and
    `bought` are of conversions. `intent` names the file that waits for `tally repay --resume`.
    """

    outcome: str
    repaid: str = ""
    left: str = ""
    sold: str = ""
    bought: str = ""
    runs: list[ToldRun] = []
    note: str = ""
    code: str = ""
    intent: str = ""
    plan: ToldPlan | None = None


class Resumed(Struct, frozen=True):
    """Outcomes of all requests that were left without one."""

    outcomes: list[ToldOutcome]
