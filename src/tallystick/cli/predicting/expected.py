"""The prediction of a write: facts to a mirror, a course on it, and both put into words of the exchange."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from tallystick.cli.frame.language import Words
from tallystick.cli.frame.request_record import Request
from tallystick.cli.predicting import course
from tallystick.cli.predicting.course import Course
from tallystick.cli.predicting.facts import Facts, coins_of, facts_of
from tallystick.cli.predicting.mirror import NoHistory, mirror_of, own_share, parameters_of, unlike
from tallystick.cli.predicting.records import Change, Expected, ExpectedLeg, LoanChange
from tallystick.client.flows import Flow, Session
from tallystick.client.hosts import HOSTS
from tallystick.contract.repay import ONE_CLICK_REPAY_V2
from tallystick.engine.amounts import text_from_atoms
from tallystick.engine.parameters import Parameters
from tallystick.engine.state import State
from tallystick.venue.parameters import load_parameters
from tallystick.views.core import Caller

OF_MARGIN: Final = ("mgnRatio", "adjEq", "mmr", "imr")
ESTIMATE: Final = Words(
    "The exchange's own rules may differ from those of the venue.", "交易所自身的规则可能与本平台不同。"
)
UNLIKE: Final = Words("The account has something that is not known here: {names}.", "账户中有此处未知的内容：{names}。")
ORDERS: Final = Words("Open orders may fill meanwhile.", "未成交订单期间可能成交。")
HOUR: Final = Words("A full hour passes meanwhile, and interest is charged.", "期间经过整点，会计收利息。")
RUNNING: Final = Words("Auto repay may take coins meanwhile.", "自动还币期间可能扣币。")
LOANS: Final = Words("Loans without their numbers cannot be told apart.", "没有编号的借款无法区分。")
OWN_TRADES: Final = Words("The account's own trades move the index.", "账户自身的成交会影响指数。")
COINS: Final = Words("Nothing is known of these coins: {names}.", "以下币种未知：{names}。")


def expected(
    session: Session, request: Request, *, selling: str = "", parameters: Parameters | None = None
) -> Flow[Expected]:
    """Predict a write. `parameters` are those of the venue where they are known, else the packaged ones."""
    coins = list(dict.fromkeys(coins_of(request.body if request.body is not None else _query(request))))
    facts = yield from facts_of(session, coins, books=request.path == ONE_CLICK_REPAY_V2.path)
    return predict(facts, request, session.host.surface, selling=selling, parameters=parameters, name=session.host.name)


def _query(request: Request) -> Mapping[str, str]:
    return dict(part.split("=", 1) for part in request.path.partition("?")[2].split("&") if part)


def predict(
    facts: Facts,
    request: Request,
    surface: str,
    *,
    selling: str = "",
    parameters: Parameters | None = None,
    name: str = "",
) -> Expected:
    """The prediction, without the network."""
    numbers = parameters_of(facts, parameters or load_parameters())
    named = str(request.body.get("ordId") or "") if isinstance(request.body, dict) else ""
    state = mirror_of(facts, numbers, named)
    uid = int(facts.config["uid"])
    caller = Caller(user_id=uid, at_ms=facts.at_ms, market=NoHistory(), surface=surface)
    before = _Seen(state, caller)
    notes = _notes(facts, state, before, name)
    if len(facts.loans) > 1 and "loan" in request.path and not all("ordId" in row for row in facts.loans):
        notes.append(str(LOANS))
    found = course.run(state, caller, request, selling=selling)
    after = _Seen(state, caller)
    if found.meets_an_hour:
        notes.append(str(HOUR))
    ended = found.ended
    return Expected(
        request=request,
        exact=not notes,
        notes=notes,
        refused=found.refused,
        reason=found.reason,
        status=ended.record.status if ended else "",
        repaid=text_from_atoms(ended.record.repaid) if ended else "",
        legs=_legs(found),
        trading=changes(before.of_coins("cashBal"), after.of_coins("cashBal")),
        funding=changes(before.funding, after.funding),
        debts=changes(before.of_coins("liab"), after.of_coins("liab")),
        margin=[Change(key, before.balance[key], after.balance[key]) for key in OF_MARGIN],
        loans=_loans(before.loans, after.loans),
    )


class _Seen:
    """Answers about a mirror, as they were at one moment."""

    def __init__(self, state: State, caller: Caller) -> None:
        self.balance = course.balance_of(state, caller)
        self.funding = {row["ccy"]: row["bal"] for row in course.funding_of(state, caller)}
        self.loans: dict[str, Any] = {
            str(row.get("ordId", number)): row for number, row in enumerate(course.loans_of(state, caller))
        }

    def of_coins(self, name: str) -> dict[str, str]:
        return {row["ccy"]: row[name] for row in self.balance["details"]}


def _notes(facts: Facts, state: State, before: _Seen, name: str) -> list[str]:
    """Reasons why the prediction is an estimate."""
    known = state.parameters.currencies
    unknown = [row["ccy"] for row in (*facts.balance["details"], *facts.funding) if row["ccy"] not in known]
    different = unlike(facts.balance, before.balance)
    found = [
        (name in HOSTS, str(ESTIMATE)),
        (bool(unknown), str(COINS).format(names=", ".join(unknown))),
        (bool(different) and not unknown, str(UNLIKE).format(names=", ".join(different[:5]))),
        (facts.orders > 0, str(ORDERS)),
        (own_share(state), str(OWN_TRADES)),
        (bool(facts.config["spotBorrowAutoRepay"]), str(RUNNING)),
    ]
    return [words for is_so, words in found if is_so]


def _legs(found: Course) -> list[ExpectedLeg]:
    if found.ended is None:
        return []
    legs = []
    for leg in found.ended.record.legs:
        fills = [fill for fill in found.fills if fill.order_id == leg.order_id]
        base, _, quote = leg.instrument.partition("-")
        legs.append(
            ExpectedLeg(
                inst_id=leg.instrument,
                side=leg.side,
                px=text_from_atoms(leg.price),
                sz=text_from_atoms(leg.size),
                fill_px=text_from_atoms(leg.fill_price) if leg.fill_size else "",
                fill_sz=text_from_atoms(leg.fill_size),
                fee=text_from_atoms(sum(fill.fee for fill in fills)),
                fee_ccy=base if leg.side == "buy" else quote,
                state=leg.state,
            )
        )
    return legs


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[Change]:
    """What is another afterwards; what is not there counts as 0."""
    names = sorted({*before, *after})
    pairs = ((name, before.get(name, "0"), after.get(name, "0")) for name in names)
    return [Change(name, was, now) for name, was, now in pairs if was != now]


def _loans(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[LoanChange]:
    found = []
    for ord_id in dict.fromkeys((*before, *after)):
        was, now = before.get(ord_id), after.get(ord_id)
        if was != now:
            found.append(
                LoanChange(
                    ord_id=ord_id,
                    ltv_before=was["curLTV"] if was else "",
                    ltv_after=now["curLTV"] if now else "",
                    debts=changes(_amounts(was, "loanData"), _amounts(now, "loanData")),
                    collateral=changes(_amounts(was, "collateralData"), _amounts(now, "collateralData")),
                )
            )
    return found


def _amounts(row: Any, name: str) -> dict[str, str]:
    rows: Iterable[Any] = row[name] if row else ()
    return {each["ccy"]: each["amt"] for each in rows}
