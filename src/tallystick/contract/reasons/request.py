"""Reasons of what is refused before the engine is asked, by code."""

from __future__ import annotations

from typing import Final

from tallystick.contract.reasons.form import BORROWING, table

_KEYS = "tally keys"
_NEW_KEY = "POST users/.../keys"
_CLOCK = "GET /api/v5/public/time"

REQUEST: Final = table(
    (
        (
            "rate limit",
            "the limit per {per} is used up, requests in {period_span_ms}: {requests_count}; "
            "the next may come in {free_span_ms}",
            "每 {period_span_ms} 每 {per} 的 {requests_count} 次请求已用完；{free_span_ms} 后可再请求",
            "serve --limits off",
            "serve --limits 10",
        ),
        ("key missing", "the header OK-ACCESS-KEY is missing or empty", "缺少请求头 OK-ACCESS-KEY", _KEYS),
        (
            "passphrase missing",
            "the header OK-ACCESS-PASSPHRASE is missing or empty",
            "缺少请求头 OK-ACCESS-PASSPHRASE",
            _KEYS,
        ),
        (
            "signature missing",
            "the header OK-ACCESS-SIGN is missing or empty",
            "缺少请求头 OK-ACCESS-SIGN",
            _KEYS,
        ),
        ("timestamp missing", "the header OK-ACCESS-TIMESTAMP is missing or empty", "缺少请求头 OK-ACCESS-TIMESTAMP"),
        (
            "timestamp form",
            "the timestamp is {sent}; a request needs the form 2026-01-31T12:00:00.000Z, a login needs seconds",
            "时间戳为 {sent}，格式应为 2026-01-31T12:00:00.000Z，登录时为秒",
        ),
        (
            "timestamp window",
            "the request says {sent_ms}, the venue's clock {venue_ms}, this machine's {machine_ms}; "
            "the request has to be within {window_span_ms} of one of them",
            "请求时间为 {sent_ms}，平台时钟为 {venue_ms}，本机时钟为 {machine_ms}；"
            "与其中之一的差须在 {window_span_ms} 以内",
            _CLOCK,
            "POST clock",
        ),
        ("key form", "{key} is not in the form of a key", "{key} 不是 API key 的格式", _KEYS),
        (
            "key unknown",
            "this venue has no key {key}: it is of another data folder, was made before a reset, or has expired",
            "本平台没有 API key {key}：它属于其他数据目录、在重置前创建，或已过期",
            _KEYS,
            _NEW_KEY,
        ),
        (
            "address",
            "the key is bound to {allowed}, and the request comes from {ip}",
            "该 API key 绑定 {allowed}，请求来自 {ip}",
            _NEW_KEY,
        ),
        ("passphrase", "the passphrase is not that of the key {key}", "passphrase 与 API key {key} 不符", _KEYS),
        (
            "signature",
            "the signature is not that of timestamp + {signed} + a body of {body_count} bytes with the key's secret",
            "签名与 timestamp + {signed} + {body_count} 字节的 body 及该 key 的 secret 不符",
            _KEYS,
        ),
        (
            "permission",
            "this call needs the permission {wanted}, and the key {label} has {has}",
            "该接口需要 {wanted} 权限，API key {label} 的权限为 {has}",
            'POST users/{name}/keys {{"permissions": ["read", "trade"]}}',
        ),
        (
            "sub-account",
            "{name} is a sub-account, and only its main account may ask this",
            "{name} 是子账户，仅母账户可调用",
        ),
        ("expired", "expTime is {until_ms}, and it is {venue_ms}", "expTime 为 {until_ms}，当前为 {venue_ms}", _CLOCK),
        (
            "expiry form",
            "expTime is a Unix time in milliseconds, sent was {sent}",
            "expTime 应为毫秒时间戳，收到 {sent}",
        ),
        (
            "account mode",
            "this call is for account mode {modes}; {name} is in mode {mode}",
            "该接口适用于账户模式 {modes}，{name} 处于模式 {mode}",
            "POST /api/v5/account/set-account-level",
        ),
        ("account mode/none", "no account mode has this call here", "本平台没有任何账户模式提供该接口"),
        ("form", "{said}", "{said}"),
        (
            "halted",
            "the venue has halted until its cause is mended and it is started again: {said}",
            "平台已停止运行，请排除原因后重新启动：{said}",
            "tally serve",
        ),
        (
            "no leader",
            "no server of this database leads now, and nothing was carried out",
            "该数据库目前没有主服务器，请求未被执行",
        ),
        (
            "leader silent",
            "the server that leads did not answer: nobody knows whether this was carried out",
            "主服务器没有应答：不知道请求是否已执行",
        ),
        ("starting", "the venue is starting: ask again in a moment", "平台正在启动，请稍后再试"),
        (
            "starting/reading",
            "the venue is starting: {done_count} of {of_count} entries of its journal are read",
            "平台正在启动：日志 {of_count} 条已读取 {done_count} 条",
        ),
        (
            "starting/catching up",
            "the venue is starting: it catches up with its clock and is at {at_ms}, on the way to {until_ms}",
            "平台正在启动：正在追赶时钟，已到 {at_ms}，目标 {until_ms}",
        ),
        ("malformed", "these bytes are not an HTTP/1.1 request", "收到的字节不是 HTTP/1.1 请求"),
        (
            "head too large",
            "the head of a request has at most {bytes_count} bytes and {headers_count} headers",
            "请求头最多 {bytes_count} 字节、{headers_count} 个字段",
        ),
        (
            "target too long",
            "path and query have at most {bytes_count} bytes together",
            "路径与查询参数合计最多 {bytes_count} 字节",
        ),
        ("host wanted", "a request has exactly one Host header", "请求须有且仅有一个 Host 头"),
        ("target form", "the target of a request is a path that begins with /", "请求目标须为以 / 开头的路径"),
        (
            "too slow",
            "a head has to arrive within {head_span_ms}, and a body within {body_span_ms} after it",
            "请求头须在 {head_span_ms} 内到达，请求体须在其后 {body_span_ms} 内到达",
        ),
        ("too large", "the body is larger than 64 KiB", "请求体超过 64 KiB"),
        (
            "another site",
            "the request comes from a page of another site; only pages of this server may open a stream",
            "请求来自其他网站的页面；只有本服务器的页面可以建立连接",
            "serve --allow-host HOST",
        ),
        (
            "connections",
            "an address opens {requests_count} connections in {period_span_ms} at most",
            "每个地址在 {period_span_ms} 内最多建立 {requests_count} 个连接",
            "serve --limits off",
            "serve --limits 10",
        ),
        ("busy", "the server is receiving too many request bodies at once", "服务器同时接收的请求体过多"),
        ("a bug", "a bug of this venue; the server's log has the traceback", "平台内部错误，服务器日志中有详细信息"),
        (
            "inactive",
            "the exchange has switched this call off, or this venue has no algo orders",
            "该接口已下线，或本平台没有策略委托",
        ),
        (
            "no such path",
            "there is no such path; tally fidelity lists all endpoints",
            "没有该路径，tally fidelity 列出全部接口",
        ),
        ("method", "this path takes {allowed}", "该路径只接受 {allowed}"),
        ("encoding", "bodies are not compressed here", "不支持压缩的请求体"),
        (
            "fault",
            "fault rule {id} ({kind}) hit this request",
            "故障规则 {id}（{kind}）命中了该请求",
            "DELETE faults/{id}",
        ),
        ("borrowing off", "borrowing is off for {name}", "{name} 未开启借币", BORROWING),
    )
)
