"""Public lending rates of the pools: the last day's mean, the present, the next, and the history by hour."""

from __future__ import annotations

import functools

import msgspec
from msgspec.structs import replace

from tallystick.contract import savings as contract
from tallystick.contract.core import UNSET
from tallystick.contract.surface import FIRST
from tallystick.engine import ledger, rates
from tallystick.engine.amounts import ONE, cut, mul_down, unit_of
from tallystick.engine.state import State
from tallystick.store.api import HistoryRow
from tallystick.views.core import Caller, PublicPageView, QueryView, View, amount
from tallystick.views.tables import LENDING_RATES
from tallystick.views.trades import NOBODY

RATE_UNIT = unit_of(16)
LENDERS_UNIT = unit_of(4)
"""Unit of the lenders' rate: four decimals (observed: 0.0016)."""
DAY_HOURS = 24
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(contract.LendingRateHistoryRow).decode


def summary(
    state: State, request: contract.LendingRateSummary, caller: Caller
) -> tuple[contract.LendingRateSummaryRow, ...]:
    """Rates of every currency, or of the one asked for. Rejects: UNKNOWN_CCY."""
    _known(state, request, caller)
    return tuple(
        contract.LendingRateSummaryRow(
            ccy=ccy,
            avgRate=_text(rates.mean(state, ccy, DAY_HOURS)),
            preRate=_text(rates.in_force(state, ccy)),
            estRate=_text(rates.now(state, ccy)),
        )
        for ccy in state.parameters.currencies
        if request.ccy in ("", ccy)
    )


def _text(rate: int) -> str:
    return amount(cut(rate, RATE_UNIT))


def _known(state: State, request: contract.LendingRateSummary | contract.LendingRateHistory, caller: Caller) -> str:
    """Currency asked for, "" for all. Rejects: UNKNOWN_CCY."""
    if request.ccy:
        ledger.require_ccy(state, request.ccy)
    return request.ccy


# ---- hour by hour


def opening_rows(state: State) -> list[HistoryRow]:
    """Rows of the hour in which the venue began; every later hour has an event that writes them."""
    return rows_of_hour(state, state.hour_ms)


def rows_of_hour(state: State, hour_ms: int) -> list[HistoryRow]:
    """One row per pool for the hour that begins: the rate in force, and the part of it that the lenders earn."""
    return [
        LENDING_RATES.row(NOBODY, hour_ms, -place, _row(state, ccy, hour_ms), ccy=ccy)
        for place, ccy in enumerate(state.parameters.currencies)
    ]


def _row(state: State, ccy: str, hour_ms: int) -> contract.LendingRateHistoryRow:
    """Row of a pool. Interest on the coins lent out is shared by all coins of the pool (chosen: decisions/025)."""
    used = min(rates.usage(state, ccy), ONE)
    rate, earned = _told(rates.in_force(state, ccy), used, state.parameters.lender_share)
    return contract.LendingRateHistoryRow(ccy=ccy, rate=rate, lendingRate=earned, ts=str(hour_ms))


@functools.lru_cache(maxsize=1024)
def _told(rate: int, used: int, share: int) -> tuple[str, str]:
    """Text of a rate and of the part of it that lenders earn; kept, as a pool tells the same for many hours."""
    earned = mul_down(mul_down(rate, used), share)
    return _text(rate), amount(cut(earned, LENDERS_UNIT))


def _hour(body: bytes) -> int:
    return int(_decode(body).ts)


def _shown(body: bytes, surface: str) -> bytes:
    """Row as the surface has it: `lendingRate` came after the default one."""
    return _encode(replace(_decode(body), lendingRate=UNSET)) if surface == FIRST else body


VIEWS: dict[str, View] = {
    "lending_rate_summary": QueryView(contract.LendingRateSummary, summary),
    "lending_rate_history": PublicPageView(contract.LendingRateHistory, LENDING_RATES, _known, _hour, _shown),
}
