"""Codes of the request as such: form, limits, the venue itself."""

from __future__ import annotations

from typing import Final

from tallystick.contract.errors.form import table

REQUEST: Final = table(
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
    (
        "50001/standby",
        503,
        "Service temporarily unavailable. No server leads, and nothing was carried out. Please try again later.",
        "服务暂不可用。目前没有主服务器，请求未被执行，请稍后重试",
        True,
    ),
    ("50002", 400, "JSON syntax error", "JSON 语法错误"),
    (
        "50004",
        400,
        "API endpoint request timeout. (does not mean that the request was successful or failed, please check the"
        " request result)",
        "接口请求超时（不代表请求成功或者失败，请检查请求结果）",
    ),
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
    (
        "50061",
        200,
        "You've reached the maximum order rate limit for this account.",
        "订单请求频率过快，超过账户允许的最高限额",
        True,
    ),
    ("50064", 200, "The borrowing system is unavailable. Try again later.", "借币系统暂不可用，请稍后再试", True),
    ("50071", 200, "{param} already exists", "{param} 已存在"),
)
