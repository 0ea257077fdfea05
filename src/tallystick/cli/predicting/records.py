"""Records of predictions, as --dry-run --json prints them. Amounts are decimal text."""

from __future__ import annotations

from msgspec import Struct

from tallystick.cli.frame.request_record import Request


class ExpectedLeg(Struct, frozen=True):
    """An order that the write would place: its bound and size, and how it would fill. `fee` is in `fee_ccy`."""

    inst_id: str
    side: str
    px: str
    sz: str
    fill_px: str
    fill_sz: str
    fee: str
    fee_ccy: str
    state: str


class Change(Struct, frozen=True):
    """A value before and after. `of` is a coin, or the name of a ratio."""

    of: str
    before: str
    after: str


class LoanChange(Struct, frozen=True):
    """A flexible loan before and after; "" where there is none."""

    ord_id: str
    ltv_before: str
    ltv_after: str
    debts: list[Change]
    collateral: list[Change]


class PublicCoin(Struct, frozen=True):
    """What everybody may know of a coin: last price, least order and its step, and the rate of borrowing a day."""

    ccy: str
    last: str
    least_order: str
    step: str
    rate_per_day: str


class Expected(Struct, frozen=True):
    """A write that was not sent: its request, and what it would do.

    `exact`: on a venue whose clock stands still and whose book nobody moves this is what happens, to the last digit;
    else `notes` say why it is an estimate. `refused` is the exchange's code where it would refuse. Without keys only
    `public` is known.
    """

    request: Request
    exact: bool
    notes: list[str]
    refused: str = ""
    reason: str = ""
    status: str = ""
    repaid: str = ""
    legs: list[ExpectedLeg] = []
    trading: list[Change] = []
    funding: list[Change] = []
    debts: list[Change] = []
    margin: list[Change] = []
    loans: list[LoanChange] = []
    public: list[PublicCoin] = []
