"""Words for what happens to accounts: users, modes, switches, balances and transfers."""

from __future__ import annotations

from tallystick.contract.core import Doc
from tallystick.engine import cross_settings, modes
from tallystick.engine import events as e
from tallystick.engine.amounts import text_from_atoms
from tallystick.server.telling.words import ACCOUNTS, MODES, OBSTACLES, coins, listed, of_all


def user_created(event: e.UserCreated) -> Doc:
    if event.master_id:
        return Doc(f"sub-account {event.name} is made", f"已创建子账户 {event.name}")
    return Doc(f"user {event.name} is made", f"已创建用户 {event.name}")


def modes_opened(event: modes.ModesOpened) -> Doc:
    if not event.modes:
        return Doc("no account mode is open beside Spot", "除现货模式外没有开放的账户模式")
    open_ones = of_all([MODES[mode] for mode in event.modes])
    return Doc(f"open account modes beside Spot: {open_ones.en}", f"除现货模式外开放的账户模式：{open_ones.zh}")


def obstacles_set(event: modes.ObstaclesSet) -> Doc:
    if not event.obstacles:
        return Doc("nothing stands in the way of another account mode", "没有妨碍切换账户模式的事项")
    found = of_all([OBSTACLES[each] for each in event.obstacles])
    return Doc(f"in the way of another account mode: {found.en}", f"妨碍切换账户模式：{found.zh}")


def mode_switched(event: modes.ModeSwitched) -> Doc:
    mode = MODES[event.mode]
    return Doc(f"account mode is now {mode.en}", f"账户模式切换为{mode.zh}")


def auto_loan_set(event: cross_settings.AutoLoanSet) -> Doc:
    return Doc("auto-loan on", "自动借币已开启") if event.enabled else Doc("auto-loan off", "自动借币已关闭")


def collateral_chosen(event: cross_settings.CollateralChosen) -> Doc:
    if not event.out:
        return Doc("every coin counts as collateral", "所有币种都计为质押")
    out = listed(event.out)
    return Doc(f"coins that no longer count as collateral: {out.en}", f"不再计为质押的币种：{out.zh}")


def level_set(event: e.LevelSet) -> Doc:
    return Doc(f"level is now {event.level}", f"等级变为 {event.level}")


def transfer_out_set(event: e.TransferOutSet) -> Doc:
    if event.allowed:
        return Doc("sub-accounts may now move coins to one another", "子账户之间现在可以互相划转")
    return Doc("sub-accounts may no longer move coins to one another", "子账户之间不能再互相划转")


def keys_noted(event: e.KeysNoted) -> Doc:
    return Doc("API keys changed", "API key 有变动")


def balance_adjusted(event: e.BalanceAdjusted) -> Doc:
    account, amount = ACCOUNTS[event.account], coins(event.delta, event.ccy)
    if event.delta < 0:
        return Doc(f"{amount} taken out of {account.en} by a control call", f"控制调用从{account.zh}取出 {amount}")
    return Doc(f"{amount} put into {account.en} by a control call", f"控制调用向{account.zh}存入 {amount}")


def spot_borrow_switched(event: e.SpotBorrowSwitched) -> Doc:
    return Doc("borrowing on", "借币已开启") if event.enabled else Doc("borrowing off", "借币已关闭")


def auto_repay_switched(event: e.AutoRepaySwitched) -> Doc:
    return Doc("auto repay on", "自动还币已开启") if event.enabled else Doc("auto repay off", "自动还币已关闭")


def leverage_set(event: e.LeverageSet) -> Doc:
    times = text_from_atoms(event.leverage)
    return Doc(f"leverage of {event.ccy} is now {times}", f"{event.ccy} 的杠杆倍数变为 {times}")


def transferred(event: e.Transferred) -> Doc:
    amount, source, target = coins(event.amount, event.ccy), ACCOUNTS[event.source], ACCOUNTS[event.target]
    return Doc(f"{amount} moved from {source.en} to {target.en}", f"{amount} 从{source.zh}划转到{target.zh}")


def transferred_between(event: e.TransferredBetween) -> Doc:
    amount, source, target = coins(event.amount, event.ccy), ACCOUNTS[event.source], ACCOUNTS[event.target]
    with_en = f" with sub-account {event.counterpart}" if event.counterpart else ""
    with_zh = f"，子账户 {event.counterpart}" if event.counterpart else ""
    return Doc(
        f"{amount} moved between accounts{with_en}, from {source.en} to {target.en}",
        f"账户之间划转 {amount}{with_zh}，从{source.zh}到{target.zh}",
    )
