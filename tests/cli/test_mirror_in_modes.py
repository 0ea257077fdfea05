"""Mirror of an account in multi-currency margin: a balance below zero is its debt, told once."""

from __future__ import annotations

from tallystick.cli.predicting.facts import Facts
from tallystick.cli.predicting.mirror import mirror_of
from tallystick.engine import ledger
from tallystick.engine.amounts import ONE
from tallystick.engine.kinds import MULTI_CURRENCY
from tallystick.venue.parameters import load_parameters


def test_a_balance_below_zero_is_owed_once() -> None:
    """2 ETH, and 4,002 USDT owed: `cashBal` and `liab` tell the same debt, so equity is -4,002 and not -8,004."""
    coin = {"ordFrozen": "0", "colRes": "0"}
    eth, usdt = {"ccy": "ETH", "cashBal": "2", "liab": "0"}, {"ccy": "USDT", "cashBal": "-4002", "liab": "4002"}
    state = mirror_of(
        Facts(
            at_ms=1_768_899_600_000,
            config={
                "uid": "7",
                "level": "Lv1",
                "acctLv": "3",
                "autoLoan": False,
                "enableSpotBorrow": False,
                "spotBorrowAutoRepay": False,
            },
            balance={"details": [{**coin, **eth}, {**coin, **usdt}]},
            funding=(),
            loans=(),
            instruments=(),
            tickers=(),
            indices=(),
            fees={},
            leverage={},
            collateral=(),
            orders=0,
            books={},
        ),
        load_parameters(),
    )
    assert ledger.equity(state, 7) == {"ETH": 2 * ONE, "USDT": -4_002 * ONE}
    assert ledger.debt(state, 7, "USDT") == 4_002 * ONE
    assert (state.users[7].mode, state.users[7].auto_loan) == (MULTI_CURRENCY, False)
