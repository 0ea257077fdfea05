"""Words for what users ask for: orders, debts, loans, converts, transfers and settings of their accounts."""

from __future__ import annotations

from tallystick.contract.core import Doc
from tallystick.engine import commands as c
from tallystick.engine import cross_settings, modes, repay_at_once
from tallystick.engine.amounts import text_from_atoms
from tallystick.server.telling.words import ACCOUNTS, MODES, ORDER_KINDS, SIDES, coins, listed, pair_of

# ---- settings of an account


def switch_mode(command: modes.SwitchMode) -> Doc:
    mode = MODES[command.mode]
    return Doc(f"change the account mode to {mode.en}", f"账户模式切换为{mode.zh}")


def set_auto_loan(command: cross_settings.SetAutoLoan) -> Doc:
    return (
        Doc("switch auto-loan on", "开启自动借币") if command.enabled else Doc("switch auto-loan off", "关闭自动借币")
    )


def choose_collateral(command: cross_settings.ChooseCollateral) -> Doc:
    found = listed(command.ccys) if command.ccys else Doc("all coins", "所有币种")
    if command.enabled:
        return Doc(f"count as collateral: {found.en}", f"计为质押：{found.zh}")
    return Doc(f"no longer count as collateral: {found.en}", f"不再计为质押：{found.zh}")


def set_auto_repay(command: c.SetAutoRepay) -> Doc:
    return (
        Doc("switch auto repay on", "开启自动还币") if command.enabled else Doc("switch auto repay off", "关闭自动还币")
    )


def set_leverage(command: c.SetLeverage) -> Doc:
    times = text_from_atoms(command.leverage)
    return Doc(f"set the leverage of {command.ccy} to {times}", f"{command.ccy} 的杠杆倍数设为 {times}")


# ---- debts in Spot mode


def manual_borrow(command: c.ManualBorrow) -> Doc:
    amount = coins(command.amount, command.ccy)
    return Doc(f"borrow {amount} by hand", f"手动借入 {amount}")


def manual_repay(command: c.ManualRepay) -> Doc:
    amount = coins(command.amount, command.ccy)
    return Doc(f"repay {amount} by hand", f"手动还币 {amount}")


def repay_debt(command: c.RepayDebt) -> Doc:
    found = listed(command.repay_ccys)
    return Doc(
        f"repay {command.debt_ccy} by one click, with {found.en}", f"一键还债：用 {found.zh} 偿还 {command.debt_ccy}"
    )


def repay_now(command: repay_at_once.RepayAtOnce) -> Doc:
    found, paid = listed(command.debt_ccys), command.repay_ccy
    return Doc(f"repay {found.en} at once by one click, with {paid}", f"即时一键还债：用 {paid} 偿还 {found.zh}")


# ---- transfers


def transfer(command: c.Transfer) -> Doc:
    amount, source, target = coins(command.amount, command.ccy), ACCOUNTS[command.source], ACCOUNTS[command.target]
    return Doc(f"move {amount} from {source.en} to {target.en}", f"把 {amount} 从{source.zh}划转到{target.zh}")


def transfer_between(command: c.TransferBetween) -> Doc:
    amount, source, target = coins(command.amount, command.ccy), ACCOUNTS[command.source], ACCOUNTS[command.target]
    with_en = f" with sub-account {command.counterpart}" if command.counterpart else ""
    with_zh = f"，子账户 {command.counterpart}" if command.counterpart else ""
    return Doc(
        f"move {amount} between accounts{with_en}, from {source.en} to {target.en}",
        f"在账户之间划转 {amount}{with_zh}，从{source.zh}到{target.zh}",
    )


# ---- orders


def place_order(command: c.PlaceOrder) -> Doc:
    pair, side, kind = pair_of(command.instrument), SIDES[command.side], ORDER_KINDS[command.kind]
    size = coins(command.size, pair.base)
    told = Doc(size, size)
    if command.size_in_quote:
        worth = coins(command.size, pair.quote)
        told = Doc(f"{worth} of {pair.base}", f"{worth} 的 {pair.base}")
    price = f"{text_from_atoms(command.price)} {pair.quote}"
    at_en, at_zh = (f" at {price}", f"，价格 {price}") if command.price else ("", "")
    return Doc(f"{side.en} {told.en}{at_en}, {kind.en}", f"{side.zh} {told.zh}{at_zh}，{kind.zh}")


