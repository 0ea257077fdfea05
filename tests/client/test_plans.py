"""Plans of a repay, by the worked examples of the rules: the documented run, a thin sale, dust."""

from __future__ import annotations

from decimal import Decimal

from tallystick.client.safe.plans import Pair, Task, plan_of

D = Decimal


def pair(inst_id: str, last: str, tick: str, lot: str, least: str) -> Pair:
    return Pair(inst_id=inst_id, last=D(last), tick=D(tick), lot=D(lot), least=D(least), fee=D("0.001"))


USDC = pair("USDC-USDT", "1", "0.0001", "0.000001", "1")
BTC = pair("BTC-USDT", "83273.1", "0.1", "0.00000001", "0.00001")


def test_the_documented_run() -> None:
    """9.080071 owed, 0.00006964 at hand: need 9.089091, sold at least at 82856.7, bought at most at 1.0049."""
    task = Task("USDC", D("9.080071"), ("USDC", "BTC"), {"USDC": D("0.00006964"), "BTC": D(1)})
    plan = plan_of(task, {"USDC": USDC, "BTC": BTC})
    sale, purchase = plan.legs
    assert (sale.inst_id, sale.side, sale.px, sale.sz) == ("BTC-USDT", "sell", D("82856.7"), D("0.00010969"))
    assert (purchase.inst_id, purchase.side, purchase.px) == ("USDC-USDT", "buy", D("1.0049"))
    # 0.00010969 x 83273.1 = 9.134226339, by 1.005 = 9.0887824..., cut to the lot; the run itself sold a little lower.
    assert purchase.sz == D("9.088782")
    assert plan.direct == D("0.00006964")
    assert plan.left == D("9.080071") - D("0.00006964") - D("9.088782") * D("0.999")
    assert plan.dust == ()


def test_a_debt_that_the_same_coin_pays() -> None:
    plan = plan_of(Task("USDC", D(100), ("USDC", "BTC"), {"USDC": D(250), "BTC": D(1)}), {"BTC": BTC})
    assert (plan.direct, plan.left, plan.legs, plan.brings) == (D(100), D(0), (), (("USDC", D(100)),))
    assert plan.dust == ()


def test_dust_is_named_where_the_same_coin_pays_all() -> None:
    """The list is refused as a whole, whether its dust is needed or not; so is one with under 1 USDT."""
    coins = {"USDC": D(250), "BTC": D("0.00001"), "USDT": D("0.99")}
    plan = plan_of(Task("USDC", D(100), ("USDC", "BTC", "USDT"), coins), {"BTC": BTC})
    assert (plan.direct, plan.left) == (D(100), D(0))
    assert [why.partition(" ")[0] for why in plan.dust] == ["BTC", "USDT"]


def test_a_debt_in_usdt_is_repaid_by_each_sale() -> None:
    """The bound is 0.995 of the price, one tick inside: 29,850 is no tick strictly below itself."""
    btc = pair("BTC-USDT", "30000", "0.1", "0.00000001", "0.00001")
    plan = plan_of(Task("USDT", D("59.7"), ("BTC",), {"BTC": D(1)}), {"BTC": btc})
    (leg,) = plan.legs
    assert leg.px == D("29849.9")
    assert leg.sz == D("0.00200000")
    assert plan.left == D(0)
    # At its bound the leg brings 0.002 x 29849.9 x 0.999.
    assert plan.left_at_most == D("59.7") - D("0.002") * D("29849.9") * D("0.999")


def test_dust_is_named_before() -> None:
    doge = pair("DOGE-USDT", "0.1", "0.00001", "0.000001", "10")
    task = Task("USDC", D("0.5"), ("DOGE", "SOL"), {"DOGE": D(9), "SOL": D(1)})
    plan = plan_of(task, {"USDC": USDC, "DOGE": doge})
    assert plan.dust == (
        "DOGE is worth under 1 USD: the exchange refuses a list with it (59130)",
        "SOL has no price in USDT",
        "the least order of USDC-USDT is 1 USDC",
    )
    assert (plan.left, plan.legs) == (D("0.5"), ())
