"""Words for debts in Spot mode, flexible loans, interest, warnings and liquidations."""

from __future__ import annotations

from typing import Final

from tallystick.contract.core import Doc
from tallystick.engine import auto_exchange
from tallystick.engine import events as e
from tallystick.engine.amounts import cut, text_from_atoms, unit_of
from tallystick.engine.interest import Charge
from tallystick.engine.kinds import PerLoanKind
from tallystick.server.telling.words import REPAID, at, coins

LOANS: Final[PerLoanKind[Doc]] = {
    "borrowed": Doc("loan: {} borrowed", "活期借币：借入 {}"),
    "repaid": Doc("loan: {} repaid", "活期借币：偿还 {}"),
    "collateral_locked": Doc("loan: {} locked as collateral", "活期借币：质押 {}"),
    "collateral_released": Doc("loan: {} of collateral released", "活期借币：取回质押 {}"),
    "forced_repayment_sell": Doc("loan repaid by force: {} of collateral sold", "活期借币强制还币：卖出质押 {}"),
    "forced_repayment_buy": Doc("loan repaid by force: {} bought and repaid", "活期借币强制还币：买入并偿还 {}"),
    "partial_liquidation": Doc("loan liquidated in part: {}", "活期借币部分强平：{}"),
    "forced_liquidation": Doc("loan liquidated in full: {}", "活期借币全部强平：{}"),
    "sell_collateral": Doc("loan repaid with collateral: {} sold", "用质押物还币：卖出 {}"),
    "buy_transition_coin": Doc("loan repaid with collateral: {} got for it", "用质押物还币：换得 {}"),
    "sell_transition_coin": Doc("loan repaid with collateral: {} paid", "用质押物还币：支付 {}"),
    "buy_borrowed_coin": Doc("loan repaid with collateral: {} bought", "用质押物还币：买入 {}"),
}
"""Sentences of the twelve rows, with a blank for the coins; a liquidation has rows of coins taken and of coins owed."""

# ---- Spot mode


def borrowed(event: e.Borrowed) -> Doc:
    amount, owed, auto = coins(event.amount, event.ccy), text_from_atoms(event.debt_after), event.kind == "auto_borrow"
    by_en, by_zh = (" automatically", "自动") if auto else ("", "")
    return Doc(f"borrowed {amount}{by_en}, owes {owed}", f"{by_zh}借入 {amount}，共欠 {owed}")


def repaid(event: e.Repaid) -> Doc:
    amount, owed, by = coins(event.amount, event.ccy), text_from_atoms(event.debt_after), REPAID[event.kind]
    return Doc(f"repaid {amount}{by.en}, owes {owed}", f"偿还 {amount}{by.zh}，还欠 {owed}")


def charge(event: Charge) -> Doc:
    interest, debt = coins(event.interest, event.ccy), text_from_atoms(event.debt_before)
    return Doc(f"interest {interest} on {debt}", f"利息 {interest}，计息负债 {debt}")


def exchange_started(event: auto_exchange.ExchangeStarted) -> Doc:
    owed, quota = coins(event.owed, event.ccy), text_from_atoms(event.quota)
    return Doc(
        f"automatic exchange: {owed} owed, {quota} free of interest", f"自动兑换：欠 {owed}，其中免息额度 {quota}"
    )


def spot_warned(event: e.SpotWarned) -> Doc:
    ratio = _four(event.ratio)
    return Doc(f"warning at margin ratio {ratio}", f"预警，保证金率 {ratio}")


def liquidation_started(event: e.LiquidationStarted) -> Doc:
    ratio = _four(event.ratio)
    return Doc(f"liquidation begins at margin ratio {ratio}", f"强平开始，保证金率 {ratio}")


def liquidation_ended(event: e.LiquidationEnded) -> Doc:
    return Doc("liquidation ends", "强平结束")


def liquidation_fee_taken(event: e.LiquidationFeeTaken) -> Doc:
    amount = coins(event.amount, event.ccy)
    return Doc(f"{amount} to the insurance fund, as fee of the liquidation", f"强平费用 {amount} 进入风险准备金")


def debt_covered(event: e.DebtCovered) -> Doc:
    amount, bad = coins(event.amount, event.ccy), coins(event.bad_debt, event.transit_ccy)
    lacks_en, lacks_zh = (f", bad debt {bad}", f"，坏账 {bad}") if event.bad_debt else ("", "")
    return Doc(f"the fund pays {amount}{lacks_en}", f"风险准备金支付 {amount}{lacks_zh}")


# ---- flexible loans


def loan_opened(event: e.LoanOpened) -> Doc:
    mode_en, mode_zh = (" in E-Mode", "（高效模式）") if event.e_mode else ("", "")
    return Doc(f"loan {event.loan_id} is opened{mode_en}", f"活期借币 {event.loan_id} 已建立{mode_zh}")


def loan_moved(event: e.LoanMoved) -> Doc:
    sentence, amount = LOANS[event.kind], coins(event.amount, event.ccy)
    return Doc(sentence.en.format(amount), sentence.zh.format(amount))


def loan_settled(event: e.LoanSettled) -> Doc:
    def coin(amount: int) -> str:
        return coins(amount, event.ccy)

    parts = [Doc(f"fee {coin(event.fee)}", f"费用 {coin(event.fee)}")]
    if event.insurance > 0:
        parts.append(Doc(f"{coin(event.insurance)} to the fund", f"风险准备金收入 {coin(event.insurance)}"))
    if event.insurance < 0:
        parts.append(Doc(f"{coin(event.insurance)} from the fund", f"风险准备金支付 {coin(event.insurance)}"))
    if event.bad_debt:
        parts.append(Doc(f"bad debt {coin(event.bad_debt)}", f"坏账 {coin(event.bad_debt)}"))
    if event.returned:
        parts.append(Doc(f"{coin(event.returned)} returned", f"退回 {coin(event.returned)}"))
    told_en, told_zh = ", ".join(part.en for part in parts), "，".join(part.zh for part in parts)
    return Doc(f"forced sale of the loan settled: {told_en}", f"活期借币强制卖出已结清：{told_zh}")


def loan_converted(event: e.LoanConverted) -> Doc:
    fee, returned = coins(event.fee, event.ccy), coins(event.returned, event.ccy)
    back_en, back_zh = (f", {returned} returned", f"，退回 {returned}") if event.returned else ("", "")
    return Doc(f"loan repaid with collateral: fee {fee}{back_en}", f"用质押物还币：费用 {fee}{back_zh}")


def loan_warned(event: e.LoanWarned) -> Doc:
    ltv = _four(event.ltv)
    return Doc(f"margin call at LTV {ltv}", f"追加保证金预警，LTV {ltv}")


def loan_closed(event: e.LoanClosed) -> Doc:
    return Doc(f"loan {event.loan_id} is closed", f"活期借币 {event.loan_id} 已结束")


def loan_request_accepted(event: e.LoanRequestAccepted) -> Doc:
    amount, when = coins(event.amount, event.ccy), at(event.settles_at_ms)
    what = Doc("borrow", "借入") if event.kind == "borrow" else Doc("repay", "偿还")
    return Doc(
        f"loan request to {what.en} {amount} is accepted, settled at {when}",
        f"已受理活期借币请求：{what.zh} {amount}，{when} 结算",
    )


def loan_request_done(event: e.LoanRequestDone) -> Doc:
    if event.dropped:
        return Doc("loan request is dropped: it can no longer be settled", "活期借币请求已作废：无法再结算")
    return Doc("loan request is settled", "活期借币请求已结算")


def _four(ratio: int) -> str:
    return text_from_atoms(cut(ratio, unit_of(4)))
