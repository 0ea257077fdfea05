"""Truth about one call, from the venue's own journal and books, beside every answer that a client reads."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from tallystick.engine import commands as c
from tallystick.engine import events as e
from tallystick.engine import ledger
from tallystick.engine.journaled import AnyCommand, AnyEvent
from tallystick.testing.kit.journal import decimal
from tallystick.venue.entries import read
from tests.safe_repay.accounts import Account, Call
from tests.safe_repay.network import Network

NOTHING: Final = Decimal(0)


class Truth:
    """What was accepted, repaid, sold and bought for one call since it began, and each debt there was meanwhile.

    `accepted` has the venue's time of each command. `debts` are pairs of what was repaid and what was owed then.
    """

    def __init__(self, net: Network, account: Account, call: Call) -> None:
        self.net = net
        self.user_id = account.user_id
        self.call = call
        self.accepted: list[int] = []
        self.repaid = self.sold = self.bought = NOTHING
        self.debts: list[tuple[Decimal, Decimal]] = []
        self._seq = net.venue.line.state.seq
        self.look()
        net.after_each = self.look

    def look(self) -> None:
        """Follow the journal to its end."""
        for entry in self.net.venue.store.entries(self._seq):
            self._seq = entry.seq
            command, events = read(entry)
            if self._is_call(command):
                self.accepted.append(entry.at_ms)
            for event in events:
                self._follow(event)
        now = (self.repaid, self.owed())
        if not self.debts or self.debts[-1] != now:
            self.debts.append(now)

    def owed(self) -> Decimal:
        """What is owed now, with the interest of this second."""
        state, call = self.net.venue.line.state, self.call
        if call.method == "repay_loan":
            loan = state.loans.get(call.loan_id)
            return decimal(ledger.loan_debts(state, loan).get(call.ccy, 0)) if loan else NOTHING
        return decimal(ledger.debts(state, self.user_id).get(call.ccy, 0))

    def _is_call(self, command: AnyCommand) -> bool:
        match self.call.method, command:
            case "repay", c.RepayDebt(user_id=self.user_id, debt_ccy=self.call.ccy):
                return True
            case "repay_spot", c.ManualRepay(user_id=self.user_id, ccy=self.call.ccy):
                return True
            case "repay_loan", c.RepayLoan(user_id=self.user_id, loan_id=self.call.loan_id):
                return True
            case "convert", c.TradeQuote(user_id=self.user_id):
                return True
        return False

    def _follow(self, event: AnyEvent) -> None:
        call = self.call
        match event:
            case e.Repaid(user_id=self.user_id, ccy=call.ccy, kind="one_click_repay") if call.method == "repay":
                self.repaid += decimal(event.amount)
            case e.Repaid(user_id=self.user_id, ccy=call.ccy, kind="manual_repay") if call.method == "repay_spot":
                self.repaid += decimal(event.amount)
            case e.LoanMoved(loan_id=call.loan_id, ccy=call.ccy, kind="repaid") if call.method == "repay_loan":
                self.repaid += decimal(abs(event.amount))
            case e.QuoteTraded(user_id=self.user_id, state="fullyFilled") if call.method == "convert":
                base, quote = decimal(event.base_size), decimal(event.quote_size)
                sold, bought = (base, quote) if event.base_ccy == call.ccy else (quote, base)
                self.sold += sold
                self.bought += bought
