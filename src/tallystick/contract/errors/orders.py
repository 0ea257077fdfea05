"""Codes of orders, and of parameters in general."""

from __future__ import annotations

from typing import Final

from tallystick.contract.errors.form import table

ORDERS: Final = table(
    ("51000", 400, "Parameter {param} error", "{param}参数错误"),
    ("51000/tdMode", 200, "Parameter tdMode  error ", "tdMode 参数错误"),
    ("51000/too_many", 400, "Too many parameters", "参数过多"),
    ("51000/body", 413, "Request body too large", "请求 body 过大"),
    ("51000/target", 414, "Request target too long", "请求地址过长"),
    (
        "51001",
        200,
        "Instrument ID, Instrument ID code or Spread ID doesn't exist.",
        "Instrument ID、Instrument ID code 或 Spread ID 不存在",
    ),
    ("51005", 200, "Your order amount exceeds the max order amount.", "委托数量大于单笔上限"),
    (
        "51006",
        200,
        "Order price is not within the price limit (max buy price: {max} , min sell price: {min} )",
        "委托价格不在限价范围内（最高买入价：{max}，最低卖出价：{min}）",
    ),
    ("51008", 200, "Order failed. Insufficient {ccy} balance in account", "委托失败，账户 {ccy} 余额不足"),
    ("51008/margin", 200, "Order failed. Insufficient {ccy} margin in account", "委托失败，账户 {ccy} 保证金不足"),
    (
        "51008/auto_loan",
        200,
        "Order failed. Insufficient {ccy} balance in account, and Auto Borrow is not enabled",
        "委托失败，账户 {ccy} 余额不足，且未开启自动借币",
    ),
    (
        "51008/delta",
        200,
        "Order failed. The order didn't pass delta verification.",
        "委托失败，该委托未通过 delta 校验",
    ),
    (
        "51008/tier",
        200,
        "Your order failed because it requires a borrowing of {ccy} above the limit of the chosen leverage.",
        "委托失败，借入的 {ccy} 将超过所选杠杆的借币上限",
    ),
    (
        "51008/quota",
        200,
        "Order failed. Your main account's {ccy} borrowing quota is insufficient.",
        "委托失败，母账户 {ccy} 借币额度不足",
    ),
    (
        "51008/pool",
        200,
        "Your order failed because it requires borrowing {ccy}, and the platform’s loan quota is insufficient.",
        "委托失败，该委托需要借入 {ccy}，平台可借额度不足",
    ),
    (
        "51008/restricted",
        200,
        "Order failed. Your available balance is insufficient. "
        "It excludes crypto ({other}) exceeding the platform's collateral limit.",
        "委托失败，可用余额不足，其中不包含超出平台质押上限的币种（{other}）",
    ),
    (
        "51008/restricted_borrow",
        200,
        "Order failed. Your available {ccy} balance is insufficient, and your available margin (in USD) is too low for "
        "borrowing. This margin excludes crypto ({other}) exceeding the platform's collateral limit.",
        "委托失败，{ccy} 可用余额不足，且可用保证金（USD）不足以借币，其中不包含超出平台质押上限的币种（{other}）",
    ),
    ("51010", 200, "Request unsupported under current account mode", "当前账户模式不支持此操作"),
    ("51012", 200, "Token doesn't exist.", "币种不存在"),
    ("51014", 200, "Index doesn't exist.", "指数不存在"),
    ("51016", 200, "Client order ID already exists.", "clOrdId重复"),
    ("51017", 200, "Loan amount exceeds borrowing limit.", "杠杆委托交易借币超出限额"),
    ("51020", 200, "Your order should meet or exceed the minimum order amount.", "委托数量需大于或等于最小下单数量"),
    ("51025", 200, "Order count exceeds the limit.", "委托笔数超限"),
    ("51063", 200, "OrdId does not exist", "ordId 不存在"),
    ("51121", 200, "Order quantity must be a multiple of the lot size.", "下单张数应为一手张数的倍数"),
    ("51137", 200, "The highest price limit for buy orders is {max}.", "买单的最高限价为 {max}"),
    ("51138", 200, "The lowest price limit for sell orders is {min}.", "卖单的最低限价为 {min}"),
    (
        "51150",
        200,
        "The precision of the number of trades or the price exceeds the limit.",
        "交易数量或价格的精度超过限制",
    ),
    (
        "51174",
        200,
        "Order failed, number of pending orders for {id} exceed the limit of {max}.",
        "操作失败，当前 {id} 的累计挂单数量已达上限 {max} (单)",
    ),
    ("51201", 200, "The value of a market order can't exceed {max}.", "市价单价值不能超过 {max}"),
    ("51111", 200, "A maximum of 20 orders can be placed in bulk.", "批量下单时，最多不能超过20笔"),
    ("51204", 200, "The price for the limit order cannot be empty.", "限价单的价格不能为空"),
    (
        "51400",
        200,
        "Order cancellation failed as the order has been filled, canceled or does not exist.",
        "撤单失败，订单已成交、已撤销或不存在",
    ),
    ("51406", 400, "Canceled - order count exceeds the limit {max}.", "撤单失败，订单数量超过上限 {max}"),
    ("51407", 200, "Either order ID or client order ID is required.", "订单 ID 与自定义订单 ID 至少填写一个"),
    (
        "51410",
        200,
        "Cancellation failed as the order is already in canceling status or pending settlement.",
        "撤单失败，订单正在撤销或等待结算",
    ),
    ("51500", 200, "You must enter a price, quantity, or TP/SL", "价格、数量、止盈止损至少填写一项"),
    ("51501", 400, "Maximum {max} orders can be modified.", "批量改单时，最多不能超过 {max} 笔"),
    ("51502", 200, "Unable to edit order: insufficient balance or margin.", "改单失败，余额或保证金不足"),
    (
        "51502/balance",
        200,
        "Order failed. Insufficient {ccy} balance in account and Auto Borrow is not enabled",
        "改单失败，账户 {ccy} 余额不足，且未开启自动借币",
    ),
    (
        "51502/tier",
        200,
        "Unable to edit order: it would borrow more {ccy} than the tier of the chosen leverage allows.",
        "改单失败，借入的 {ccy} 将超过所选杠杆对应档位的上限",
    ),
    (
        "51502/quota",
        200,
        "Order modification failed. Your main account’s {ccy} borrowing quota is insufficient.",
        "改单失败，母账户 {ccy} 借币额度不足",
    ),
    (
        "51502/pool",
        200,
        "Failed to modify order because it requires borrowing {ccy}, and the platform’s loan quota is insufficient.",
        "改单失败，该委托需要借入 {ccy}，平台可借额度不足",
    ),
    ("51503", 200, "Your order has already been filled or canceled.", "订单已成交或已撤销"),
    (
        "51511",
        200,
        "Modification failed as the order price did not meet the requirement for Post Only.",
        "改单失败，委托价格不满足只挂单条件",
    ),
    (
        "51512",
        200,
        "Failed to amend orders in batches. You cannot have duplicate orders in the same amend-batch-orders request.",
        "批量改单失败，同一请求中不能包含重复的订单",
    ),
    ("51071", 200, "You have reached the maximum of {max} timers with a tag.", "带标签的倒计时数量已达上限 {max}"),
    ("51603", 200, "Order does not exist.", "查询订单不存在"),
    (
        "51070",
        200,
        "You do not meet the requirements for switching to this account mode. Please upgrade the account mode on the"
        " official website or app first.",
        "您当前尚未达到升级至该账户模式的要求，请先在官方网站或APP完成账户模式的升级。",
    ),
    (
        "51625",
        200,
        "One-click repay requires auto-borrow to be enabled.",
        "一键还债失败，请先开启自动借币，或通过闪兑、现货交易进行还债。",
    ),
)
