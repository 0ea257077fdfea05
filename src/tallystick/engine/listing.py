"""Listing of coins and pairs while the venue runs: its command, its event, its refusals and its effect.

A listing adds rows to the tables of the parameters; it changes and removes none. The pool of a new coin is full and
nothing of it is lent out, as at a start. A new pair has no price until one is set or recorded (decisions/048).
"""

from __future__ import annotations

import re
from typing import Final

from msgspec.structs import replace

from tallystick.engine import ledger, rates, settings, transient
from tallystick.engine.commands import Command, Setting
from tallystick.engine.events import Event
from tallystick.engine.parameters import (
    AMOUNT_MOST,
    CURRENCIES,
    INSTRUMENTS,
    LEVERS,
    Currency,
    Instrument,
    Parameters,
    Row,
    path_of,
)
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.state import State
from tallystick.engine.work import Stamp, Work, applies

ROWS_MAX: Final = 1_000
"""Most coins, and most pairs, that a venue lists."""
COIN_FORM: Final = re.compile("[A-Z0-9]{1,16}", re.ASCII)
NAME_MAX: Final = 64
TIME_MOST: Final = 10**15


class ListCoins(Command, frozen=True, kw_only=True):
    """List new coins and pairs: all of these, or none."""

    currencies: tuple[Currency, ...] = ()
    instruments: tuple[Instrument, ...] = ()


class CoinsListed(Event, frozen=True, kw_only=True):
    """Coins and pairs were listed; lenders filled the pools of the coins."""

    currencies: tuple[Currency, ...] = ()
    instruments: tuple[Instrument, ...] = ()


def list_coins(work: Work, command: ListCoins) -> None:
    """List coins and pairs, all of them or none.

    Rejects: LISTING_IMPOSSIBLE (coin by coin, then pair by pair: its name, what is there already, what a pair lacks),
    then PARAMETER_OUT_OF_RANGE for each number of the new rows, then PARAMETERS_DISAGREE. Emits: CoinsListed.
    """
    parameters = work.state.parameters
    _require_names(parameters, command)
    listed = with_rows(parameters, command.currencies, command.instruments)
    for pair in command.instruments:
        _require_pair(listed, pair)
    for coin in command.currencies:
        _require_numbers(listed, CURRENCIES, coin.ccy, coin)
    for pair in command.instruments:
        _require_numbers(listed, INSTRUMENTS, pair.instrument, pair)
    settings.require_agreement(listed)
    if command.currencies or command.instruments:
        work.emit(CoinsListed(currencies=command.currencies, instruments=command.instruments))


def with_rows(
    parameters: Parameters, currencies: tuple[Currency, ...], instruments: tuple[Instrument, ...]
) -> Parameters:
    """Parameters with these rows behind those that are there."""
    return replace(
        parameters,
        currencies={**parameters.currencies, **{coin.ccy: coin for coin in currencies}},
        instruments={**parameters.instruments, **{pair.instrument: pair for pair in instruments}},
    )


def _refuse(row: str, because: str) -> Rejected:
    no = Rejected(Reject.LISTING_IMPOSSIBLE, row=row[:NAME_MAX], because=because)
    return no.because(row=row[:NAME_MAX], rule=because)


def _require_names(parameters: Parameters, command: ListCoins) -> None:
    """Require names of the right form that are new. Rejects: LISTING_IMPOSSIBLE."""
    coins = [coin.ccy for coin in command.currencies]
    pairs = [pair.instrument for pair in command.instruments]
    for name in coins:
        if not COIN_FORM.fullmatch(name):
            raise _refuse(name, "a coin's name is 1 to 16 capital letters and digits")
    for names, known in ((coins, parameters.currencies), (pairs, parameters.instruments)):
        for name in names:
            if name in known or names.count(name) > 1:
                raise _refuse(name, "it is listed already" if name in known else "it is named twice")
        if len(names) + len(known) > ROWS_MAX:
            raise _refuse(names[-1], f"a venue lists at most {ROWS_MAX}")


def _require_pair(listed: Parameters, pair: Instrument) -> None:
    """Require that both coins of a pair are there, and that the engine can price by it. Rejects: LISTING_IMPOSSIBLE."""
    name, base, quote = pair.instrument, pair.base_ccy, pair.quote_ccy
    quotes = (listed.transit_ccy, listed.bridge_ccy)
    if name != f"{base}-{quote}" or base == quote:
        raise _refuse(name, f"a pair of {base} and {quote} is called {base}-{quote}, of two coins")
    for coin in (base, quote):
        if coin not in listed.currencies:
            raise _refuse(name, f"there is no coin {coin}")
    if quote not in quotes or base == listed.transit_ccy:
        raise _refuse(name, f"a pair is quoted in {' or '.join(quotes)}, and {listed.transit_ccy} is no base")
    if f"{quote}-{base}" in listed.instruments:
        raise _refuse(name, f"{quote}-{base} is the same pair the other way round")


def _require_numbers(listed: Parameters, table: str, row: str, record: Row) -> None:
    """Require each number in the range it can be changed in, and positive steps. Rejects: PARAMETER_OUT_OF_RANGE."""
    for field, lever in LEVERS[table].items():
        value = getattr(record, field)
        if not lever.fixed:
            settings.require_possible(listed, Setting(table=table, row=row, field=field, value=value))
            continue
        least, most = {"listed_at_ms": (0, TIME_MOST), "pool": (0, AMOUNT_MOST)}.get(field, (1, AMOUNT_MOST))
        size = len(value) if isinstance(value, str) else value
        most = NAME_MAX if isinstance(value, str) else most
        if not least <= size <= most:
            path = path_of(table, row, field)
            no = Rejected(Reject.PARAMETER_OUT_OF_RANGE, parameter=path)
            raise no.because(parameter=path, least=str(least), most=str(most))


@applies(CoinsListed)
def _coins_listed(state: State, stamp: Stamp, event: CoinsListed) -> None:
    state.parameters = with_rows(state.parameters, event.currencies, event.instruments)
    for coin in event.currencies:
        if coin.pool:
            ledger.post(state, coin.ccy, ("pool", coin.pool), ("outside", -coin.pool))
        state.rates[coin.ccy] = [(state.hour_ms, rates.now(state, coin.ccy))]
    transient.of(state).everybody = True
