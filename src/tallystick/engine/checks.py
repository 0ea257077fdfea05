"""Invariants recomputed from the whole state, each with its identifier. Raises InvariantViolation; never an assert.

The cheap ones (L1, L3, B3, L9, F6) are also checked where the state changes; these here are the full
recount, for tests, recovery and `verify`.
"""

from __future__ import annotations

from tallystick.engine import ledger
from tallystick.engine.amounts import cut
from tallystick.engine.ledger import InvariantViolation
from tallystick.engine.state import State


def check_state(state: State) -> None:
    """Run all checks below, in order."""
    for check in (
        sums_are_zero,
        nothing_negative,
        holds_match,
        claims_match,
        vaults_match,
        books_match,
        runs_match,
        requests_match,
        families_match,
    ):
        check(state)


def sums_are_zero(state: State) -> None:
    """L2: every currency sums to zero over all accounts."""
    totals: dict[str, int] = {}
    for balances in state.ledger.values():
        for ccy, amount in balances.items():
            totals[ccy] = totals.get(ccy, 0) + amount
    for ccy, total in totals.items():
        if total:
            raise InvariantViolation("L2", f"{ccy} sums to {total} atoms")


def nothing_negative(state: State) -> None:
    """L3: coins, collateral, pool and claims are never below zero; debts never above."""
    for account, balances in state.ledger.items():
        for ccy, amount in balances.items():
            if account.startswith(ledger.NEVER_NEGATIVE) and amount < 0:
                raise InvariantViolation("L3", f"{account} {ccy} is {amount} atoms")
            if account.startswith(("debt:", "loan:")) and amount > 0:
                raise InvariantViolation("L3", f"{account} {ccy} is owed {amount} atoms")


def holds_match(state: State) -> None:
    """L4: frozen coins are the sum of what open orders hold, and never more than the cash.

    Promised coins are the sum of what open orders may spend beyond that. Only a user who may borrow promises any (B6).
    Orders of a cross account hold all that they give, whether it is there or not, and promise nothing.
    """
    held: dict[tuple[int, str], int] = {}
    for order in state.orders.values():
        if order.held:
            key = (order.user_id, order.held_ccy)
            held[key] = held.get(key, 0) + order.held
    frozen = {(user.user_id, ccy): amount for user in state.users.values() for ccy, amount in user.frozen.items()}
    if held != frozen:
        raise InvariantViolation("L4", f"held {held} but frozen {frozen}")
    beyond: dict[tuple[int, str], int] = {}
    for order in state.orders.values():
        if order.beyond:
            key = (order.user_id, order.held_ccy)
            beyond[key] = beyond.get(key, 0) + order.beyond
    promised = {(user.user_id, ccy): amount for user in state.users.values() for ccy, amount in user.promised.items()}
    if beyond != promised:
        raise InvariantViolation("L4", f"orders may spend {beyond} more but {promised} is promised")
    for user in state.users.values():
        if user.promised and (user.cross or not user.borrow_enabled):
            raise InvariantViolation("B6", f"user {user.user_id} may not borrow but promises {user.promised}")
        if user.liquidating and (user.promised or user.frozen or user.user_id in state.runs):
            raise InvariantViolation("O11", f"user {user.user_id} trades while being liquidated")
    for (user_id, ccy), amount in frozen.items():
        if amount > ledger.cash(state, user_id, ccy) and not state.users[user_id].cross:
            raise InvariantViolation("L4", f"user {user_id} has more {ccy} frozen than cash")


def claims_match(state: State) -> None:
    """B1: the claims of the pool equal the debts of users and loans; loans and their ledger accounts agree.

    B11: a user has exempt coins only with a debt. B6: a user has a debt only if they may borrow, in Spot mode by the
    switch. B13: a cross account never has coins of a currency that it owes, but for those of a running one-click repay.
    """
    owed: dict[str, int] = {}
    for account, balances in state.ledger.items():
        if account.startswith(("debt:", "loan:")):
            for ccy, amount in balances.items():
                owed[ccy] = owed.get(ccy, 0) - amount
    claims = state.ledger.get("owed", {})
    if owed != claims:
        raise InvariantViolation("B1", f"owed {owed} but claimed {claims}")
    for user in state.users.values():
        if user.cross and user.user_id not in state.runs:
            owing = state.ledger.get(f"debt:{user.user_id}", {}).keys()
            if both := owing & state.ledger.get(f"trading:{user.user_id}", {}).keys():
                raise InvariantViolation("B13", f"user {user.user_id} has and owes {sorted(both)}")
        if not (user.borrow_enabled or user.cross) and state.ledger.get(f"debt:{user.user_id}"):
            raise InvariantViolation("B6", f"user {user.user_id} owes and may not borrow")
        for ccy in user.exempt:
            if ledger.debt(state, user.user_id, ccy) == 0:
                raise InvariantViolation("B11", f"user {user.user_id} keeps {ccy} from auto repay and owes none")
    for loan in state.loans.values():
        booked = {ccy: -amount for ccy, amount in state.ledger.get(f"loan:{loan.loan_id}", {}).items()}
        if booked != loan.booked:
            raise InvariantViolation("B1", f"loan {loan.loan_id} owes {loan.booked}, ledger says {booked}")


