"""Codes of WebSocket messages. Documented (error-code-websocket-public), where no other source is named.

The HTTP status is of no use there. The texts of 64001 and 64002 are known by their beginnings only. A variant
after a slash has words of our own (chosen).
"""

from __future__ import annotations

from typing import Final

from tallystick.contract.errors.form import table

SOCKETS: Final = table(
    ("60004", 200, "Invalid timestamp", "无效的 timestamp"),
    ("60005", 200, "Invalid apiKey", "无效的 apiKey"),
    ("60006", 200, "Timestamp request expired", "请求时间戳过期"),
    ("60007", 200, "Invalid sign", "无效的签名"),
    (
        "60008",
        200,
        "The current WebSocket endpoint does not support subscribing to {what} channels."
        " Please check the WebSocket URL",
        "当前服务不支持订阅{what}频道，请检查WebSocket地址",
    ),
    ("60009", 200, "Login failed.", "登录失败"),
    ("60011", 200, "Please log in", "用户需要登录"),
    ("60012", 200, "Invalid request: {request}", "不合法的请求: {request}"),
    ("60013", 200, "Invalid args", "无效的参数 args"),
    ("60014", 200, "Requests too frequent", "用户请求频率过快，超过该接口允许的限额", True),
    (
        "60018",
        200,
        "Wrong URL or {what} doesn't exist."
        " Please use the correct URL, channel and parameters referring to API document.",
        "错误的 URL 或者 {what} 不存在，请参考 API 文档使用正确的 URL，频道和参数",
    ),
    ("60019", 200, "Invalid op: {op}", "无效的op{op}"),
    ("60024", 200, "Wrong passphrase", "passphrase不正确"),
    ("60027", 200, "Parameter {param} can not be empty.", "参数{param}不可为空"),
    (
        "60028",
        200,
        "The current operation is not supported by this URL. Please use the correct WebSocket URL for the operation.",
        "当前服务不支持此功能，请检查WebSocket地址",
    ),
    (
        "60029",
        200,
        "Only users who are VIP6 and above in trading fee tier are allowed to subscribe to this channel.",
        "仅手续费等级 VIP6 及以上的用户可以订阅该频道",
    ),
    (
        "60030",
        200,
        "Only users who are VIP5 and above in trading fee tier are allowed to subscribe to books50-l2-tbt channel.",
        "仅手续费等级 VIP5 及以上的用户可以订阅 books50-l2-tbt 频道",
    ),
    (
        "60031",
        200,
        "The WebSocket endpoint does not allow multiple or repeated logins.",
        "WebSocket地址不支持多账户和重复登录",
    ),
    ("60032", 200, "API key doesn't exist.", "API key 不存在"),
    ("60033", 200, "Parameter {param} error.", "{param} 参数错误"),
    (
        "63999",
        200,
        "Login failed due to internal error. Please try again later.",
        "由于内部错误，登录失败，请稍后重试。",
        True,
    ),
    (
        "63999/halted",
        200,
        "Login failed. The venue has halted and must be restarted.",
        "登录失败。平台已停止运行，需要重新启动。",
    ),
    (
        "64000",
        200,
        "Subscription parameter uly is unavailable anymore, please replace uly with instFamily. More details can refer "
        "to: https://www.okx.com/help-center/changes-to-v5-api-websocket-subscription-parameter-and-url.",
        "订阅参数 uly 已失效，请您尽快将 uly 替换为 instFamily，更多详情可参考:"
        " https://www.okx.com/cn/help-center/changes-to-v5-api-websocket-subscription-parameter-and-url.",
    ),
    (
        "64001",
        200,
        "This channel has been migrated to the '/business' URL. Please subscribe using the new URL.",
        "该频道已经迁移到了 '/business' URL，请使用新的 URL",
    ),
    (
        "64002",
        200,
        'This channel is not supported by "/business" URL. Please use "/private" URL(for private channels),'
        ' or "/public" URL(for public channels).',
        '"/business" URL 不支持该频道. 请使用"/private" URL(对于私有频道), 或者"/public" URL(对于公有频道)',
    ),
    (
        "64003",
        200,
        "Your trading fee tier doesn't meet the requirement to access this channel",
        "您的手续费等级不满足访问该频道的要求",
    ),
    (
        "64004",
        200,
        "Subscribe to both {what} and books-l2-tbt for {id} is not allowed. Unsubscribe books-l2-tbt first.",
        "不允许同时订阅 {id} 的 {what} 和 books-l2-tbt，请先取消订阅 books-l2-tbt",
    ),
    (
        "64007",
        200,
        "Operation {op} failed due to WebSocket internal error. Please try again later.",
        "由于 WebSocket 内部错误导致操作 {op} 失败，请稍后再试。",
        True,
    ),
    (
        "64007/halted",
        200,
        "Operation {op} failed. The venue has halted and must be restarted.",
        "操作 {op} 失败。平台已停止运行，需要重新启动。",
    ),
    (
        "64008",
        200,
        "The connection will soon be closed for a service upgrade. Please reconnect.",
        "因服务升级，该连接即将关闭。请重新连接。",
        True,
    ),
)
