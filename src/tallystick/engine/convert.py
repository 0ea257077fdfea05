"""Convert: a quote that is valid for ten seconds, and at most one trade against it, on the trading account.

The desk quotes the index with a half-spread in its favour. `side` refers to the base coin; the price
is quote per base. The amount the user gets is cut, the amount they pay is rounded up, at 8 decimals.
Source: funding-account-rest-api-estimate-quote (documented); spreads and limits chosen (decisions/013).
"""

from __future__ import annotations

from typing import Final

from tallystick.engine import account, borrow, faults, ledger, numbers, prices, refusals, soundness
from tallystick.engine.amounts import ONE, cut, lift, mul_down, unit_of
from tallystick.engine.commands import AskQuote, TradeQuote
from tallystick.engine.events import QuoteGiven, QuotesExpired, QuoteTraded
from tallystick.engine.fault_events import QuoteCutShort
from tallystick.engine.kinds import Side
from tallystick.engine.parameters import Parameters
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.sparse import own
from tallystick.engine.state import Quote, State
from tallystick.engine.work import Stamp, Work, applies

SIZE_UNIT = unit_of(8)
PRICE_UNIT = unit_of(8)
SMALL_PRICE_UNIT = unit_of(16)
"""Unit of prices under 1 (reversed pairs such as USDT-BTC): 16 decimals, since 8 would leave nothing but rounding."""
CLIENT_ID_WINDOW_MS = 7 * 86_400_000
FORGET_AFTER_MS = 3_600_000
"""Time a quote is kept past its end, so that the refusal of a late trade can say why."""

FULLY_FILLED: Final = "fullyFilled"
REJECTED: Final = "rejected"


def half_spread(parameters: Parameters, one: str, other: str) -> int:
    """Share of the index, per 10**18, that a trade between two coins costs: by the dearer of their classes."""
    pair = {one, other}
    if pair <= set(parameters.stable_ccys):
        return parameters.convert_half_spread_stable
    if pair <= {*parameters.stable_ccys, *parameters.major_ccys}:
        return parameters.convert_half_spread
    return parameters.convert_half_spread_other


def most_value(parameters: Parameters, *, large: bool) -> int:
    """Largest value of one conversion in USD, atoms."""
    most = parameters.convert_max_quote
    return mul_down(most, parameters.convert_large_factor) if large else most


