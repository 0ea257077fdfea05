"""Every code an answer can carry: its text in two languages, its HTTP status, whether a retry can help.

Texts and statuses are the exchange's own, since clients match on them; documented (error-code-rest-api)
where no other source is named. 50119 and 50120 are printed with 200 and were seen with 401 (observed);
50011 is the gateway's form of it (observed). A key with a slash is a variant of a code with words
and a status of our own (chosen).
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from tallystick.contract import errors_socket


class ErrorText(Struct, frozen=True):
    """Placeholders in braces: param, other, ccy, debtCcy, min, max, ip, id, what, op, request.

    `retry`: the same call may work later.
    """

    code: str
    http_status: int
    en: str
    zh: str
    retry: bool = False


def _table(*rows: tuple[str, int, str, str] | tuple[str, int, str, str, bool]) -> dict[str, ErrorText]:
    return {row[0]: ErrorText(row[0].partition("/")[0], *row[1:]) for row in rows}


# the request as such
_REQUEST = _table(
    ("1", 200, "Operation failed.", "操作失败"),
    ("2", 200, "Bulk operation partially succeeded.", "批量操作部分成功"),
    ("50000", 400, "Body for POST request cannot be empty.", "POST请求的body不能为空"),
    ("50001", 503, "Service temporarily unavailable. Please try again later.", "服务暂不可用，请稍后重试", True),
    (
        "50001/halted",
        503,
        "Service temporarily unavailable. The venue has halted and must be restarted.",
        "服务暂不可用。平台已停止运行，需要重新启动",
    ),
    ("50002", 400, "JSON syntax error", "JSON 语法错误"),
    ("50005", 410, "API endpoint is inactive or unavailable.", "接口已下线或无法使用"),
    (
        "50006",
        400,
        'Invalid Content-Type. Please use "application/JSON".',
        "无效的 Content-Type，请使用“application/JSON”格式",
    ),
    ("50006/encoding", 415, "Content-Encoding is not supported", "不支持 Content-Encoding"),
    ("50011", 429, "Too Many Requests", "用户请求频率过快，超过该接口允许的限额。请参考 API 文档并限制请求", True),
    ("50013", 429, "Systems are busy. Please try again later.", "系统繁忙，请稍后重试", True),
    ("50014", 400, "Parameter {param} can not be empty.", "必填参数{param}不能为空"),
    ("50015", 400, "Either parameter {param} or {other} is required", "参数{param}和{other}不能同时为空"),
    ("50016", 400, "Parameter {param} does not match parameter {other}", "参数{param}和{other}不匹配"),
    (
        "50022",
        200,
        "Account frozen and related operations restricted due to forced liquidation. Please try again later.",
        "当前账户处于强平冻结中，无法进行相关操作，请稍后重试",
        True,
    ),
    ("50024", 200, "Parameter {param} and {other} can not exist at the same time.", "参数{param}和{other}不能同时存在"),
    ("50025", 200, "Parameter {param} count exceeds the limit {max}.", "参数{param}传值个数超过最大限制{max}"),
    ("50026", 500, "System error. Try again later", "系统错误，请稍后重试", True),
    ("50030", 200, "You don't have permission to use this API endpoint", "您没有使用此 API 接口的权限"),
    (
        "50036",
        200,
        "The expTime can't be earlier than the current system time. Please adjust the expTime and try again.",
        "expTime 不能早于当前系统时间，请调整 expTime 后重试",
    ),
    ("50038", 200, "This feature is unavailable in demo trading", "模拟交易不支持该功能"),
    (
        "50039",
        200,
        'Parameter "before" isn\'t supported for timestamp pagination',
        "时间戳分页时，不支持使用before参数",
    ),
    ("50040", 200, "Too frequent operations, please try again later", "操作频繁，请稍后重试", True),
    ("50064", 200, "The borrowing system is unavailable. Try again later.", "借币系统暂不可用，请稍后再试", True),
    ("50071", 200, "{param} already exists", "{param} 已存在"),
)

# keys and signatures
_KEYS = _table(
    ("50101", 401, "APIKey does not match current environment.", "APIKey 与当前环境不匹配"),
    ("50102", 401, "Timestamp request expired.", "请求时间戳过期"),
    ("50103", 401, 'Request header "OK-ACCESS-KEY" cannot be empty.', '请求头"OK-ACCESS-KEY"不能为空'),
    ("50104", 401, 'Request header "OK-ACCESS-PASSPHRASE" cannot be empty.', '请求头"OK-ACCESS-PASSPHRASE"不能为空'),
    ("50105", 401, 'Request header "OK-ACCESS-PASSPHRASE" incorrect.', '请求头"OK-ACCESS-PASSPHRASE"错误'),
    ("50106", 401, 'Request header "OK-ACCESS-SIGN" cannot be empty.', '请求头"OK-ACCESS-SIGN"不能为空'),
    ("50107", 401, 'Request header "OK-ACCESS-TIMESTAMP" cannot be empty.', '请求头"OK-ACCESS-TIMESTAMP"不能为空'),
    ("50110", 401, "Your IP {ip} is not included in your API key's IP whitelist.", "您的IP{ip}不在APIKey绑定IP名单中"),
    ("50111", 401, "Invalid OK-ACCESS-KEY.", "无效的OK-ACCESS-KEY"),
    ("50112", 401, "Invalid OK-ACCESS-TIMESTAMP.", "无效的OK-ACCESS-TIMESTAMP"),
    ("50113", 401, "Invalid signature.", "无效的签名"),
    ("50114", 401, "Invalid authorization.", "无效的授权"),
    ("50115", 405, "Invalid request method.", "无效的请求类型"),
    ("50119", 401, "API key doesn't exist", "API key 不存在"),
    ("50120", 401, "This API key doesn't have permission to use this function", "API key 权限不足"),
)

# orders, and parameters in general
_ORDERS = _table(
    ("51000", 400, "Parameter {param} error", "{param}参数错误"),
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

# flexible loans
_FLEXIBLE = _table(
    ("51736", 200, "Insufficient {ccy} balance", "{ccy} 余额不足"),
    ("51738", 200, "Your funding account is frozen.", "您的资金账户被冻结"),
    ("51739", 200, "This function is unavailable temporarily", "该功能暂不可用", True),
    ("51750", 200, "The collateral cannot contain assets in the currency of the loan", "抵押物不能包含借贷币种资产"),
    ("51751", 200, "The currency {ccy} does not support borrowing", "币种 {ccy} 不支持借币"),
    ("51752", 200, "The currency {ccy} does not support collateralization", "币种 {ccy} 不支持抵押"),
    ("51753", 200, "The collateral does not include this asset", "抵押物中不包含此资产"),
    ("51754", 200, "There is currently no debt, no need to increase collateral", "当前没有负债，无需增加抵押物"),
    ("51755", 200, "The currency {ccy} operation is restricted", "币种 {ccy} 被限制操作"),
    ("51756", 200, "Exceeding the maximum redeemable quantity", "超过最大可赎回数量"),
    ("51757", 200, "The collateral amount should not be less than {min}", "质押物数量不应低于 {min}"),
    ("51758", 200, "You can redeem at most {max} {ccy}.", "您最多可赎回 {max} {ccy}。"),
    ("51759", 200, "You've exceed the temporary limit. Try again later.", "已超出临时限额，请稍后再试。", True),
    ("51764", 200, "Insufficient balance", "余额不足"),
    ("51784", 200, "Client order ID is being processed", "该 clOrdId 的请求正在处理中", True),
    ("51785", 200, "The collateral currency does not match the E-Mode pair", "质押币种与 E-Mode 币对不一致"),
)

# convert
_CONVERT = _table(
    ("52900", 200, "General invalid request", "无效请求"),
    ("52901", 200, "Invalid base asset", "无效基准货币"),
    ("52902", 200, "Invalid quote asset", "无效标价货币"),
    ("52903", 200, "Invalid quote amount", "无效的报价数量"),
    ("52904", 200, "Invalid quote side", "无效的报价方向"),
    ("52905", 200, "Invalid quote price", "无效的报价"),
    ("52907", 200, "Order not found", "订单找不到"),
    ("52908", 200, "Invalid order ID", "无效的订单ID"),
    ("52909", 200, "Duplicate Client Order Id", "客户自定义ID重复使用"),
    ("52913", 200, "Trade rejected", "拒绝交易"),
    ("52914", 200, "Insufficient available balance in trading account", "交易账户可用资产不足"),
    (
        "52915",
        200,
        "Cannot quote due to large amounts of RFQ and insufficient liquidity, please try again later",
        "询价量太大，流动性不足导致无法报价，请稍后重试",
        True,
    ),
    ("52916", 200, "Insufficient balance in funding account", "资金账户余额不足"),
    ("52917", 200, "RFQ quantity cannot be less than the lower limit", "询价数量不能低于下限"),
    ("52918", 200, "RFQ quantity cannot be greater than the upper limit", "询价数量不能超过上限"),
    (
        "52919",
        200,
        "Parameter {param} of convert trading is inconsistent with the quotation",
        "闪兑交易参数{param}与报价不一致",
    ),
    ("52920", 200, "Quantity of convert trading cannot exceed the quotation quantity", "闪兑交易数量不能超过报价数量"),
    ("52921", 200, "Quote traded, please ask for quote again", "报价已交易，请重新询价"),
    ("52922", 200, "Quote expired, please ask for quote again", "报价已过期，请重新询价"),
    ("52923", 200, "Service unavailable. Try again later.", "服务异常，请稍后重试", True),
    ("52924", 200, "Too many orders. Try again later.", "下单过于频繁，请稍后重试", True),
    ("52925", 200, "Duplicate client request ID", "客户自定义请求ID重复使用"),
    ("52926", 200, "{param} has already expired", "{param}已过期"),
    ("52927", 200, "No quote", "没有报价"),
    ("52928", 200, "Quantity must be a multiple of the step size", "数量应为下单数量精度的倍数"),
    (
        "52929",
        200,
        "Disable Pay trading fees in quote currency, then try converting again.",
        "切换手续费支付为所得币后再闪兑",
    ),
)

# funding account
_FUNDING = _table(
    (
        "58007",
        200,
        "Assets interface is currently unavailable. Try again later",
        "资金接口服务异常，请稍后再试。",
        True,
    ),
    ("58008", 200, "You do not have assets in this currency.", "您没有该币种资产"),
    ("58009", 200, "Crypto pair doesn't exist", "币对不存在"),
    ("58112", 200, "Transfer failed. Contact customer support for assistance", "资金划转失败，请联系客服进行处理"),
    ("58113", 200, "Unable to transfer this crypto", "该币种不支持划转"),
    ("58114", 400, "Transfer amount must be greater than 0", "转账金额必须大于 0"),
    ("58115", 200, "Sub-account does not exist.", "子账户不存在"),
    ("58116", 200, "Transfer exceeds the available amount.", "转出数量大于最大可转数量"),
    (
        "58117",
        200,
        "Transfer failed. Resolve any negative assets before transferring again",
        "账户划转失败，请先处理负资产后再划转",
    ),
    (
        "58119",
        200,
        "{param} Sub-account has no permission to transfer out, please set first.",
        "{param} 子账户没有转出权限，请先设置",
    ),
    ("58120", 200, "Transfers are currently unavailable. Try again later", "划转服务暂不可用，请稍后重试", True),
    (
        "58121",
        200,
        "This transfer would put your positions at a high risk. Adjust the amount and try again.",
        "此次划转将导致您的仓位风险水平较高，进而可能引起爆仓。您需要重新调整划转金额，确保仓位处于安全水平后，再进行划转操作。",
    ),
    ("58123", 200, "The From parameter cannot be the same as the To parameter.", "参数from与参数to不可相同"),
    (
        "58124",
        200,
        "Your transfer is being processed, transfer id:{id}.",
        "资金划转中，划转id：{id}，请通过接口(GET /api/v5/asset/transfer-state)获取最新状态",
    ),
    (
        "58127",
        200,
        "Main account API key does not support current transfer 'type' parameter. "
        "Please refer to the API documentation.",
        "主账户 API key 不支持当前 type 划转类型参数，请参考 API 文档描述",
    ),
    (
        "58128",
        200,
        "Sub-account API key does not support current transfer 'type' parameter. "
        "Please refer to the API documentation.",
        "子账户 API key 不支持当前 type 划转类型参数，请参考 API 文档描述",
    ),
    (
        "58129/transfer",
        200,
        "transId or clientId is incorrect or does not match with 'type'",
        "transId 或 clientId 错误或与type不匹配",
    ),
    ("58129", 200, "{param} is incorrect or {param} does not match with 'type'", "{param}错误或{param}与type不匹配"),
    ("58215", 200, "Withdrawal ID does not exist.", "提币ID不存在"),
    ("58301", 200, "Deposit-address not exist.", "充值地址不存在"),
    ("58350", 200, "Insufficient balance.", "您的余额不足"),
    (
        "58358",
        200,
        "The fromCcy parameter cannot be the same as the toCcy parameter.",
        "参数fromCcy与参数toCcy不可相同",
    ),
    ("58373", 200, "The minimum {ccy} conversion amount is {min}", "{ccy} 最小兑换数量为 {min}"),
)

# account, borrowing and repaying
_ACCOUNT = _table(
    (
        "59102",
        200,
        "Leverage exceeds the maximum limit. Please lower the leverage.",
        "杠杆倍数超过最大杠杆倍数，请降低杠杆倍数",
    ),
    (
        "59104",
        200,
        "The borrowed position has exceeded the maximum position of this leverage. Please lower the leverage.",
        "杠杆倍数过高，借币仓位已超过该杠杆倍数的最大仓位，请降低杠杆倍数",
    ),
    (
        "59105",
        400,
        "Leverage can't be less than {min}. Please increase the leverage.",
        "杠杆倍数设置不能小于{min}，请提高杠杆倍数",
    ),
    (
        "59109",
        200,
        "Account equity less than the required margin amount after adjustment. Please adjust the leverage.",
        "调整后，账户权益小于所需保证金，请重新调整杠杆倍数",
    ),
    (
        "59000",
        200,
        "Settings failed. Close any open positions or orders before modifying settings.",
        "设置失败，请在设置前关闭任何挂单或持仓",
    ),
    ("59001", 200, "Switching unavailable as you have borrowings.", "当前存在借币，暂不可切换"),
    ("59117", 200, "Cannot select more than {max} crypto types", "所选币种数量不能超过 {max} 个"),
    ("59118", 200, "Amount placed should greater than {min}", "下单金额需大于 {min}"),
    (
        "59119",
        200,
        "One-click repay is temporarily unavailable. Try again later.",
        "一键还债功能暂时关闭，请稍后重试",
        True,
    ),
    (
        "59120",
        200,
        "One-click convert is temporarily unavailable. Try again later.",
        "一键兑换主流币功能暂时关闭，请稍后重试",
        True,
    ),
    (
        "59121",
        200,
        "This batch is still under processing, please wait patiently.",
        "该批次正在处理中，请等待处理完",
        True,
    ),
    ("59122", 200, "This batch has been processed", "该批次已经处理完"),
    ("59123", 200, "{ccy} order amount must be greater than {min}", "{ccy}币种下单金额需大于 {min}"),
    ("59124", 200, "The order amount of {ccy} must be less than {max}.", "{ccy} 币种下单金额需小于 {max}"),
    ("59125", 200, "{ccy} doesn't support the current operation.", "{ccy} 不支持当前操作"),
    ("59129", 200, "The first crypto you use to repay must be {debtCcy}.", "需优先使用 {debtCcy} 进行还币"),
    (
        "59130",
        200,
        "If an asset’s balance is < 1 USD, it can only repay borrowings of the same crypto.",
        "当资产 < 1 USD 时，仅支持用于偿还相同币种的借币",
    ),
    ("59140", 200, "You can only repay with your collateral crypto.", "请使用质押币种进行还币"),
    (
        "59141",
        200,
        "The minimum repayment amount is {min}. Select more available crypto or increase your trading account balance.",
        "最小还币数量为 {min}，请增加还币币种数量或增加交易账户币种余额",
    ),
    ("59142", 200, "Instant repay failed. You can only repay borrowable crypto.", "还币失败，仅支持偿还可借币种"),
    ("59200", 200, "Insufficient account balance.", "账户余额不足"),
    ("59201", 200, "Negative account balance.", "账户余额是负数"),
    (
        "59303",
        200,
        "Insufficient available margin, add margin or reduce the borrowing amount",
        "可用保证金不足，请尝试增加保证金或减少借币数量",
    ),
    (
        "59304",
        200,
        "Insufficient equity for borrowing. Keep enough funds to pay interest for at least one day.",
        "借币币种权益不足，请至少留有一天的利息",
    ),
    ("59306", 200, "Your borrowing amount exceeds the max limit", "借币数量超过总额度，不可继续借币"),
    ("59309", 200, "Unable to repay an amount that exceeds the borrowed amount", "还币数量超出已借数量，还币失败"),
    (
        "59319",
        200,
        "You can’t repay your loan order because your funds are in use. Make them available for full repayment.",
        "由于您的资金已被占用，您暂时无法偿还借贷，请解除占用状态再进行还币",
    ),
    (
        "59410",
        200,
        "You can only borrow this crypto if it supports borrowing and borrowing is enabled.",
        "只有当借币交易启用且该币种支持借币交易时，您才可以进行借币",
    ),
    (
        "59411",
        200,
        "Manual borrowing failed. Your account's free margin is insufficient.",
        "无法手动借币，账户可用保证金不足",
    ),
    (
        "59412",
        200,
        "Manual borrowing failed. The amount exceeds your borrowing limit.",
        "无法手动借币，您输入的数量已超过借币限额",
    ),
    ("59413", 200, "You didn't borrow this crypto. No repayment needed.", "该币种没有负债，无需还币"),
    (
        "59414",
        200,
        "Manual borrowing failed. The minimum borrowing limit is {min}.",
        "无法手动借币，您输入的数量应大于或等于最小借币数量 {min}",
    ),
    (
        "59417",
        200,
        "Manual Simple Borrow for {ccy} is temporarily disabled due to high utilization. Please retry later.",
        "{ccy} 使用率过高，暂不支持手动借币，请稍后重试",
        True,
    ),
    (
        "59520",
        200,
        "You can’t use delta neutral strategy in spot or futures mode.",
        "现货模式和合约模式不支持使用 delta 中性策略模式",
    ),
    ("59671", 200, "Auto-earn currently doesn’t support {ccy}.", "自动赚币暂不支持 {ccy}"),
    (
        "59679",
        200,
        "Switch failed. Your account does not currently support this fee currency.",
        "切换失败，您的账户暂不支持该手续费币种",
    ),
    ("59686", 200, "This crypto can’t be set as a settlement currency.", "该币种不能设为结算币种"),
    (
        "59674",
        200,
        "You can’t borrow to transfer or withdraw when Auto-earn is on for this cryptocurrency.",
        "该币种开启自动赚币后，不支持借币进行划转或提取",
    ),
    ("59500", 200, "Only the API key of the main account has permission.", "仅主账户有操作权限"),
    ("59506", 200, "API key doesn't exist.", "API key 不存在"),
    (
        "59507",
        200,
        "The two accounts involved in a transfer must be 2 different sub-accounts under the same main account.",
        "划转的两个账户必须是同一母账户下的两个不同子账户",
    ),
    ("59510", 200, "Sub-account does not exist", "子账户不存在"),
    ("59684", 200, "Borrowing isn’t supported for this currency.", "该币种不支持进行借币交易"),
    (
        "59689",
        200,
        "Convert failed. The {ccy} converted to {other} is too small to process.",
        "兑换失败。{ccy} 兑换至 {other} 的金额过低，无法执行",
    ),
)

_SOCKET = _table(*errors_socket.ROWS)

ERRORS: Final[dict[str, ErrorText]] = {
    **_SOCKET,
    **_REQUEST,
    **_KEYS,
    **_ORDERS,
    **_FLEXIBLE,
    **_CONVERT,
    **_FUNDING,
    **_ACCOUNT,
}


class _Known(dict[str, str]):
    """A placeholder nobody filled stays as it is: a poor text is better than no answer."""

    def __missing__(self, name: str) -> str:
        return "{" + name + "}"


def text(key: str, language: str = "en", **details: str) -> str:
    """The words of one code or variant. `language` beginning with "zh" is Chinese, all else English."""
    error = ERRORS[key]
    template = error.zh if language.startswith("zh") else error.en
    return template.format_map(_Known(details)) if "{" in template else template


def has_data(code: str) -> bool:
    """Whether a refusal with this code carries an empty `data`; the gateway's own do not (observed)."""
    return not (code.startswith("501") or code == "50011")