def cancel_order(command: c.CancelOrder) -> Doc:
    named = command.order_id or command.client_order_id
    return Doc(f"cancel order {named}", f"撤销订单 {named}")


def amend_order(command: c.AmendOrder) -> Doc:
    named, pair = command.order_id or command.client_order_id, pair_of(command.instrument)
    parts = []
    if command.size:
        size = coins(command.size, pair.base)
        parts.append(Doc(f"size {size}", f"数量 {size}"))
    if command.price:
        price = coins(command.price, pair.quote)
        parts.append(Doc(f"price {price}", f"价格 {price}"))
    en, zh = ", ".join(part.en for part in parts), "，".join(part.zh for part in parts)
    return Doc(f"change order {named}: {en}", f"修改订单 {named}：{zh}")


def set_cancel_timer(command: c.SetCancelTimer) -> Doc:
    which_en = f"orders with the tag {command.tag}" if command.tag else "all orders"
    which_zh = f"标签为 {command.tag} 的订单" if command.tag else "全部订单"
    if not command.timeout_ms:
        return Doc(f"switch off the timer that cancels {which_en}", f"关闭撤销{which_zh}的倒计时")
    seconds = command.timeout_ms // 1000  # the exchange asks for whole seconds
    return Doc(f"cancel {which_en} after {seconds} s", f"{seconds} 秒后撤销{which_zh}")


# ---- flexible loans


def borrow_loan(command: c.BorrowLoan) -> Doc:
    amount = coins(command.amount, command.ccy)
    backed = listed([coins(each, ccy) for ccy, each in command.collateral])
    if not command.collateral:
        return Doc(f"borrow {amount} more with loan {command.loan_id}", f"活期借币 {command.loan_id} 再借 {amount}")
    return Doc(f"borrow {amount} against {backed.en}", f"活期借币：借入 {amount}，质押 {backed.zh}")


def repay_loan(command: c.RepayLoan) -> Doc:
    amount = coins(command.amount, command.ccy)
    return Doc(f"repay {amount} of loan {command.loan_id}", f"活期借币 {command.loan_id} 还币 {amount}")


def repay_loan_with_collateral(command: c.RepayLoanWithCollateral) -> Doc:
    amount, sold = coins(command.amount, command.ccy), listed(command.collateral_ccys)
    return Doc(
        f"repay {amount} of loan {command.loan_id} with collateral: {sold.en}",
        f"活期借币 {command.loan_id} 用质押物 {sold.zh} 还币 {amount}",
    )


def adjust_collateral(command: c.AdjustCollateral) -> Doc:
    amount = coins(command.amount, command.ccy)
    if command.add:
        return Doc(f"add {amount} to the collateral of the loan", f"活期借币追加质押 {amount}")
    return Doc(f"take {amount} out of the collateral of the loan", f"活期借币取回质押 {amount}")


# ---- convert


def ask_quote(command: c.AskQuote) -> Doc:
    side, size = SIDES[command.side], coins(command.size, command.size_ccy)
    return Doc(
        f"ask for a convert quote: {side.en} {command.base_ccy} for {command.quote_ccy}, size {size}",
        f"闪兑询价：{side.zh} {command.base_ccy}，对应 {command.quote_ccy}，数量 {size}",
    )


def trade_quote(command: c.TradeQuote) -> Doc:
    side, size = SIDES[command.side], coins(command.size, command.size_ccy)
    return Doc(
        f"trade a convert quote: {side.en} {command.base_ccy} for {command.quote_ccy}, size {size}",
        f"按闪兑报价成交：{side.zh} {command.base_ccy}，对应 {command.quote_ccy}，数量 {size}",
    )


def easy_convert(command: c.EasyConvert) -> Doc:
    account, found = ACCOUNTS[command.account], listed(command.source_ccys)
    return Doc(
        f"convert small balances of {account.en} into {command.target_ccy}: {found.en}",
        f"{account.zh}小额兑换成 {command.target_ccy}：{found.zh}",
    )