def quote_price(state: State, base_ccy: str, quote_ccy: str, side: Side) -> int:
    """Quote per base with the half-spread, rounded against the user; 0 without an index."""
    base, quote = prices.usd_index(state, base_ccy), prices.usd_index(state, quote_ccy)
    if base <= 0 or quote <= 0:
        return 0
    spread = half_spread(state.parameters, base_ccy, quote_ccy)
    buying = side == "buy"
    numerator, denominator = base * (ONE + spread if buying else ONE - spread), quote
    unit = PRICE_UNIT if numerator >= denominator * ONE else SMALL_PRICE_UNIT
    return lift(-(-numerator // denominator), unit) if buying else cut(numerator // denominator, unit)


def sizes(side: Side, price: int, size: int, in_quote: bool) -> tuple[int, int]:
    """Sizes (base, quote) of a trade of `size` in one of the two coins; the other one rounded against the user."""
    buying = side == "buy"
    if in_quote:
        base = cut(size * ONE // price, SIZE_UNIT) if buying else lift(-(-size * ONE // price), SIZE_UNIT)
        return base, size
    quote = lift(-(-size * price // ONE), SIZE_UNIT) if buying else cut(size * price // ONE, SIZE_UNIT)
    return size, quote


def _too_small(side: Side, base_ccy: str, quote_ccy: str, size: int) -> Rejected:
    given, received = (quote_ccy, base_ccy) if side == "buy" else (base_ccy, quote_ccy)
    return Rejected(Reject.RESULT_TOO_SMALL, ccy=given, other=received).because(ccy=given, other=received, asked=size)


def ask_quote(work: Work, command: AskQuote) -> None:
    """Give a quote. No coins are held for it.

    Rejects: UNKNOWN_USER, UNKNOWN_CCY, NO_SUCH_PAIR (same coin, no price, size in a third coin),
    AMOUNT_TOO_FINE, RESULT_TOO_SMALL, BELOW_CONVERT_MIN, ABOVE_CONVERT_MAX. Emits: QuoteGiven, QuoteCutShort (by a
    fault).
    """
    work.user(command.user_id)
    state = work.state
    for ccy in (command.base_ccy, command.quote_ccy):
        ledger.require_ccy(state, ccy)
    if command.base_ccy == command.quote_ccy or command.size_ccy not in (command.base_ccy, command.quote_ccy):
        raise Rejected(Reject.NO_SUCH_PAIR).because(base=command.base_ccy, quote=command.quote_ccy)
    price = quote_price(state, command.base_ccy, command.quote_ccy, command.side)
    if price == 0:
        raise Rejected(Reject.NO_SUCH_PAIR).because("unpriced", base=command.base_ccy, quote=command.quote_ccy)
    borrow.require_decimals(state, command.size_ccy, command.size)
    base, quote = sizes(command.side, price, command.size, command.size_ccy == command.quote_ccy)
    if base == 0 or quote == 0:
        raise _too_small(command.side, command.base_ccy, command.quote_ccy, command.size)
    value = prices.usd_value(state, command.size_ccy, command.size)
    if value < state.parameters.convert_min_quote:
        raise refusals.convert_too_small(value, state.parameters.convert_min_quote)
    most = most_value(state.parameters, large=command.large)
    if value > most:
        raise Rejected(Reject.ABOVE_CONVERT_MAX, max_atoms=str(most)).because(worth_usd=value, most_usd=most)
    at_ms, pair = work.stamp.at_ms, f"{command.base_ccy}-{command.quote_ccy}"
    number = numbers.next_convert_id(state, at_ms, work.stamp.seq)
    quote_id = f"quoter{pair}{number:017d}"
    work.emit(
        QuoteGiven(
            quote_id=quote_id,
            user_id=command.user_id,
            base_ccy=command.base_ccy,
            quote_ccy=command.quote_ccy,
            side=command.side,
            price=price,
            base_size=base,
            quote_size=quote,
            asked_size=command.size,
            size=command.size,
            size_ccy=command.size_ccy,
            client_quote_id=command.client_quote_id,
            tag=command.tag,
            expires_at_ms=at_ms + state.parameters.convert_ttl_ms,
            large=command.large,
        )
    )
    _let_expire_early(work, command.user_id, quote_id)


def _let_expire_early(work: Work, user_id: int, quote_id: str) -> None:
    """Cut a quote short if a fault says so. Emits: FaultMet, QuoteCutShort."""
    short = faults.fires(work, "quote-expires-early", user_id)
    if short is not None and short.ms < work.state.parameters.convert_ttl_ms:
        # A quote is good at the millisecond of its end too, so one without any time ended before it was given.
        work.emit(QuoteCutShort(quote_id=quote_id, expires_at_ms=work.stamp.at_ms + short.ms - 1))


def trade_quote(work: Work, command: TradeQuote) -> None:
    """Trade against a quote at its price, whole or in part; or record that a fault had it `rejected`.

    A rejected trade moves nothing, and uses up the quote and the client id as a filled one does.

    Rejects: UNKNOWN_USER, IN_LIQUIDATION, UNKNOWN_QUOTE (or another user's), DUPLICATE_CLIENT_ID, QUOTE_TRADED,
    QUOTE_EXPIRED, QUOTE_ALTERED (param), AMOUNT_TOO_FINE, ABOVE_QUOTED_SIZE, RESULT_TOO_SMALL, INSUFFICIENT_BALANCE,
    MARGIN_INSUFFICIENT. Emits: QuoteTraded, Repaid (auto repay of the coin received).
    """
    user = work.active_user(command.user_id)
    state = work.state
    quote = state.quotes.get(command.quote_id)
    if quote is None or quote.user_id != command.user_id:
        raise Rejected(Reject.UNKNOWN_QUOTE).because(id=command.quote_id)
    used_at = user.convert_ids.get(command.client_trade_id) if command.client_trade_id else None
    if used_at is not None and work.stamp.at_ms < used_at + CLIENT_ID_WINDOW_MS:
        raise refusals.client_id_taken(command.client_trade_id, used_at + CLIENT_ID_WINDOW_MS)
    if quote.traded:
        raise Rejected(Reject.QUOTE_TRADED).because(id=quote.quote_id)
    if work.stamp.at_ms > quote.expires_at_ms:
        raise refusals.quote_expired(quote, work.stamp.at_ms)
    for param, said, quoted in (
        ("baseCcy", command.base_ccy, quote.base_ccy),
        ("quoteCcy", command.quote_ccy, quote.quote_ccy),
        ("side", command.side, quote.side),
        ("szCcy", command.size_ccy, quote.size_ccy),
        ("convertMode", command.large, quote.large),
    ):
        if said != quoted:
            raise Rejected(Reject.QUOTE_ALTERED, param=param).because(part=param, asked=str(said), quoted=str(quoted))
    borrow.require_decimals(state, command.size_ccy, command.size)
    if command.size > quote.size:
        raise Rejected(Reject.ABOVE_QUOTED_SIZE).because(ccy=quote.size_ccy, asked=command.size, most=quote.size)
    base, paid = sizes(quote.side, quote.price, command.size, command.size_ccy == quote.quote_ccy)
    if base == 0 or paid == 0:
        raise _too_small(quote.side, quote.base_ccy, quote.quote_ccy, command.size)
    buying = quote.side == "buy"
    out_ccy, out = (quote.quote_ccy, paid) if buying else (quote.base_ccy, base)
    in_ccy, received = (quote.base_ccy, base) if buying else (quote.quote_ccy, paid)
    if out > (free := ledger.available(state, user, out_ccy)):
        raise Rejected(Reject.INSUFFICIENT_BALANCE, ccy=out_ccy).because(ccy=out_ccy, free=free, needed=out)
    if not soundness.stays_sound(state, command.user_id, {out_ccy: -out, in_ccy: received}):
        raise refusals.unsound(state)
    met = faults.meeting(work, "convert-rejected", command.user_id)
    refused = faults.fired(state, met) is not None
    number = numbers.next_convert_id(state, work.stamp.at_ms, work.stamp.seq)
    work.emit(
        QuoteTraded(
            quote_id=quote.quote_id,
            trade_id=f"trader{number:017d}",
            user_id=command.user_id,
            base_ccy=quote.base_ccy,
            quote_ccy=quote.quote_ccy,
            side=quote.side,
            price=quote.price,
            base_size=0 if refused else base,
            quote_size=0 if refused else paid,
            client_trade_id=command.client_trade_id,
            tag=quote.tag or command.tag,
            state=REJECTED if refused else FULLY_FILLED,
        )
    )
    for event in met:
        work.emit(event)
    if not refused:
        borrow.auto_repay(work, user, in_ccy)


def due_at_ms(state: State) -> int | None:
    """Time at which the oldest quote may be forgotten; a later quote with a shorter life waits for those before it."""
    if not state.quotes:
        return None
    return next(iter(state.quotes.values())).expires_at_ms + FORGET_AFTER_MS


def expire_quotes(work: Work) -> None:
    """Forget every quote whose time is up. Emits: QuotesExpired."""
    gone = []
    for quote in work.state.quotes.values():
        if quote.expires_at_ms + FORGET_AFTER_MS > work.stamp.at_ms:
            break
        gone.append(quote.quote_id)
    work.emit(QuotesExpired(quote_ids=tuple(gone)))


# ---- events


@applies(QuoteGiven)
def _given(state: State, stamp: Stamp, event: QuoteGiven) -> None:
    state.last_convert_id = int(event.quote_id[-17:])
    state.quotes[event.quote_id] = Quote(
        quote_id=event.quote_id,
        user_id=event.user_id,
        base_ccy=event.base_ccy,
        quote_ccy=event.quote_ccy,
        side=event.side,
        price=event.price,
        base_size=event.base_size,
        quote_size=event.quote_size,
        size=event.size,
        size_ccy=event.size_ccy,
        tag=event.tag,
        expires_at_ms=event.expires_at_ms,
        large=event.large,
    )


@applies(QuoteTraded)
def _traded(state: State, stamp: Stamp, event: QuoteTraded) -> None:
    state.last_convert_id = int(event.trade_id[-17:])
    state.quotes[event.quote_id].traded = True
    user = state.users[event.user_id]
    if event.client_trade_id:
        ids = own(user, "convert_ids", user.convert_ids)
        account.forget_old(ids, stamp.at_ms - CLIENT_ID_WINDOW_MS)
        ids[event.client_trade_id] = stamp.at_ms
    if event.state == REJECTED:
        return
    trading = f"trading:{event.user_id}"
    sign = 1 if event.side == "buy" else -1
    ledger.post(state, event.base_ccy, (trading, sign * event.base_size), ("desk", -sign * event.base_size))
    ledger.post(state, event.quote_ccy, (trading, -sign * event.quote_size), ("desk", sign * event.quote_size))
    if sign > 0:
        ledger.spend_exempt(user, event.quote_ccy, event.quote_size)
    else:
        ledger.spend_exempt(user, event.base_ccy, event.base_size)
    for ccy in (event.base_ccy, event.quote_ccy):
        ledger.touch(user, ccy, stamp.at_ms)


@applies(QuoteCutShort)
def _cut_short(state: State, stamp: Stamp, event: QuoteCutShort) -> None:
    state.quotes[event.quote_id].expires_at_ms = event.expires_at_ms


@applies(QuotesExpired)
def _expired(state: State, stamp: Stamp, event: QuotesExpired) -> None:
    for quote_id in event.quote_ids:
        del state.quotes[quote_id]
