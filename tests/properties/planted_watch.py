"""Bugs planted into what says who is judged again after a price or an hour."""

from __future__ import annotations

from tests.engine import test_watch
from tests.properties import edges
from tests.properties.planting import Bug

WATCHED = [
    Bug(
        "the watch forgets that debts grow",
        "watch.Watch._ratio",
        "self._grown.get(owed, ONE) if grows else ONE",
        "ONE",
        edges.watched_like_everybody,
    ),
    Bug(
        "the watch forgets that spot debts grow",
        "watch._set_off",
        "mul_up(amount, ONE + headroom)",
        "amount * 99 // 100",
        edges.watched_like_everybody,
    ),
    Bug(
        "the watch hears of nobody",
        "watch.Watch._hear",
        "self._fired.update(heard.named)",
        "pass",
        edges.watched_like_everybody,
    ),
    Bug(
        "the watch looks at one pledged coin only",
        "watch.Watch.keep",
        "for coin in pledged:",
        "for coin in list(pledged)[:1]:",
        edges.watched_like_everybody,
    ),
    Bug(
        "the watch takes the line for farther than it is",
        "watch.Watch.keep",
        "over // under * against // value",
        "over // under * against * 11 // (value * 10)",
        edges.watched_like_everybody,
    ),
    Bug(
        "the watch does not see all prices fall together",
        "watch.Watch.keep",
        "(-fallen, mark, key)",
        "(0, mark, key)",
        test_watch.test_all_prices_falling_together_are_noticed,
    ),
    Bug(
        "without warnings nobody is watched",
        "spot_risk.review",
        "max(parameters.spot_warning_ratio, parameters.spot_liquidation_ratio)",
        "parameters.spot_warning_ratio",
        test_watch.test_without_warnings_liquidations_still_come,
    ),
    Bug(
        "the watch takes collateral at its full value",
        "loan_risk._keep",
        "- gap - LINE_CUT",
        "- gap + ONE // 20",
        edges.watched_like_everybody,
    ),
    Bug(
        "the watch forgets the margin",
        "spot_risk._keep",
        "ONE + mul_up(ratio, rate)",
        "ONE",
        edges.watched_like_everybody,
    ),
    Bug(
        "the watch forgets to warn again",
        "loan_risk.review",
        "loan_liquidation, 0, loan.warned_at_ms + every_ms)",
        "loan_liquidation, 0)",
        edges.watched_like_everybody,
    ),
    Bug(
        "an account with open orders sees no prices",
        "watch.Watch.due",
        "index != self._indices[ccy] or",
        "False or",
        edges.watched_like_everybody,
    ),
    Bug(
        "an account with open orders sees no hours",
        "watch.Watch.due",
        " or state.hour_ms != self._seen[1]",
        "",
        test_watch.test_an_account_with_open_orders_is_judged_for_its_own_coins,
    ),
    Bug(
        "coins of open orders are overlooked",
        "spot_risk._keep",
        ", *exposed)",
        ")",
        test_watch.test_an_account_with_open_orders_is_judged_for_its_own_coins,
    ),
]
