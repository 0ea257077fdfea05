"""Requests of flexible loans: borrow and repay, each under a client id that counts once.

A request is checked on arrival. It is then carried out at once, or, if it asks to settle later, accepted. Nothing
is held for an accepted request. At its time it is checked again and carried out, or dropped without a trace in the
loan. One queue for all users keeps the order of acceptance. A client id is under way until its request is settled,
and used up for a minute from acceptance on.
Source: financial-product-flexible-loan-post-borrow, -post-repay (documented: settled asynchronously, 60 s, both
refusals of an id); the delay and the fate of a request that cannot be settled are chosen (decisions/029).
"""

from __future__ import annotations

from typing import Final, assert_never

from tallystick.engine import borrow, faults, flexible_loan, ledger, margin, numbers, refusals
from tallystick.engine.commands import BorrowLoan, RepayLoan
from tallystick.engine.events import LoanOpened, LoanRequestAccepted, LoanRequestDone
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.sparse import own
from tallystick.engine.state import LoanRequest, State, User
from tallystick.engine.work import Stamp, Work, applies

WAITING_MAX = 100
"""Most requests of one user that may wait to be settled."""

FAULT: Final = "FAULT"
"""Reason of a request that a fault has dropped."""
BORROW: Final = "borrow"
REPAY: Final = "repay"


def borrow_loan(work: Work, command: BorrowLoan) -> None:
    """Pledge collateral and take a loan, or add to one. Coins go to the funding account.

    Rejects, first that applies: UNKNOWN_USER, LOAN_REQUEST_UNDER_WAY (client id of a request that waits),
    LOAN_REQUEST_DUPLICATE (client id within 60 s), TOO_MANY_LOAN_REQUESTS (settled later), UNKNOWN_LOAN, UNKNOWN_CCY,
    LOAN_CCY_NOT_BORROWABLE, AMOUNT_TOO_FINE, COLLATERAL_MISSING (new loan), then per collateral entry UNKNOWN_CCY,
    COLLATERAL_IS_LOAN_CCY, CCY_NOT_COLLATERAL, AMOUNT_TOO_FINE, FUNDING_INSUFFICIENT, and at last NO_E_MODE_PAIR,
    ABOVE_LOAN_LIMIT (LTV, cap of the coin, pool).
    Emits: LoanRequestAccepted; or LoanOpened, LoanMoved (collateral_locked, borrowed), LoanRequestDone.
    """
    _take(
        work,
        LoanRequest(
            number=work.stamp.seq,
            user_id=command.user_id,
            kind=BORROW,
            client_order_id=command.client_order_id,
            loan_id=command.loan_id or numbers.next_loan_id(work.state, work.stamp.at_ms),
            ccy=command.ccy,
            amount=command.amount,
            collateral=command.collateral,
            opens=command.loan_id == 0,
            e_mode=command.e_mode,
            asked_at_ms=work.stamp.at_ms,
        ),
        later=command.settles_later,
    )


def repay_loan(work: Work, command: RepayLoan) -> None:
    """Repay a loan from the funding account, at most what is owed. Paying all closes the loan and frees its collateral.

    Rejects: UNKNOWN_USER, LOAN_REQUEST_UNDER_WAY, LOAN_REQUEST_DUPLICATE, TOO_MANY_LOAN_REQUESTS, UNKNOWN_LOAN,
    UNKNOWN_CCY, NOT_LOAN_CCY, AMOUNT_TOO_FINE (of less than all that is owed), FUNDING_INSUFFICIENT.
    Emits: LoanRequestAccepted; or LoanMoved (repaid, collateral_released), LoanClosed, LoanRequestDone.
    """
    _take(
        work,
        LoanRequest(
            number=work.stamp.seq,
            user_id=command.user_id,
            kind=REPAY,
            client_order_id=command.client_order_id,
            loan_id=command.loan_id,
            ccy=command.ccy,
            amount=command.amount,
            asked_at_ms=work.stamp.at_ms,
        ),
        later=command.settles_later,
    )


def _take(work: Work, request: LoanRequest, *, later: bool) -> None:
    """Check a new request, then carry it out or let it wait."""
    state = work.state
    user = work.user(request.user_id)
    delay_ms = state.parameters.loan_settlement_delay_ms if later else 0
    _require_fresh(work, user, request, waits=delay_ms > 0 or (later and bool(state.faults)))
    if request.kind == REPAY:
        _require_fine_repayment(state, request)
    _require_possible(state, request)
    late = faults.fires(work, "loan-settles-late", request.user_id, what=request.kind) if later else None
    if late is not None:
        delay_ms += late.ms
    if delay_ms == 0:
        _carry_out(work, request)
        _done(work, request, number=0)
        return
    last = next(reversed(state.loan_requests.values()), None)
    settles_at_ms = work.stamp.at_ms + delay_ms
    work.emit(
        LoanRequestAccepted(
            user_id=request.user_id,
            number=request.number,
            kind=request.kind,
            client_order_id=request.client_order_id,
            loan_id=request.loan_id,
            ccy=request.ccy,
            amount=request.amount,
            collateral=request.collateral,
            opens=request.opens,
            e_mode=request.e_mode,
            settles_at_ms=max(settles_at_ms, last.settles_at_ms) if last else settles_at_ms,
        )
    )


