"""Codes of keys and signatures."""

from __future__ import annotations

from typing import Final

from tallystick.contract.errors.form import table

KEYS: Final = table(
    ("50100", 400, "API frozen, please contact customer service.", "API 已被冻结，请联系客服"),
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
