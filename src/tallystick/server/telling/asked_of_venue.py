"""Words for what the venue is told to do: time, prices, lenders, faults, numbers, and what users are made to be."""

from __future__ import annotations

from tallystick.contract.core import Doc
from tallystick.engine import commands as c
from tallystick.engine import listing, modes
from tallystick.engine.amounts import text_from_atoms
from tallystick.server.telling.words import ACCOUNTS, MODES, OBSTACLES, coins, listed, of_all
from tallystick.venue.settings import texts_of


def tick(command: c.Tick) -> Doc:
    return Doc("do what is due first", "处理最先到期的事")


# ---- users


def create_user(command: c.CreateUser) -> Doc:
    if command.master_id:
        return Doc(f"make sub-account {command.name}", f"创建子账户 {command.name}")
    return Doc(f"make user {command.name}", f"创建用户 {command.name}")


def open_modes(command: modes.OpenModes) -> Doc:
    found = of_all([MODES[mode] for mode in command.modes])
    return Doc(f"open account modes: {found.en}", f"开放账户模式：{found.zh}")


def set_obstacles(command: modes.SetObstacles) -> Doc:
    if not command.obstacles:
        return Doc("clear the way to another account mode", "移除切换账户模式的障碍")
    found = of_all([OBSTACLES[each] for each in command.obstacles])
    return Doc(f"put in the way of another account mode: {found.en}", f"妨碍切换账户模式：{found.zh}")


def set_level(command: c.SetLevel) -> Doc:
    return Doc(f"set the level to {command.level}", f"等级设为 {command.level}")


def set_transfer_out(command: c.SetTransferOut) -> Doc:
    if command.allowed:
        return Doc("allow sub-accounts to move coins to one another", "允许子账户之间互相划转")
    return Doc("forbid sub-accounts to move coins to one another", "禁止子账户之间互相划转")


def note_keys(command: c.NoteKeys) -> Doc:
    return Doc("note that API keys changed", "记录 API key 的变动")


def adjust_balance(command: c.AdjustBalance) -> Doc:
    account, amount = ACCOUNTS[command.account], coins(command.delta, command.ccy)
    if command.delta < 0:
        return Doc(f"take {amount} out of {account.en}", f"从{account.zh}取出 {amount}")
    return Doc(f"put {amount} into {account.en}", f"向{account.zh}存入 {amount}")


def switch_spot_borrow(command: c.SwitchSpotBorrow) -> Doc:
    return Doc("switch borrowing on", "开启借币") if command.enabled else Doc("switch borrowing off", "关闭借币")


# ---- prices


def move_market(command: c.MoveMarket) -> Doc:
    found = listed(command.instruments)
    return Doc(f"take recorded prices: {found.en}", f"采用录制的价格：{found.zh}")


def set_prices(command: c.SetPrices) -> Doc:
    found = listed([f"{instrument} {text_from_atoms(price)}" for instrument, price in command.prices])
    return Doc(f"set prices: {found.en}", f"设置价格：{found.zh}")


def set_book(command: c.SetBook) -> Doc:
    bids, asks = len(command.bids), len(command.asks)
    return Doc(
        f"set the order book of {command.instrument}: {bids} to buy, {asks} to sell",
        f"设置 {command.instrument} 的订单簿：买 {bids} 档，卖 {asks} 档",
    )


def release_market(command: c.ReleaseMarket) -> Doc:
    return Doc(f"have {command.instrument} follow the recording again", f"让 {command.instrument} 重新跟随录制的行情")


# ---- lenders, the fund, and numbers of the exchange


def move_pool(command: c.MovePool) -> Doc:
    amount = coins(command.delta, command.ccy)
    if command.delta < 0:
        return Doc(f"take {amount} of the lenders out", f"出借人取回 {amount}")
    return Doc(f"put {amount} of lenders in", f"出借人存入 {amount}")


def set_bids(command: c.SetBids) -> Doc:
    if not command.bids:
        return Doc(f"take the lenders' bids for {command.ccy} away", f"移除 {command.ccy} 的出借报价")
    found = listed([f"{text_from_atoms(amount)} @ {text_from_atoms(rate)}" for amount, rate in command.bids])
    return Doc(
        f"set the lenders' bids for {command.ccy}: {found.en} a year",
        f"设置 {command.ccy} 的出借报价（年利率）：{found.zh}",
    )


def move_fund(command: c.MoveFund) -> Doc:
    amount = text_from_atoms(abs(command.delta))
    if command.delta < 0:
        return Doc(f"take {amount} out of the insurance fund", f"从风险准备金取出 {amount}")
    return Doc(f"put {amount} into the insurance fund", f"向风险准备金存入 {amount}")


def change_parameters(command: c.ChangeParameters) -> Doc:
    found = listed([f"{path}: {text}" for path, text in texts_of(command.settings)])
    return Doc(f"change numbers of the exchange: {found.en}", f"修改交易所的数值：{found.zh}")


def list_coins(command: listing.ListCoins) -> Doc:
    found = listed([*(each.ccy for each in command.currencies), *(each.instrument for each in command.instruments)])
    return Doc(f"list {found.en}", f"上线 {found.zh}")


# ---- faults


def inject_fault(command: c.InjectFault) -> Doc:
    rule = command.rule
    return Doc(f"add fault {rule.fault_id}: {rule.kind}", f"添加故障 {rule.fault_id}：{rule.kind}")


def clear_faults(command: c.ClearFaults) -> Doc:
    found = listed(tuple(map(str, command.fault_ids)))
    return Doc(f"take faults away: {found.en}", f"清除故障：{found.zh}")
