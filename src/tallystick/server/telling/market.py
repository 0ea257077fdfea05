"""Words for what happens to everybody: prices, books, rates, lenders, the fund, numbers of the exchange and faults."""

from __future__ import annotations

from tallystick.contract.core import Doc
from tallystick.engine import events as e
from tallystick.engine import fault_events as f
from tallystick.engine import listing
from tallystick.engine.amounts import text_from_atoms
from tallystick.server.telling.words import LIMITED, at, coins, listed, of_all
from tallystick.venue.settings import changed_by


def market_moved(event: e.MarketMoved) -> Doc:
    found = listed(event.instruments)
    return Doc(f"recorded prices moved: {found.en}", f"录制的价格变动：{found.zh}")


def price_held(event: e.PriceHeld) -> Doc:
    price = text_from_atoms(event.price)
    return Doc(f"price of {event.instrument} is set to {price}", f"{event.instrument} 的价格设为 {price}")


def book_held(event: e.BookHeld) -> Doc:
    bids, asks = len(event.bids), len(event.asks)
    return Doc(
        f"order book of {event.instrument} is set: {bids} to buy, {asks} to sell",
        f"{event.instrument} 的订单簿已设置：买 {bids} 档，卖 {asks} 档",
    )


def market_released(event: e.MarketReleased) -> Doc:
    return Doc(f"{event.instrument} follows the recording again", f"{event.instrument} 重新跟随录制的行情")


def prices_expired(event: e.PricesExpired) -> Doc:
    found = listed(event.instruments)
    return Doc(f"price too old to be used: {found.en}", f"价格已过期，不再使用：{found.zh}")


def parameters_changed(event: e.ParametersChanged) -> Doc:
    changed = changed_by(event)
    return Doc(
        ", ".join(f"{path} is {text}" for path, text in changed),
        "，".join(f"{path} 改为 {text}" for path, text in changed),
    )


def coins_listed(event: listing.CoinsListed) -> Doc:
    names = [*(each.ccy for each in event.currencies), *(each.instrument for each in event.instruments)]
    found = listed(names)
    return Doc(f"listed: {found.en}", f"上线：{found.zh}")


def rates_fixed(event: e.RatesFixed) -> Doc:
    found = listed([f"{ccy} {text_from_atoms(rate)}" for ccy, rate in event.rates])
    return Doc(f"rates a year for the hour that begins: {found.en}", f"下一小时的年利率：{found.zh}")


def bids_set(event: e.BidsSet) -> Doc:
    if not event.bids:
        return Doc(
            f"no bids of lenders for {event.ccy}: its usage sets the rate",
            f"{event.ccy} 没有出借报价，利率由使用率决定",
        )
    found = listed([f"{text_from_atoms(amount)} @ {text_from_atoms(rate)}" for amount, rate in event.bids])
    return Doc(f"bids of lenders for {event.ccy}: {found.en} a year", f"{event.ccy} 的出借报价（年利率）：{found.zh}")


def fund_moved(event: e.FundMoved) -> Doc:
    amount = coins(event.delta, event.ccy)
    if event.delta < 0:
        return Doc(f"{amount} taken out of the insurance fund", f"从风险准备金取出 {amount}")
    return Doc(f"{amount} put into the insurance fund", f"向风险准备金存入 {amount}")


def pool_moved(event: e.PoolMoved) -> Doc:
    amount = coins(event.delta, event.ccy)
    waits_en = f"; lenders wait for {coins(event.redemption, event.ccy)}" if event.redemption else ""
    waits_zh = f"；出借人等待取回 {coins(event.redemption, event.ccy)}" if event.redemption else ""
    if event.delta == 0:
        return Doc(f"lenders ask back {event.ccy}{waits_en}", f"出借人要求取回 {event.ccy}{waits_zh}")
    if event.delta < 0:
        return Doc(f"lenders take {amount} out{waits_en}", f"出借人取回 {amount}{waits_zh}")
    return Doc(f"lenders put {amount} in{waits_en}", f"出借人存入 {amount}{waits_zh}")


def collateral_judged(event: e.CollateralJudged) -> Doc:
    found = of_all([Doc(f"{ccy} {LIMITED[res].en}", f"{ccy} {LIMITED[res].zh}") for ccy, res, _ in event.levels])
    return Doc(f"collateral of all users: {found.en}", f"全平台质押量：{found.zh}")


def hour_passed(event: e.HourPassed) -> Doc:
    return Doc(f"the hour to {at(event.hour_ms)} is over: its interest is due", f"{at(event.hour_ms)} 整点已到，计息")


# ---- faults


def fault_injected(event: f.FaultInjected) -> Doc:
    rule = event.rule
    return Doc(f"fault {rule.fault_id} is there: {rule.kind}", f"已添加故障 {rule.fault_id}：{rule.kind}")


def faults_cleared(event: f.FaultsCleared) -> Doc:
    found = listed(tuple(map(str, event.fault_ids)))
    return Doc(f"faults taken away: {found.en}", f"已清除故障：{found.zh}")


def fault_met(event: f.FaultMet) -> Doc:
    if event.fired:
        return Doc(f"fault {event.fault_id} fires", f"故障 {event.fault_id} 触发")
    return Doc(f"fault {event.fault_id} is met and does not fire", f"遇到故障 {event.fault_id}，未触发")


def command_refused(event: f.CommandRefused) -> Doc:
    about, reason = f" about {event.ccy}" if event.ccy else "", event.reason.replace("_", " ").lower()
    return Doc(f"a fault refuses a request{about}: {reason}", f"故障拒绝了{event.ccy and f' {event.ccy} 的'}请求")


def repay_held(event: f.RepayHeld) -> Doc:
    if not event.until_ms:
        return Doc(
            f"one-click repay waits before leg {event.leg} until fault {event.held_by} is taken away",
            f"一键还债在第 {event.leg} 步之前等待，直到清除故障 {event.held_by}",
        )
    until = at(event.until_ms)
    return Doc(
        f"one-click repay waits before leg {event.leg} until {until}", f"一键还债在第 {event.leg} 步之前等待到 {until}"
    )


def interest_put_off(event: f.InterestPutOff) -> Doc:
    hour, until = at(event.hour_ms), at(event.until_ms)
    return Doc(f"interest of the hour to {hour} is booked at {until}", f"截至 {hour} 一小时的利息推迟到 {until} 入账")


def interest_booked(event: f.InterestBooked) -> Doc:
    found = listed(event.ccys)
    return Doc(f"interest that was put off is booked: {found.en}", f"推迟的利息已入账：{found.zh}")
