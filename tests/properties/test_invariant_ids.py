"""Each invariant of the engine has a check by its identifier, and each check is shown to catch a planted bug."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from msgspec import structs

from tallystick.engine import core
from tallystick.engine import events as e
from tallystick.engine.ledger import InvariantViolation
from tests.engine import test_cross
from tests.properties import caught_in, directed, postconditions, registry, test_round_trips
from tests.properties import run as run_module
from tests.properties.invariants import Step
from tests.properties.oracle import Broken
from tests.properties.planting import plant
from tests.properties.run import Run
from tests.properties.shadow import IDENTIFIER
from tests.properties.test_planted_bugs import BUGS
from tests.properties.workload import played


class Planted(NamedTuple):
    """`by` a test that must fail; without one the identifier must be reported by a run."""

    identifier: str
    function: str
    old: str
    new: str
    by: Callable[[], None] | None = None


def after_a_snapshot() -> None:
    """I5: a run cut in the middle goes on from its snapshot without charging an hour again."""
    run = clean_run()
    cut = len(run.entries) // 2
    state = core.new_state(run.began_with, run.started_at_ms)
    for stamp, _, events in run.entries[:cut]:
        core.fold(state, stamp, events)
    state = core.decode_state(core.encode_state(state))
    for stamp, command, events in run.entries[cut:]:
        assert core.handle(state, stamp, command) == events


CLEAN: list[Run] = []


def clean_run() -> Run:
    """One run played before any bug is planted."""
    if not CLEAN:
        CLEAN.append(played(1, 120))
    return CLEAN[0]


def one_number() -> None:
    """B13: what comes in pays the debt of its coin."""
    try:
        test_cross.test_what_comes_in_pays_though_an_order_holds_more()
    except InvariantViolation as broken:
        raise AssertionError(broken.invariant) from None


def round_trip() -> None:
    test_round_trips.test_convert_there_and_back("BTC", "USDT")


def cycle() -> None:
    test_round_trips.test_no_cycle_of_quotes_gains(("USDT", "BTC", "ETH"))


REWRITING = (
    "    old = globals().setdefault('seen_by_the_bug', [])\n"
    "    if old and old[-1][0] < stamp.seq:\n"
    "        __import__('msgspec').structs.force_setattr(old[-1][1], 'amount', old[-1][1].amount + 1)\n"
    "    old.append((stamp.seq, event))\n"
    "    user = state.users[event.user_id]"
)
SPREAD = "ONE + spread if buying else ONE - spread"
PLANTED = [
    Planted(
        "L2",
        "core.new_state",
        '("outside", -reserve))\n',
        '("outside", -reserve))\n    state.ledger["outside"]["USDT"] -= 1\n',
    ),
    Planted("X1", "faults._is_done", "<= fault.fired", "< fault.fired"),
    Planted("X2", "repay_faults.hold_up", "late.ms", "late.ms + 1"),
    Planted("L3", "account.adjust_balance", "if at_hand + command.delta < 0:", "if False:"),
    Planted("L5", "account.transfer", "state.last_transfer_id + 1,", "(state.last_transfer_id + 1) * 1.0,"),
    Planted(
        "L6",
        "order_events._filled",
        '(trading, -spent), ("market", spent)',
        '(trading, 1 - spent), ("market", spent - 1)',
    ),
    Planted("L8", "convert.quote_price", SPREAD, "ONE - spread if buying else ONE + spread", round_trip),
    Planted("L9", "core.advance", "state.seq = stamp.seq", "state.seq = stamp.seq + 1"),
    Planted("L13", "borrow._repaid", "    user = state.users[event.user_id]", REWRITING),
    Planted("B1", "ledger.claim", '("owed", delta)', '("market", delta)'),
    Planted(
        "B2",
        "account._transferred",
        "    user = state.users[event.user_id]\n",
        "    user = state.users[event.user_id]\n"
        "    ledger.post(state, event.ccy, (f'debt:{event.user_id}', -1), ('owed', 1))\n",
    ),
    Planted("B4", "margin.quota_left", "- account_group.owed(state, user_id, ccy)", "- 0"),
    Planted(
        "B5",
        "loan_risk._pool_moved",
        '("pool", event.delta), ("outside", -event.delta)',
        '("pool", event.delta + 1), ("outside", -event.delta - 1)',
    ),
    Planted("B9", "borrow.set_auto_repay", "enabled=command.enabled", "enabled=not command.enabled"),
    Planted("B10", "borrow.manual_borrow", "debt_after=debt_after", "debt_after=debt_after + 1"),
    Planted(
        "B11",
        "charging.charge_user",
        "    user.charged_ms = state.hour_ms\n",
        "    user.charged_ms = state.hour_ms\n"
        "    if owed := state.ledger.get(f'debt:{user.user_id}'):\n"
        "        state.ledger[f'debt:{user.user_id}'] = {'BTC': 0, **owed}\n",
    ),
    Planted(
        "B13", "borrow.auto_repay", "if not (user.auto_repay or user.cross):", "if not user.auto_repay:", one_number
    ),
    Planted(
        "I5",
        "core.decode_state",
        "    return state\n",
        "    state.hour_ms -= 3_600_000\n    return state\n",
        after_a_snapshot,
    ),
    Planted("I6", "rates._hour_passed", "state.hour_ms = event.hour_ms", "state.hour_ms = event.hour_ms + 3_600_000"),
    Planted("O2", "repay.repay_debt", "remaining=debt - direct", "remaining=debt"),
    Planted("O3", "repay._advance", "repaid=record.repaid + repaid)", "repaid=record.repaid + repaid + 1)"),
    Planted("O4", "repay._leg", "fill_price=order.last_price", "fill_price=0"),
    Planted(
        "O6", "repay._sell", "pair, task = sale_pair(state, ccy)", "ccy = 'ETH'; pair, task = sale_pair(state, ccy)"
    ),
    Planted("O9", "orders._fill", "(0 if maker and other else 1)", "(0 if maker and other else 2)"),
    Planted("O10", "repay.repay_debt", "if debt == 0:", "if False:"),
    Planted("F2", "soundness.stays_sound", "if needs is not None:", "if False:"),
    Planted("F3", "loan_judging.ltv_at", "return owed * ONE // value", "return owed * ONE * 105 // (100 * value)"),
    Planted(
        "F4",
        "loan_liquidation.liquidation",
        "ltv >= min((ONE + line) // 2, ONE - parameters.loan_liquidation_fee)",
        "ltv >= 3 * ONE",
    ),
    Planted(
        "F5",
        "loan_liquidation.Liquidated.seize",
        "gross_usd - fee_usd - owed_usd",
        "gross_usd - 2 * fee_usd - owed_usd",
    ),
    Planted("F6", "loan_risk._settle", "max(amount, -fund)", "max(amount, -fund // 2)"),
    Planted(
        "F8",
        "flexible_loan._lend",
        "    loan.booked = _changed(loan.booked, event.ccy, event.amount)",
        "    loan.booked = _changed(loan.booked, event.ccy, event.amount)\n"
        "    if event.kind == BORROWED and event.ccy not in loan.collateral:\n"
        "        ledger.post(state, event.ccy, (_funding(event), -1), (f'vault:{event.loan_id}', 1))\n"
        "        loan.collateral = _changed(loan.collateral, event.ccy, 1)",
    ),
    Planted(
        "F9",
        "loan_requests._borrow",
        "flexible_loan.move(work, loan, flexible_loan.BORROWED, request.ccy, request.amount)",
        "[flexible_loan.move(work, loan, flexible_loan.BORROWED, request.ccy, part) "
        "for part in (request.amount // 2, request.amount - request.amount // 2) if part]",
    ),
    Planted(
        "F11", "flexible_loan.liquidation_price", "name, lift(", "name, (lambda value, unit: value // unit * unit)("
    ),
    Planted(
        "F12",
        "loan_requests._require_borrowable",
        "not flexible_loan.within_initial_ltv(state, debts, collateral, e_mode=e_mode)",
        "False",
    ),
    Planted("F14", "loan_risk.review", "due.append((-ltv, loan_id))", "due.append((ltv, loan_id))"),
    Planted(
        "F15",
        "flexible_loan.adjust_collateral",
        "move(work, loan, COLLATERAL_LOCKED, command.ccy, -command.amount)",
        "[move(work, loan, COLLATERAL_LOCKED, command.ccy, -part) "
        "for part in (command.amount // 2, command.amount - command.amount // 2) if part]",
    ),
    Planted("U1", "account._user_created", "state.users[event.master_id].sub_ids += (event.user_id,)", "pass"),
    Planted("C2", "convert.trade_quote", "if quote.traded:", "if False:"),
    Planted("C3", "convert.sizes", "base = cut(size * ONE // price", "base = lift(size * ONE // price"),
    Planted(
        "C4",
        "convert._traded",
        "for ccy in (event.base_ccy, event.quote_ccy):",
        "ledger.post(state, event.base_ccy, (trading, 1), ('desk', -1))\n"
        "    for ccy in (event.base_ccy, event.quote_ccy):",
    ),
    Planted("C5", "convert.quote_price", SPREAD, "ONE - spread if buying else ONE + spread", cycle),
]

ELSEWHERE = {
    "H2": "one walk and one page are tests with answers of their own",
    "H3": "as H2",
    "H4": "as H2",
    "H5": "as H2",
    "H6": "as H2",
    "H7": "as H2",
    "E5": "test_replay plants an order that hangs on the hash seed",
    "E6": "the rules of tests/tidy are each shown to fail",
}
"""Identifiers whose check is no run of the engine; why no bug is planted here."""


@pytest.mark.parametrize("identifier", registry.IN_RUNS)
def test_an_identifier_is_checked_in_runs(identifier: str) -> None:
    by_table = {*IDENTIFIER.values(), *run_module.REFUSALS.values()}
    assert identifier in by_table or registry.asserted().get(identifier), f"no check says {identifier}"


@pytest.mark.parametrize("identifier", registry.IN_TESTS)
def test_an_identifier_is_checked_by_a_test(identifier: str) -> None:
    assert [test for test in registry.IN_TESTS[identifier] if not registry.is_there(test)] == []


def test_the_list_of_the_engine_is_whole() -> None:
    """All of L, B, I, O, F, C, U and X, and what of H and E concerns rows and the engine."""
    numbers = {"L": 13, "B": 13, "I": 6, "O": 10, "F": 15, "C": 5, "H": 8, "U": 2, "X": 2}
    wanted = {f"{letter}{number}" for letter, most in numbers.items() for number in range(1, most + 1)}
    assert set(registry.ENGINE) == wanted | {"E5", "E6"}


def test_every_identifier_is_caught_by_a_bug_of_its_own() -> None:
    """A bug that may break one of several proves none of them."""
    alone = {bug.caught_by[0] for bug in BUGS if isinstance(bug.caught_by, tuple) and len(bug.caught_by) == 1}
    proven = alone | {bug.identifier for bug in PLANTED} | set(ELSEWHERE)
    assert [identifier for identifier in registry.ENGINE if identifier not in proven] == []


@pytest.mark.parametrize("bug", PLANTED, ids=lambda bug: bug.identifier)
def test_a_planted_bug_is_caught_by_its_identifier(bug: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    clean_run()
    plant(monkeypatch, bug.function, bug.old, bug.new)
    if bug.by is not None:
        with pytest.raises(AssertionError):
            bug.by()
        return
    others: Counter[str] = Counter()
    for play in caught_in.first_there(bug.identifier):
        try:
            play()
        except Broken as broken:
            if broken.identifier == bug.identifier:
                return
            others[broken.identifier] += 1
    pytest.fail(f"never caught as {bug.identifier}, but as {others}")


# ---- post-conditions


def tampered(step: Step) -> Iterator[Step]:
    """The same step as if something else had come of it: nothing moved, no rows, another event."""
    yield replace(step, effects=[], rows=[])
    yield replace(step, rows=[])
    yield replace(step, effects=[*step.effects, *step.effects])
    given = e.BalanceAdjusted(user_id=1, account="trading", ccy="BTC", delta=5)
    stranger = {("trading:1", "BTC"): 5, ("outside", "BTC"): -5}
    yield replace(
        step, effects=[*step.effects, *(replace(one, event=given, ledger=stranger) for one in step.effects[:1])]
    )
    turned = [replace(one, ledger={place: -delta for place, delta in one.ledger.items()}) for one in step.effects]
    yield replace(step, effects=turned)
    yield replace(step, events=[*step.events, *step.events])
    command: Any = step.command
    if hasattr(command, "enabled"):
        yield replace(step, command=structs.replace(command, enabled=not command.enabled))


@contextmanager
def watched(shown: dict[str, bool]) -> Iterator[None]:
    """While runs are played, tamper with the first steps of each condition and note whether it sees that."""

    def check(step: Step) -> list[str]:
        applied = postconditions.check_post(step)
        for name in applied:
            if shown.get(name):
                continue
            shown[name] = any(fails(postconditions.POST[name], other) for other in tampered(step))
        return applied

    patch = pytest.MonkeyPatch()
    patch.setattr(run_module, "check_post", check)
    try:
        yield
    finally:
        patch.undo()


def fails(condition: Callable[[Step], bool], step: Step) -> bool:
    try:
        condition(step)
    except (Broken, ValueError):
        return True
    return False


def test_every_post_condition_is_met_and_can_fail() -> None:
    shown: dict[str, bool] = {}
    with watched(shown):
        directed.halved()
        for seed in range(12):
            if not all(shown.get(name) for name in postconditions.POST):
                played(seed)
    assert shown == dict.fromkeys(postconditions.POST, True)
    assert len(shown) == 15
