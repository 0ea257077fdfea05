"""A check that cannot fail is a defect: each bug planted here must be caught by the check that is named for it.

A bug is caught either by random runs, which must then break one of the named invariants, or by a
named test of the engine, which must then fail.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable

import pytest

from tallystick.engine import ledger
from tests.engine import (
    test_account,
    test_amend,
    test_auto_repay,
    test_collateral,
    test_exposure,
    test_index_source,
    test_loan_risk,
    test_margin,
    test_numbers,
    test_orders,
    test_repay,
    test_spot_borrow,
    test_spot_cost,
    test_spot_rates,
    test_spot_risk,
    test_subaccounts,
)
from tests.properties import caught_in, directed, edges
from tests.properties.oracle import Broken
from tests.properties.planted_exposure import EXPOSED
from tests.properties.planted_loans import LENT
from tests.properties.planted_repay import ONE_CLICK
from tests.properties.planted_triggers import WATCHED
from tests.properties.planting import Bug, plant
from tests.properties.run import Run
from tests.properties.workload import played

SEEDS = range(40)


def plays() -> dict[str, Callable[[], Run]]:
    """Random runs by name."""
    return {f"seed {seed}": functools.partial(played, seed) for seed in SEEDS}


def reported(bug: str, wanted: tuple[str, ...]) -> Counter[str]:
    """What runs report, up to the first of the identifiers that are wanted."""
    found: Counter[str] = Counter()
    for play in caught_in.first_there(bug, plays()):
        try:
            play()
        except Broken as broken:
            found[broken.identifier] += 1
            if broken.identifier in wanted:
                break
    return found


BUGS = [
    *WATCHED,
    *EXPOSED,
    *LENT,
    *ONE_CLICK,
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
    Bug(
        "interest twice",
        "accrual.charges_of_user",
        "in _hours(state, _booked(owed), user.charged_ms, spot_hour)",
        "in [*_hours(state, _booked(owed), user.charged_ms, spot_hour)] * 2",
        ("I1",),
    ),
    Bug(
        "interest of one user missing",
        "accrual.charges_of_user",
        "if not owed or",
        "if not owed or user.user_id == min(state.users) or",
        ("I1",),
    ),
    Bug(
        "loan interest is not booked in the loan",
        "charging.charge_loan",
        "loan.booked[ccy] += interest",
        "pass",
        ("I3", "B1", "F7"),
    ),
    Bug(
        "hours that are due do not compound",
        "accrual._hours",
        "interest_of(debt, rate)",
        "interest_of(min(debt, 100 * 10**18), rate)",
        edges.due_interest,
    ),
    Bug(
        "interest that is due is not told",
        "ledger.debt",
        "user.charged_ms == state.hour_ms",
        "True",
        edges.due_interest,
    ),
    Bug(
        "asking for a debt books its interest",
        "ledger.debt",
        "    user = state.users[user_id]\n",
        "    user = state.users[user_id]; owed[ccy] -= 1\n",
        edges.due_interest,
    ),
    Bug(
        "another rate than the row says",
        "accrual._hours",
        "rate = log[at][1]",
        "rate = log[at][1] + 1",
        ("I4",),
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
    Bug("a claim is forgotten", "ledger.claim", '("owed", delta)', '("pool", delta)', ("B1", "B5")),
    Bug("the pool's sum forgets a repayment", "ledger.claim", "+ delta)", "+ max(0, delta))", ("I4",)),
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
    Bug(
        "unsound accounts let through",
        "margin.stays_sound",
        "if worth >= margin:",
        "if True:",
        ("F2", "B6", "L11", "C1"),
    ),
    # ---- auto repay
    Bug("exemption ignored", "borrow.auto_repay", " - user.exempt.get(ccy, 0)", "", ("B8",)),
    Bug(
        "an order repays once, whatever its fills",
        "orders.match",
        "        if repays:\n            borrow.auto_repay",
        "        if repays and left is None:\n            borrow.auto_repay",
        test_auto_repay.test_each_fill_of_an_order_repays_by_itself,
    ),
    Bug("a manual borrow escapes the sweep", "borrow._auto_repay_switched", "user.exempt.clear()", "pass", ("B8",)),
    Bug("auto repay though switched off", "borrow.auto_repay", "if not user.auto_repay:", "if False:", ("B8",)),
    Bug(
        "no sweep on switching on", "borrow.set_auto_repay", "if command.enabled and not was_on:", "if False:", ("B8",)
    ),
    Bug(
        "a cancellation frees nothing for it",
        "orders.cancel_order",
        "borrow.auto_repay(work, user, held_ccy)",
        "pass",
        test_auto_repay.test_a_cancelled_order_frees_coins_that_repay,
    ),
    Bug(
        "a run's proceeds swallowed",
        "borrow.unreserved",
        "state.parameters.transit_ccy: run.raised_net",
        "state.parameters.transit_ccy: 0",
        test_repay.test_auto_repay_switched_on_between_the_legs_leaves_the_raised_coins,
    ),
    # ---- orders
    Bug("fee forgotten", "orders._amounts", "fee = mul_up(", "fee = 0 * mul_up(", ("L7",)),
    Bug("hold not given back", "orders.close", "order.held,", "0,", ("L4",)),
    Bug(
        "later orders first",
        "order_events._sort_key",
        "return (price, order.number",
        "return (price, -order.number",
        test_orders.test_better_prices_first_then_earlier_orders,
    ),
    Bug("a limit not kept", "orders._best_offer", "if not resting or beyond(price):", "if not resting:", ("O5",)),
    Bug("own orders met", "orders._best_offer", "if maker.user_id == taker.user_id:", "if False:", ("O5", "L3")),
    Bug(
        "own orders count for fill-or-kill",
        "orders._fillable_at_once",
        ", without=command.user_id",
        "",
        test_orders.test_fok_does_not_count_own_orders,
    ),
    Bug(
        "open orders judged alone",
        "margin._worth",
        "if user.frozen or user.promised:",
        "if False:",
        test_margin.test_open_orders_are_judged_together,
    ),
    Bug(
        "crossed at the house's price",
        "orders.fill_crossed",
        "_fill(work, order, instrument, price, size, maker=True, other=0",
        "_fill(work, order, instrument, house[0][0], size, maker=True, other=0",
        ("O5", "L4"),
    ),
    Bug(
        "a larger order keeps its place",
        "amend.amend_order",
        "change.price != order.price or change.size > order.size",
        "change.price != order.price",
        lambda: test_amend.test_only_a_smaller_order_keeps_its_place("1.1", "0", "other"),
    ),
    Bug(
        "an order changed for nothing",
        "amend._change_of",
        "if left and (more > 0 or moved):",
        "if False:",
        test_amend.test_refusals_in_their_order,
    ),
    Bug("the old hold is kept beside the new", "amend._change_of", ") + order.held)", "))", ("L4", "B6", "B7")),
    Bug(
        "changed and not matched",
        "amend.amend_order",
        "elif requeued:",
        "elif False:",
        test_amend.test_a_price_that_others_offer_is_matched_at_once,
    ),
    Bug(
        "one order too many",
        "orders._require_place",
        ">= parameters.orders_max:",
        "> parameters.orders_max:",
        directed.no_place_for_an_order,
    ),
    # ---- borrow tiers
    Bug(
        "a debt over the bound stays in the lower tier",
        "margin.tier_of",
        "if amount <= upper:",
        "if amount <= upper + 1:",
        test_spot_rates.test_a_debt_on_the_bound_belongs_to_the_lower_tier,
    ),
    Bug(
        "tiers beyond the announced ones ask no more",
        "margin.tier",
        "maintenance + more, initial + more",
        "maintenance, initial",
        test_spot_rates.test_beyond_the_last_tier_a_debt_stays_in_it,
    ),
    Bug("a tier too much", "margin.tier_cap", "initial <= share", "initial <= share + ONE // 50", ("B4", "F7")),
    Bug(
        "the maintenance rate of the first tier",
        "margin.tier",
        "further - 1]",
        "further - 1]; maintenance = listed[0][1]",
        test_spot_rates.test_the_tier_sets_least_initial_and_maintenance_margin,
    ),
    Bug(
        "one order too many for an instrument",
        "orders._require_place",
        ">= parameters.orders_max_per_instrument:",
        "> parameters.orders_max_per_instrument:",
        test_orders.test_so_many_open_orders_and_no_more,
    ),
    Bug(
        "the fee counts as bought",
        "spot_cost.traded",
        "received = event.size - event.fee",
        "received = event.size",
        test_spot_cost.test_the_fee_is_not_in_the_price_and_its_coins_were_not_bought,
    ),
    Bug(
        "a sale moves the average cost",
        "spot_cost.traded",
        "cost.amount -= event.size",
        "cost.amount, cost.average = cost.amount - event.size, price",
        test_spot_cost.test_the_documented_example,
    ),
    Bug(
        "a cost outlives its coins",
        "spot_cost.traded",
        "if cost.amount <= 0 or price <= 0:",
        "if cost.amount == 0 or price <= 0:",
        test_spot_cost.test_a_cost_ends_when_as_much_is_sold_and_begins_anew,
    ),
    Bug(
        "cost in the quote coin instead of dollars",
        "spot_cost.traded",
        "price = mul_down(event.price, prices.usd_index(state, instrument.quote_ccy))",
        "price = event.price",
        test_spot_cost.test_prices_are_in_dollars_whatever_the_quote_coin_is_worth,
    ),
    Bug(
        "orders that ended stay counted",
        "open_orders.OpenOrders.remove",
        "self._counts[place] -= 1",
        "pass",
        test_orders.test_so_many_open_orders_and_no_more,
    ),
    Bug("given up and kept", "amend._give_up", "orders.close(", "(lambda *given: None)(", ("O4",)),
    Bug("a timer spares tags", "cancel_timer.go_off", 'if tag in ("", order.tag):', "if tag == order.tag:", ("O4",)),
    Bug("a timer goes off again", "cancel_timer._set", "timers.pop(event.tag, None)", "pass", ("O4", "I1")),
    Bug(
        "both shall give way and one does",
        "orders._best_offer",
        "in (CANCEL_TAKER, CANCEL_BOTH)",
        "in (CANCEL_TAKER,)",
        lambda: test_amend.test_who_gives_way_where_a_user_meets_himself("cancel_both", ["0.3"], ["maker", "taker"]),
    ),
    Bug(
        "a market sale is cut off the lot",
        "orders._within_balance",
        "cut(ledger.available(state, user, ccy), unit)",
        "ledger.available(state, user, ccy)",
        test_amend.test_a_market_sale_sized_in_quote_is_cut_to_whole_lots,
    ),
    Bug("more spent than held", "order_events._filled", "(trading, -spent)", "(trading, -spent - 1)", ("L1",)),
    # ---- convert
    Bug(
        "a quote ends a millisecond early",
        "convert.trade_quote",
        "work.stamp.at_ms > quote.expires_at_ms",
        "work.stamp.at_ms >= quote.expires_at_ms",
        ("C1",),
    ),
    Bug(
        "a quote lives a millisecond longer",
        "convert.trade_quote",
        "work.stamp.at_ms > quote.expires_at_ms",
        "work.stamp.at_ms > quote.expires_at_ms + 1",
        ("C1",),
    ),
    Bug("a quote is used twice", "convert._traded", ".traded = True", ".traded = False", ("convert_trade", "C2")),
    Bug(
        "rounded for the user",
        "convert.sizes",
        "base = cut(size * ONE // price, SIZE_UNIT)",
        "base = lift(size * ONE // price, SIZE_UNIT)",
        edges.convert,
    ),
    Bug(
        "rounded for the user, in runs",
        "convert.sizes",
        "base = cut(size * ONE // price, SIZE_UNIT)",
        "base = lift(size * ONE // price, SIZE_UNIT)",
        ("C3", "C1"),
    ),
    Bug("no spread", "convert.quote_price", "ONE + spread if buying else ONE - spread", "ONE", ("L7", "C3")),
    Bug(
        "a third leg",
        "convert._traded",
        "for ccy in (event.base_ccy, event.quote_ccy):",
        "ledger.post(state, event.base_ccy, (trading, 1), ('desk', -1))\n"
        "    for ccy in (event.base_ccy, event.quote_ccy):",
        ("C4", "L12"),
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
    Bug(
        "a transfer to another account not checked",
        "subaccounts.transfer_between",
        "if out_of_trading and not margin.stays_sound(",
        "if False and not margin.stays_sound(",
        ("U2", "F2"),
    ),
    Bug(
        "another account hands over a coin to hide behind",
        "subaccounts.transfer_between",
        "if into_trading and not margin.stays_sound(",
        "if False and not margin.stays_sound(",
        test_subaccounts.test_nobody_is_handed_a_coin_that_lost_its_price_to_hide_behind,
    ),
    Bug(
        "borrowed coins leave for another account",
        "subaccounts.transfer_between",
        "else own_available(state, giver, command.ccy)",
        "else ledger.available(state, giver, command.ccy)",
        ("U2",),
    ),
    Bug(
        "a sub-account takes what it likes",
        "subaccounts.transfer_between",
        "if asker.master_id and command.giver_id != command.user_id:",
        "if False:",
        ("U2",),
    ),
    Bug(
        "a sub-account gives to another without leave",
        "subaccounts.transfer_between",
        "if asker.master_id and command.receiver_id != members[0] and not asker.may_transfer_out:",
        "if False:",
        ("U2",),
    ),
    Bug(
        "leave to give away is forgotten",
        "subaccounts._transfer_out_set",
        "may_transfer_out = event.allowed",
        "may_transfer_out = False",
        ("U2",),
    ),
    Bug(
        "a transfer arrives at the one who asked",
        "subaccounts._transferred_between",
        'f"{event.target}:{event.receiver_id}"',
        'f"{event.target}:{event.user_id}"',
        ("L2", "H8"),
    ),
    Bug(
        "a refused trade is booked",
        "convert._traded",
        "if event.state == REJECTED:",
        "if False:",
        directed.a_refused_trade,
    ),
    Bug(
        "a refusal is not counted",
        "convert._traded",
        "state.rejections[whose] - 1",
        "state.rejections[whose]",
        directed.a_refused_trade,
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
        "> margin.quota_left(",
        "> 10**40 + margin.quota_left(",
        edges.quota,
    ),
    Bug(
        "possible borrowing needs no margin",
        "margin.stays_sound",
        "initial_margin(state, user_id, more)",
        "initial_margin(state, user_id)",
        test_spot_borrow.test_open_orders_count_together,
    ),
    Bug(
        "a fill is not judged again",
        "spot_borrow.refusal",
        'return "" if worth >= needed else RISK',
        'return ""',
        test_spot_borrow.test_a_fall_cancels_what_it_leaves_uncovered_before_it_fills,
    ),
    Bug(
        "leverage judged without what is owed",
        "account.set_leverage",
        "if owed and",
        "if False and",
        test_spot_rates.test_less_leverage_needs_the_margin,
    ),
    Bug("the rate of the hour to come", "rates.in_force", "state.rates[ccy][-1][1]", "now(state, ccy)", ("I4",)),
    Bug("a flat curve", "rates.curve", "used <= kink", "True", edges.curve),
    Bug(
        "liquidated one atom late",
        "spot_risk.review",
        "worth * ONE <= needed * parameters.spot_liquidation_ratio",
        "worth * ONE < needed * parameters.spot_liquidation_ratio",
        edges.liquidation,
    ),
    Bug("no account is liquidated", "spot_risk.review", "due.append(", "due and due.append(", ("B6",)),
    Bug("sold at any price", "forced_sale._bound", "ONE - rate", "ONE - 5 * rate", ("O7",)),
    Bug(
        "liquidation without its fee",
        "forced_sale._repay",
        "fee = mul_up(amount, terms.fee)",
        "fee = 0",
        test_spot_risk.test_the_worked_price_of_the_liquidation,
    ),
    Bug(
        "a frozen account trades",
        "spot_risk._started",
        "liquidating = True",
        "liquidating = False",
        test_spot_risk.test_an_account_the_book_cannot_pay_out_stays_frozen_until_it_can,
    ),
    Bug(
        "the fund forgets what it pays",
        "spot_risk._covered",
        '("insurance", -event.own), ("market", -rest)',
        '("market", -rest - event.own)',
        test_spot_risk.test_what_is_left_when_everything_is_sold_is_paid_by_the_fund,
    ),
    # ---- the index
    Bug("own trades count for nothing", "prices.reindex", "if share and", "if False and", ("F13",)),
    Bug(
        "the shares the wrong way round",
        "prices.reindex",
        "(market.recorded * (ONE - share) + market.last * share)",
        "(market.recorded * share + market.last * (ONE - share))",
        ("F13",),
    ),
    Bug(
        "the index rounded up",
        "prices.reindex",
        "+ market.last * share) //",
        "+ market.last * share + ONE - 1) //",
        ("F13",),
    ),
    Bug(
        "an old trade outlives a new price",
        "prices._recorded",
        "market.last = last\n    market.last_size = 0",
        "pass",
        ("F13", "O7"),
    ),
    Bug(
        "another share counts from the next price on",
        "settings._parameters_changed",
        "prices.reindex(state, market)",
        "pass",
        test_index_source.test_another_share_counts_at_once_and_judges_at_once,
    ),
    Bug(
        "a moved index judges nobody",
        "risk.review_moved_index",
        "!= work.judged:",
        "< 0:",
        ("B6", "F4"),
    ),
    Bug(
        "a liquidation judges nobody after it",
        "risk.review",
        "if companions.index_changes == work.judged:",
        "if True:",
        test_index_source.test_each_liquidation_brings_the_next_one_about,
    ),
    Bug(
        "liquidated by a price that is past",
        "spot_risk._liquidate",
        "if not _due(state, user):",
        "if False:",
        test_index_source.test_whom_an_earlier_sale_has_helped_is_left_alone,
    ),
    Bug(
        "the house follows a sale down",
        "prices._ladder",
        "middle = market.recorded",
        "middle = market.index",
        test_index_source.test_the_house_does_not_follow_a_sale,
    ),
    Bug(
        "who owes less than an order keeps his coins",
        "spot_risk._cover",
        "if given:",
        "if False:",
        test_spot_risk.test_nobody_keeps_coins_because_a_lot_is_too_large,
    ),
    Bug(
        "the rest of a lot is a fee",
        "loan_risk._force_one",
        "taken = mul_up(bought, fee)",
        "taken = bought - debt_falls",
        test_loan_risk.test_a_lot_larger_than_the_debt_is_not_kept,
    ),
    # ---- the insurance fund
    Bug("lent without a fund", "margin.lendable", "if fund.is_empty(state):", "if False:", directed.an_empty_fund),
    Bug(
        "the fund goes below zero",
        "fund.move_fund",
        "if holds(state) + command.delta < 0:",
        "if holds(state) + command.delta < -1:",
        directed.an_empty_fund,
    ),
    # ---- the lenders' auction
    Bug("the lowest bid for everybody", "auction.rate", "wanted -= amount", "wanted = 0", edges.auction_step),
    Bug("bids a year ahead", "auction.rate", "if wanted <= 0:", "if wanted < 0:", edges.auction_step),
    Bug("bids go past the curve", "rates.now", "or auction.rate(state, ccy)", "or None", directed.bids_of_lenders),
    # ---- collateral limits
    Bug(
        "restricted coins carry orders",
        "margin._worth",
        "or ccy not in barred",
        "or True",
        directed.a_restricted_coin,
    ),
    Bug(
        "restricted coins are taken away",
        "margin.stays_sound",
        "return adjusted_equity(state, user_id, changes, without) >= adjusted_equity(state, user_id)",
        "return bool(barred) or adjusted_equity(state, user_id, changes, without) >= adjusted_equity(state, user_id)",
        test_collateral.test_where_the_rest_does_not_carry_it_already_nothing_may_lower_the_equity,
    ),
    Bug(
        "sold too early",
        "collateral.review",
        ">= state.parameters.collateral_conversion",
        ">= 10**17",
        ("B2", "B6"),
    ),
    Bug(
        "coins that lie there are reckoned like a sale",
        "collateral._needed",
        "min(own, excess * total // value, owed)",
        "0",
        test_collateral.test_a_debt_its_own_coins_pay_needs_one_repayment,
    ),
    Bug(
        "a sale that repaid nothing is overlooked",
        "collateral._repay_some",
        " or ledger.available(state, user, ccy) < had:\n                return True",
        ":\n                return True\n            if ledger.available(state, user, ccy) < had:\n"
        "                break",
        test_collateral.test_a_sale_that_cannot_buy_what_is_owed_is_still_a_sale,
    ),
    Bug("restricted one atom late", "collateral.restriction", "used >= ONE", "used > ONE", edges.level),
    Bug(
        "every coin counts the whole debt",
        "collateral.backed",
        "-(-owed * value // total)",
        "owed",
        ("B6", "B2"),
    ),
    Bug(
        "another coin is sold for it",
        "forced_sale._to_sell",
        "terms.only in",
        "True or terms.only in",
        test_collateral.test_only_the_coin_itself_is_sold,
    ),
    # ---- ledger and histories
    Bug("a number is left out", "core.advance", "state.seq = stamp.seq", "state.seq = stamp.seq + 1", ("L9", "L10")),
    Bug(
        "a posting out of balance passes",
        "ledger.post",
        "if total != 0:",
        "if False:",
        test_account.test_a_posting_that_does_not_sum_to_zero_is_a_bug,
    ),
    Bug(
        "the row shows another debt",
        "views.borrow.history_row",
        "amount(event.debt_after)",
        "amount(event.amount)",
        ("H1",),
    ),
    # ---- bills
    Bug(
        "the bill of a trade forgets the fee",
        "views.bills._filled",
        'amount(-event.fee) if received else "0"',
        '"0"',
        ("H8",),
    ),
    Bug("bills with the wrong sign", "views.bills.moved", "before + delta", "before - delta", ("H8",)),
    Bug("a debt moves without a bill", "ledger.post", "startswith(OF_USERS)", 'startswith(("tr", "fu"))', ("H8",)),
    Bug("a balance stands still in its bills", "views.bills.rows_of", "after - change", "after", ("H8",)),
    Bug("a fill bears the other bill's number", "views.orders.fill_row", "fee_ccy][1]", "fee_ccy][1] - 1", ("H8",)),
    Bug("fills with the fee as a gift", "views.orders._fill", "amount(-event.fee)", "amount(event.fee)", ("H1",)),
    Bug("interest adds to the equity", "views.bills.interest_bill", "ccy, -interest,", "ccy, interest,", ("H8",)),
    Bug("a transfer the wrong way", "views.bills._transferred", "change > 0", "change < 0", ("H8",)),
    Bug("two bills of one number", "numbers.next_posting_id", "state.last_posting_id + 1", "0", ("H8",)),
    Bug(
        "orders whose numbers pass 63 bits",
        "numbers.next_order_id",
        "at_ms < LATER_MS",
        "True",
        lambda: test_numbers.test_what_is_done_gets_numbers_that_fit(test_numbers.LAST_OF_63_BITS_MS + 1),
    ),
    Bug(
        "two quotes of one name",
        "numbers.next_convert_id",
        "state.last_convert_id + 1",
        "0",
        test_numbers.test_quotes_of_one_millisecond_are_all_told_apart,
    ),
    Bug("every repayment by hand", "views.bills._repaid", "REPAYING[event.kind]", "REPAYING['manual_repay']", ("H8",)),
    Bug(
        "an event touches a stranger",
        "account._transferred",
        "user = state.users[event.user_id]",
        "user = state.users[event.user_id]; state.users[1].changed_at_ms['BTC'] = stamp.seq",
        ("L12",),
    ),
]


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_the_planted_bug_is_caught(bug: Bug, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch, bug.function, bug.old, bug.new)
    if callable(bug.caught_by):
        with pytest.raises((AssertionError, ledger.InvariantViolation, pytest.fail.Exception)):
            bug.caught_by()
        return
    found = reported(bug.name, bug.caught_by)
    assert found.keys() & set(bug.caught_by), f"reported are {found}"


@pytest.mark.parametrize(
    "check",
    [
        edges.redeem,
        edges.interest,
        edges.due_interest,
        edges.bound,
        edges.curve,
        edges.quota,
        edges.liquidation,
        edges.level,
        edges.convert,
        edges.deep_haircut,
        edges.auction_step,
        test_auto_repay.test_a_cancelled_order_frees_coins_that_repay,
        test_orders.test_fok_does_not_count_own_orders,
        test_margin.test_open_orders_are_judged_together,
        test_exposure.test_another_fee_counts_for_orders_that_are_open,
        test_exposure.test_fills_carry_an_equity_over_the_end_of_a_slice,
        test_exposure.test_an_order_that_is_judged_anew_does_not_stand_in_its_own_way,
    ],
)
def test_the_checks_pass_without_a_bug(check: Callable[[], None]) -> None:
    check()
