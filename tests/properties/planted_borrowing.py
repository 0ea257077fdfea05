"""Planted bugs of borrowing in Spot mode: loans, rates, quotas, interest, and what catches each."""

from __future__ import annotations

from tests.engine import test_repay, test_spot_borrow, test_subaccounts
from tests.properties import directed, edges
from tests.properties.planting import Bug

BORROWING = (
    # ---- interest
    Bug(
        "interest rounded down",
        "interest.spot_hour",
        "-(-debt * rate_per_year // (HOURS_PER_YEAR * ONE))",
        "debt * rate_per_year // (HOURS_PER_YEAR * ONE) - 99",
        ("I3",),
    ),
    Bug(
        "interest an ulp too high",
        "interest.spot_hour",
        ", SPOT_UNIT)",
        ", SPOT_UNIT) + SPOT_UNIT",
        ("I2",),
    ),
    Bug(
        "interest by the printed rate",
        "interest.spot_hour",
        "-debt * rate_per_year // (HOURS_PER_YEAR * ONE)",
        "-debt * (rate_per_year // HOURS_PER_YEAR // 100 * 100) // ONE",
        edges.interest,
    ),
    # ---- borrow and repay
    Bug(
        "no price, no repayment",
        "borrow.manual_repay",
        "if debt == 0:",
        "if debt == 0 or prices.usd_index(state, command.ccy) == 0:",
        ("B12",),
    ),
    Bug(
        "repaid twice",
        "borrow.manual_repay",
        "repay(work, user, command.ccy, amount, MANUAL_REPAY)",
        "[repay(work, user, command.ccy, amount // 2, MANUAL_REPAY) for _ in range(2)]",
        ("B3",),
    ),
    Bug(
        "frozen coins repay",
        "borrow.manual_repay",
        "ledger.available(state, user, command.ccy)",
        "ledger.cash(state, command.user_id, command.ccy)",
        ("B3", "B12", "L4"),
    ),
    Bug("repaid more than owed", "borrow.manual_repay", "min(command.amount, debt, ", "min(command.amount, ", ("B3",)),
    Bug(
        "the pool gets too little back",
        "borrow._repaid",
        '("pool", event.amount)',
        '("pool", event.amount - 1)',
        ("L1",),
    ),
    Bug(
        "quota not looked at",
        "borrow.manual_borrow",
        "> margin.borrow_limit_left(state, command.user_id, command.ccy)",
        "> 10**40",
        ("B6",),
    ),
    Bug(
        "a refusal leaves a trace",
        "borrow.manual_borrow",
        "if command.amount < currency.min_borrow:",
        "user.changed_at_ms[command.ccy] = work.stamp.at_ms\n    if command.amount < currency.min_borrow:",
        ("L11",),
    ),
    Bug(
        "state moved outside of events",
        "borrow.manual_borrow",
        "debt_after=debt_after\n        )\n    )",
        "debt_after=debt_after\n        )\n    )\n    user.changed_at_ms[command.ccy] += 1",
        ("L10",),
    ),
    Bug(
        "the switch moves money",
        "borrow._auto_repay_switched",
        "user.auto_repay = event.enabled",
        "user.auto_repay = event.enabled; ledger.post(state, 'USDT', (f'funding:{event.user_id}', 1), ('outside', -1))",
        ("H8",),
    ),
    # ---- auto repay
    Bug("exemption ignored", "borrow.auto_repay", " - user.exempt.get(ccy, 0)", "", ("B8",)),
    Bug("a manual borrow escapes the sweep", "borrow._auto_repay_switched", "user.exempt.clear()", "pass", ("B8",)),
    Bug(
        "auto repay though switched off",
        "borrow.auto_repay",
        "if not (user.auto_repay or user.cross):",
        "if False:",
        ("B8",),
    ),
    Bug(
        "no sweep on switching on", "borrow.set_auto_repay", "if command.enabled and not was_on:", "if False:", ("B8",)
    ),
    Bug(
        "a run's proceeds swallowed",
        "borrow.unreserved",
        "state.parameters.transit_ccy: run.raised_net",
        "state.parameters.transit_ccy: 0",
        test_repay.test_auto_repay_switched_on_between_the_legs_leaves_the_raised_coins,
    ),
    # ---- main and sub-accounts
    Bug(
        "quota not shared", "account_group.owed", "in members(state, user_id)", "in (user_id,)", directed.a_quota_shared
    ),
    Bug(
        "quota not shared, to the last digit",
        "account_group.owed",
        "in members(state, user_id)",
        "in (user_id,)",
        test_subaccounts.test_the_quota_is_shared_to_the_last_digit,
    ),
    Bug(
        "the level does not count",
        "account_group.quota",
        "dict(state.parameters.quota_levels)[of]",
        "10**18",
        directed.a_quota_of_a_level,
    ),
    # ---- spot credit
    Bug(
        "more borrowed than lacks",
        "spot_borrow.shortfall",
        "return max(0, spent - at_hand)",
        "return max(0, spent - at_hand + 1)",
        ("B7",),
    ),
    Bug(
        "coins at hand not used",
        "spot_borrow.shortfall",
        "max(0, spent - at_hand)",
        "max(0, spent - released)",
        ("B7",),
    ),
    Bug(
        "quota ignored",
        "spot_borrow.require_room",
        "if lacking > (left := margin.quota_left(state, user.user_id, ccy)):",
        "if lacking > 10**40 + (left := margin.quota_left(state, user.user_id, ccy)):",
        edges.quota,
    ),
    Bug(
        "a fill is not judged again",
        "spot_borrow.refusal",
        'return "" if worth >= needed else RISK',
        'return ""',
        test_spot_borrow.test_a_fall_cancels_what_it_leaves_uncovered_before_it_fills,
    ),
    Bug("the rate of the hour to come", "rates.in_force", "state.rates[ccy][-1][1]", "now(state, ccy)", ("I4",)),
    Bug("a flat curve", "rates.curve", "used <= kink", "True", edges.curve),
    # ---- the lenders' auction
    Bug("the lowest bid for everybody", "auction.rate", "wanted -= amount", "wanted = 0", edges.auction_step),
    Bug("bids a year ahead", "auction.rate", "if wanted <= 0:", "if wanted < 0:", edges.auction_step),
    Bug("bids go past the curve", "rates.now", "or auction.rate(state, ccy)", "or None", directed.bids_of_lenders),
)