def vaults_match(state: State) -> None:
    """F7, F6, F8: collateral is in the vault of its loan; an open loan has a debt; no coin is both pledged and owed."""
    for loan in state.loans.values():
        vault = state.ledger.get(f"vault:{loan.loan_id}", {})
        if vault != loan.collateral:
            raise InvariantViolation("F7", f"loan {loan.loan_id} locks {loan.collateral}, vault holds {vault}")
        if not loan.booked:
            raise InvariantViolation("F6", f"loan {loan.loan_id} is open without a debt")
        if loan.booked.keys() & loan.collateral.keys():
            raise InvariantViolation("F8", f"loan {loan.loan_id} pledges what it owes")
    for account, balances in state.ledger.items():
        if account.startswith("vault:") and balances and int(account[6:]) not in state.loans:
            raise InvariantViolation("F7", f"{account} belongs to no open loan")


def books_match(state: State) -> None:
    """O4 and the books: only resting kinds are open, each order is listed once, books are sorted and uncrossed."""
    listed: list[int] = []
    for name, book in state.books.items():
        for side in (book.bids, book.asks):
            if side != sorted(side):
                raise InvariantViolation("L4", f"book {name} is out of order")
            listed += [order_id for _, _, order_id in side]
        if book.bids and book.asks and -book.bids[0][0] >= book.asks[0][0]:
            raise InvariantViolation("L4", f"book {name} is crossed")
    if sorted(listed) != sorted(state.orders):
        raise InvariantViolation("O4", "open orders and books differ")
    for order in state.orders.values():
        if order.kind not in ("limit", "post_only"):
            raise InvariantViolation("O4", f"order {order.order_id} of kind {order.kind} rests")
        lot = state.parameters.instruments[order.instrument].lot
        if order.filled_size != cut(order.filled_size, lot):
            raise InvariantViolation("O5", f"order {order.order_id} is filled off the lot")


def families_match(state: State) -> None:
    """U1: a sub-account and its main account name each other, and a main account is nobody's sub-account."""
    for user in state.users.values():
        if user.master_id:
            main = state.users.get(user.master_id)
            if main is None or main.master_id or user.sub_ids or user.level or user.user_id not in main.sub_ids:
                raise InvariantViolation("U1", f"user {user.user_id} is no sub-account of {user.master_id}")
        if any(state.users[sub_id].master_id != user.user_id for sub_id in user.sub_ids):
            raise InvariantViolation("U1", f"user {user.user_id} has sub-accounts {user.sub_ids}")
        if len(set(user.sub_ids)) != len(user.sub_ids):
            raise InvariantViolation("U1", f"user {user.user_id} has a sub-account twice")


def requests_match(state: State) -> None:
    """F16: loan requests wait in order of settlement, each under one client id of its user."""
    waiting = list(state.loan_requests.values())
    times = [request.settles_at_ms for request in waiting]
    if times != sorted(times):
        raise InvariantViolation("F16", f"loan requests wait out of order: {times}")
    named = {(request.user_id, request.number) for request in waiting}
    known = {(user.user_id, number) for user in state.users.values() for number in user.loan_requests.values()}
    if named != known:
        raise InvariantViolation("F16", f"waiting {named} but users have {known} under way")
    if any(request.opens and request.loan_id in state.loans for request in waiting):
        raise InvariantViolation("F16", "a loan is there before the request that opens it is settled")


def runs_match(state: State) -> None:
    """O8, O2: one run per user, for a known coin, with a target that is not negative."""
    for user_id, run in state.runs.items():
        if run.user_id != user_id or run.remaining < 0 or run.repaid < 0:
            raise InvariantViolation("O2", f"run of user {user_id} is {run}")