def due_at_ms(state: State) -> int | None:
    """Time at which the oldest waiting request is to be settled; none behind it is due earlier."""
    if not state.loan_requests:
        return None
    return next(iter(state.loan_requests.values())).settles_at_ms


def settle_next(work: Work) -> None:
    """Settle the oldest waiting request, or drop it if it is no longer possible.

    Emits: the events of its command, and LoanRequestDone with the reason for a drop.
    """
    request = next(iter(work.state.loan_requests.values()))
    try:
        _require_possible(work.state, request)
    except Rejected as no:
        _done(work, request, number=request.number, dropped=no.reject.name)
        return
    if faults.fires(work, "loan-dropped", request.user_id, what=request.kind):
        _done(work, request, number=request.number, dropped=FAULT)
        return
    _carry_out(work, request)
    _done(work, request, number=request.number)


# ---- what must hold, and what is done


def _require_fresh(work: Work, user: User, request: LoanRequest, *, waits: bool) -> None:
    """Require a new client id. Rejects: LOAN_REQUEST_UNDER_WAY, LOAN_REQUEST_DUPLICATE, TOO_MANY_LOAN_REQUESTS."""
    key = _key(request)
    if key in user.loan_requests:
        until_ms = work.state.loan_requests[user.loan_requests[key]].settles_at_ms
        raise Rejected(Reject.LOAN_REQUEST_UNDER_WAY).because(id=request.client_order_id, until_ms=until_ms)
    if (until_ms := user.loan_request_ids.get(key, 0)) > work.stamp.at_ms:
        raise Rejected(Reject.LOAN_REQUEST_DUPLICATE).because(id=request.client_order_id, until_ms=until_ms)
    if waits and len(user.loan_requests) >= WAITING_MAX:
        raise Rejected(Reject.TOO_MANY_LOAN_REQUESTS).because(most_count=WAITING_MAX)


def _require_possible(state: State, request: LoanRequest) -> None:
    match request.kind:
        case "borrow":
            _require_borrowable(state, request)
        case "repay":
            _require_repayable(state, request)
        case never:
            assert_never(never)


def _require_borrowable(state: State, request: LoanRequest) -> None:
    """Require a borrowing that is possible now. Rejects: see `borrow_loan`, from UNKNOWN_LOAN on."""
    user_id, ccy = request.user_id, request.ccy
    loan = None if request.opens else flexible_loan.find(state, user_id, request.loan_id)
    flexible_loan.require_loanable(state, ccy)
    currency = state.parameters.currencies[ccy]
    borrow.require_decimals(state, ccy, request.amount)
    if loan is None and not request.collateral:
        raise Rejected(Reject.COLLATERAL_MISSING).because(ccy=ccy)
    debts = ledger.loan_debts(state, loan) if loan else {}
    debts[ccy] = debts.get(ccy, 0) + request.amount
    collateral = dict(loan.collateral) if loan else {}
    pledged: dict[str, int] = {}
    for coin, amount in request.collateral:
        flexible_loan.require_pledgeable(state, debts, coin, amount)
        collateral[coin] = collateral.get(coin, 0) + amount
        pledged[coin] = pledged.get(coin, 0) + amount
    for coin, amount in pledged.items():
        if amount > (free := ledger.funding(state, user_id, coin)):
            raise refusals.short_of(coin, free, amount, "funding", state.users[user_id])
    if ccy in collateral:
        raise Rejected(Reject.COLLATERAL_IS_LOAN_CCY).because(ccy=ccy)
    e_mode = loan.e_mode if loan else request.e_mode
    if e_mode:
        flexible_loan.require_e_mode_pairs(state, debts, collateral)
    if (
        not flexible_loan.within_initial_ltv(state, debts, collateral, e_mode=e_mode)
        or flexible_loan.owed_by(state, user_id, ccy) + request.amount > currency.loan_max
        or request.amount > margin.lendable(state, ccy)
    ):
        raise _above_limit(state, request, debts, collateral, e_mode=e_mode)


