"""Rows to answers. An answer is {"code", "msg", "data"} in one of the two orders the documents print."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tallystick.contract.core import Envelope, Row

_encode = msgspec.json.Encoder().encode

_HEAD: dict[str, bytes] = {"code,data,msg": b'{"code":"0","data":', "code,msg,data": b'{"code":"0","msg":"","data":'}
_TAIL: dict[str, bytes] = {"code,data,msg": b',"msg":""}', "code,msg,data": b"}"}

ALL_FAILED = "All operations failed"
"""Outer text of an answer whose items all failed. Source: observed; the documents say "Operation failed."."""

SOME_FAILED = "Bulk operation partially succeeded."


def row(value: Row) -> bytes:
    """One row as JSON, as the histories store it."""
    return _encode(value)


def success(rows: Sequence[Row], envelope: Envelope = "code,data,msg") -> bytes:
    return _HEAD[envelope] + _encode(rows) + _TAIL[envelope]


def success_bare(only: Row, envelope: Envelope = "code,data,msg") -> bytes:
    """An answer whose `data` is one object, not a list."""
    return _HEAD[envelope] + _encode(only) + _TAIL[envelope]


def success_raw(rows: Sequence[bytes], envelope: Envelope = "code,data,msg") -> bytes:
    """Answer made of rows that are JSON already, such as a page of a history."""
    return b"".join((_HEAD[envelope], b"[", b",".join(rows), b"]", _TAIL[envelope]))


def failure(code: str, msg: str, with_data: bool) -> bytes:
    """A refusal. The exchange's gateway, which checks keys and rates, answers without `data` (observed)."""
    if with_data:
        return b'{"code":' + _encode(code) + b',"data":[],"msg":' + _encode(msg) + b"}"
    return b'{"msg":' + _encode(msg) + b',"code":' + _encode(code) + b"}"


def not_found() -> bytes:
    """An unknown path, HTTP 404: here code is a number and data an object (observed)."""
    return b'{"code":404,"data":{},"detailMsg":"","error_code":"404","error_message":"Not Found","msg":"Not Found"}'


def per_item(rows: Sequence[Row], *, failed: int, in_us: int, out_us: int) -> bytes:
    """Answer of the order endpoints: each row carries sCode and sMsg, the outer code sums them up.

    `failed` counts the rows that were refused; `in_us` and `out_us` are gateway times in microseconds.
    Documented (post-place-order).
    """
    code, msg = summary(len(rows), failed)
    parts = (_encode(code), _encode(msg), _encode(rows), in_us, out_us)
    return b'{"code":%s,"msg":%s,"data":%s,"inTime":"%d","outTime":"%d"}' % parts


def summary(items: int, failed: int) -> tuple[str, str]:
    """Outer code and text of an answer whose items speak for themselves."""
    if not failed:
        return "0", ""
    return ("1", ALL_FAILED) if failed == items else ("2", SOME_FAILED)
