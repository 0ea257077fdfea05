"""Convert, safely: one quote, one trade against it, known by its client number."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from msgspec.structs import replace

from tallystick.client.clock import fresh_id
from tallystick.client.errors import AlreadyDone, BadAnswer, NotSent, OutcomeUnknown, Refused
from tallystick.client.flows import Flow, Session, call
from tallystick.client.safe import intents, reading, settling
from tallystick.client.safe.exact import positive, total
from tallystick.client.safe.intents import Ended, Intent
from tallystick.client.safe.one_click import SEND_S
from tallystick.client.safe.outcomes import Converted, NotConverted, StillRunning, UnknownOutcome
from tallystick.client.safe.settling import Look
from tallystick.contract import convert as contract

WHERE: Final = "convert_history(clTReqId=...)"
Ending = Converted | NotConverted | StillRunning | UnknownOutcome


def convert(session: Session, sell: str, buy: str, amt: object, wait_s: float) -> Flow[Ending]:
    """Sell `amt` of one coin for another, once. See `methods.SafeRepay.convert`."""
    until = session.clock.monotonic() + wait_s
    size = format(positive("amt", amt), "f")
    session.clock.forget()
    answer = yield from call(session, contract.CONVERT_CURRENCY_PAIR, {"fromCcy": sell, "toCcy": buy})
    if len(answer.rows) != 1:
        raise BadAnswer(f"{len(answer.rows)} pairs where one is documented.", endpoint=answer.endpoint.name)
    pair = {side: reading.text(answer.rows[0], side, answer.endpoint) for side in ("baseCcy", "quoteCcy")}
    fields = pair | {"side": "sell" if pair["baseCcy"] == sell else "buy"}
    quoted = yield from call(session, contract.CONVERT_ESTIMATE_QUOTE, {**fields, "rfqSz": size, "rfqSzCcy": sell})
    if len(quoted.rows) != 1:
        raise BadAnswer(f"{len(quoted.rows)} quotes where one is documented.", endpoint=quoted.endpoint.name)
    quote_id = reading.text(quoted.rows[0], "quoteId", quoted.endpoint)
    number = fresh_id()
    name = intents.name_of(session, "convert", f"{sell}-{buy}")
    intent = Intent(
        what="convert",
        url=session.host.url,
        at_ms=session.clock.now_ms(),
        signed_by_ms=session.clock.now_ms() + int(SEND_S * 1000),
        asked={"sell": sell, "buy": buy, "amt": size},
        client_id=number,
    )
    yield from intents.keep(name, intent)
    refused: Refused | None = None
    why = ""
    try:
        trade = {**fields, "quoteId": quote_id, "sz": size, "szCcy": sell, "clTReqId": number}
        by_ms = intent.signed_by_ms
        yield from call(session, contract.CONVERT_TRADE, trade, deadline_s=SEND_S, sign_by_ms=by_ms)
    except (OutcomeUnknown, AlreadyDone) as error:
        why = str(error)
    except Refused as error:
        refused = error
    except NotSent:
        yield from intents.drop(name, intent)
        raise
    intent = replace(intent, signed_by_ms=min(intent.signed_by_ms, session.clock.now_ms()))
    return (yield from settle(session, name, intent, until, refused=refused, why=why))


def settle(
    session: Session, name: str, intent: Intent, until: float, *, refused: Refused | None = None, why: str = ""
) -> Flow[Ending]:
    """Read the history of the client number until the outcome is known."""
    endpoint = contract.CONVERT_HISTORY

    def own() -> Flow[Ended | None]:
        answer = yield from call(session, endpoint, {"clTReqId": intent.client_id})
        rows = [row for row in answer.rows if row.get("clTReqId") == intent.client_id]
        if len(rows) != len(answer.rows):
            raise BadAnswer("The history has rows of another client number.", endpoint=endpoint.name)
        if not rows:
            return None
        trades = [trade for trade in (_trade(row, intent) for row in rows) if trade is not None]
        if not trades:
            return NotConverted(note="The market maker rejected the trade.")
        note = "The request was delivered twice." if len(trades) > 1 else ""
        sold, bought = (total(amounts) for amounts in zip(*trades, strict=True))
        return Converted(sold=sold, bought=bought, trades=len(trades), note=note)

    def look(clock_ms: int) -> Flow[Look]:
        for _ in range(2):
            found = yield from own()
            if found is not None:
                return Look((), found)
            if refused is None and not intents.closed(session, intent, clock_ms):
                return Look(())
        note = str(refused) if refused else "The request did not arrive in time, and its quote has expired."
        return Look((), NotConverted(note=note, code=refused.code if refused else ""))

    ended = yield from settling.settle(session, (name, intent), look, until, where=WHERE, why=why)
    if not isinstance(ended, Converted | NotConverted | StillRunning | UnknownOutcome):
        raise TypeError(f"an outcome of a conversion was expected, not {type(ended).__name__}")
    return ended


def _trade(row: Mapping[str, Any], intent: Intent) -> tuple[Decimal, Decimal] | None:
    """Amounts that a row of the history sold and bought; None of a rejected trade.

    Raises BadAnswer for a row of other coins, and for a state that says neither of them.
    """
    endpoint = contract.CONVERT_HISTORY
    state, coins = reading.text(row, "state", endpoint), (intent.text("sell"), intent.text("buy"))
    base, quote = reading.text(row, "baseCcy", endpoint), reading.text(row, "quoteCcy", endpoint)
    if state not in ("fullyFilled", "rejected") or sorted((base, quote)) != sorted(coins):
        raise BadAnswer(f"The history has {base}-{quote} in state {state!r} for this request.", endpoint=endpoint.name)
    if state == "rejected":
        return None
    sizes = (reading.amount(row, "fillBaseSz", endpoint), reading.amount(row, "fillQuoteSz", endpoint))
    return sizes if base == coins[0] else (sizes[1], sizes[0])