def _above_limit(
    state: State, request: LoanRequest, debts: dict[str, int], collateral: dict[str, int], *, e_mode: bool
) -> Rejected:
    """Refusal of a loan by the first limit that it exceeds: the initial LTV, the most of the coin, the pool."""
    ccy, asked = request.ccy, request.amount
    if not flexible_loan.within_initial_ltv(state, debts, collateral, e_mode=e_mode):
        cover = flexible_loan.initial_cover(state, debts, collateral, e_mode=e_mode)
        return refusals.beyond_ltv(Rejected(Reject.ABOVE_LOAN_LIMIT), *cover)
    left = flexible_loan.remaining_quota(state, request.user_id, ccy)
    if asked > left:
        return Rejected(Reject.ABOVE_LOAN_LIMIT).because("most", ccy=ccy, asked=asked, left=left)
    return refusals.pool_empty(state, Reject.ABOVE_LOAN_LIMIT, ccy, asked, margin.lendable(state, ccy))


def _require_fine_repayment(state: State, request: LoanRequest) -> None:
    """Require the loan coin's decimals. Rejects: UNKNOWN_LOAN, UNKNOWN_CCY, NOT_LOAN_CCY, AMOUNT_TOO_FINE.

    Checked on arrival only: while a request waits the debt may grow, so that an amount that was all of it is a part.
    """
    if request.amount < _owed(state, request):
        borrow.require_decimals(state, request.ccy, request.amount)


def _require_repayable(state: State, request: LoanRequest) -> None:
    """Require coins for a repayment. Rejects: UNKNOWN_LOAN, UNKNOWN_CCY, NOT_LOAN_CCY, FUNDING_INSUFFICIENT."""
    needed = min(request.amount, _owed(state, request))
    if needed > (free := ledger.funding(state, request.user_id, request.ccy)):
        raise refusals.short_of(request.ccy, free, needed, "funding", state.users[request.user_id])


def _owed(state: State, request: LoanRequest) -> int:
    """Debt of the loan in the coin, interest of every passed hour included.

    Rejects: UNKNOWN_LOAN, UNKNOWN_CCY, NOT_LOAN_CCY.
    """
    loan = flexible_loan.find(state, request.user_id, request.loan_id)
    ledger.require_ccy(state, request.ccy)
    owed = ledger.loan_debts(state, loan).get(request.ccy, 0)
    if owed == 0:
        raise refusals.not_owed(state, loan, request.ccy)
    return owed


def _carry_out(work: Work, request: LoanRequest) -> None:
    match request.kind:
        case "borrow":
            _borrow(work, request)
        case "repay":
            _repay(work, request)
        case never:
            assert_never(never)


def _repay(work: Work, request: LoanRequest) -> None:
    loan, ccy = work.state.loans[request.loan_id], request.ccy
    owed = ledger.loan_debts(work.state, loan)[ccy]
    flexible_loan.move(work, loan, flexible_loan.REPAID, ccy, -min(request.amount, owed))
    flexible_loan.close_if_repaid(work, loan)


def _borrow(work: Work, request: LoanRequest) -> None:
    if request.opens:
        work.emit(LoanOpened(user_id=request.user_id, loan_id=request.loan_id, e_mode=request.e_mode))
    loan = work.state.loans[request.loan_id]
    for coin, amount in request.collateral:
        flexible_loan.move(work, loan, flexible_loan.COLLATERAL_LOCKED, coin, -amount)
    flexible_loan.move(work, loan, flexible_loan.BORROWED, request.ccy, request.amount)


def _done(work: Work, request: LoanRequest, *, number: int, dropped: str = "") -> None:
    until_ms = request.asked_at_ms + work.state.parameters.loan_request_window_ms
    work.emit(
        LoanRequestDone(user_id=request.user_id, key=_key(request), until_ms=until_ms, number=number, dropped=dropped)
    )


def _key(request: LoanRequest) -> str:
    """Key of a client id. Ids of borrowing and of repaying are distinct (documented: by path)."""
    return f"{request.kind}:{request.client_order_id}"


# ---- events


@applies(LoanRequestAccepted)
def _accepted(state: State, stamp: Stamp, event: LoanRequestAccepted) -> None:
    request = LoanRequest(
        number=event.number,
        user_id=event.user_id,
        kind=event.kind,
        client_order_id=event.client_order_id,
        loan_id=event.loan_id,
        ccy=event.ccy,
        amount=event.amount,
        collateral=event.collateral,
        opens=event.opens,
        e_mode=event.e_mode,
        asked_at_ms=stamp.at_ms,
        settles_at_ms=event.settles_at_ms,
    )
    state.loan_requests[event.number] = request
    user = state.users[event.user_id]
    own(user, "loan_requests", user.loan_requests)[_key(request)] = event.number
    if event.opens:
        state.last_loan_id = event.loan_id


@applies(LoanRequestDone)
def _was_done(state: State, stamp: Stamp, event: LoanRequestDone) -> None:
    user = state.users[event.user_id]
    if event.number:
        del state.loan_requests[event.number]
        del user.loan_requests[event.key]
    ids = own(user, "loan_request_ids", user.loan_request_ids)
    for key in [key for key, until_ms in ids.items() if until_ms <= stamp.at_ms]:
        del ids[key]
    if event.until_ms > stamp.at_ms:
        ids[event.key] = event.until_ms
