"""Table of the kinds of faults: name, parameters, what the client sees, and what is true afterwards.

The behaviour of a kind stands beside the others of its family: requests in `server/faults/play.py: PLAYS`. The names
are chosen; the codes, statuses and texts are the exchange's own (docs/decisions/036).
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from msgspec import Struct

from tallystick.contract.core import Doc, doc

Afterwards: TypeAlias = Literal["nothing", "done", "twice"]
"""True afterwards: the request was not carried out, was carried out once, or twice."""

AFTERWARDS: Final[dict[Afterwards, Doc]] = {
    "nothing": doc("Nothing happened", "什么都没有发生"),
    "done": doc("The request was carried out", "请求已执行"),
    "twice": doc("The request was carried out twice", "请求执行了两次"),
}

MS_MAX = 600_000
"""Longest delay: ten minutes of the machine's time (chosen)."""


class Parameter(Struct, frozen=True, kw_only=True):
    """Parameter of a kind: a whole number from `least` to `most`, or one of `words`; the default where it is absent."""

    name: Literal["ms", "answer"]
    default: int | str
    least: int = 0
    most: int = 0
    words: tuple[str, ...] = ()


class Kind(Struct, frozen=True, kw_only=True):
    """One kind of fault of a request.

    `orders` is true where it can hit an order operation over a WebSocket as well. `code` is what it answers, if any.
    """

    name: str
    afterwards: Afterwards
    sees: Doc
    parameters: tuple[Parameter, ...] = ()
    orders: bool = True
    code: str = ""


def ms(default: int) -> tuple[Parameter, ...]:
    return (Parameter(name="ms", default=default, most=MS_MAX),)


WHICH = (Parameter(name="answer", default="first", words=("first", "second")),)


def http(name: str, afterwards: Afterwards, en: str, zh: str, parameters: tuple[Parameter, ...] = ()) -> Kind:
    """Kind that only HTTP has."""
    return Kind(name=name, afterwards=afterwards, sees=doc(en, zh), parameters=parameters, orders=False)


def both(name: str, afterwards: Afterwards, en: str, zh: str, parameters: tuple[Parameter, ...] = ()) -> Kind:
    """Kind of HTTP requests and of order operations over a WebSocket."""
    return Kind(name=name, afterwards=afterwards, sees=doc(en, zh), parameters=parameters)


TRANSPORT = (
    both(
        "delay",
        "done",
        "The answer comes `ms` late: the request waits before it is carried out",
        "应答晚 `ms` 毫秒：请求先等待再执行",
        ms(1_000),
    ),
    both(
        "delay-after-commit",
        "done",
        "The answer comes `ms` late: the request is carried out at once",
        "应答晚 `ms` 毫秒：请求立即执行",
        ms(1_000),
    ),
    both("drop-before-commit", "nothing", "The connection ends without an answer", "连接中断，没有应答"),
    both("drop-after-commit", "done", "The connection ends without an answer", "连接中断，没有应答"),
    both("reset", "nothing", "The connection is reset (TCP RST)", "连接被重置（TCP RST）"),
    both("reset-after-commit", "done", "The connection is reset (TCP RST)", "连接被重置（TCP RST）"),
    both(
        "double-delivery",
        "twice",
        "One answer, the `first` or the `second`",
        "一个应答，第一个（`first`）或第二个（`second`）",
        WHICH,
    ),
    http("cut-head", "done", "The connection ends in the middle of the head of the answer", "连接在应答头中间中断"),
    http("cut-body", "done", "The connection ends in the middle of the body of the answer", "连接在应答体中间中断"),
    http(
        "cut-body-before-commit",
        "nothing",
        "The connection ends in the middle of the body of an answer",
        "连接在应答体中间中断",
    ),
    http("slow-head", "done", "The head of the answer takes `ms` to arrive", "应答头用 `ms` 毫秒才到齐", ms(1_000)),
    http("slow-body", "done", "The body of the answer takes `ms` to arrive", "应答体用 `ms` 毫秒才到齐", ms(1_000)),
    http(
        "close-after-answer",
        "done",
        "The answer promises to keep the connection, which then ends",
        "应答承诺保持连接，随后连接中断",
    ),
)
"""Faults of the connection."""

GATEWAY = (
    http("html-502", "nothing", "502 Bad Gateway, a page of HTML", "502 Bad Gateway，HTML 页面"),
    http("html-502-done", "done", "502 Bad Gateway, a page of HTML", "502 Bad Gateway，HTML 页面"),
    http("html-503", "nothing", "503 Service Unavailable, a page of HTML", "503 Service Unavailable，HTML 页面"),
    http("html-504", "nothing", "504 Gateway Timeout, a page of HTML", "504 Gateway Timeout，HTML 页面"),
    http("html-504-done", "done", "504 Gateway Timeout, a page of HTML", "504 Gateway Timeout，HTML 页面"),
    http("html-200", "nothing", "200 with a page of HTML about maintenance", "200，内容为维护公告的 HTML 页面"),
    http("http-503", "nothing", "503 with a line of plain text", "503，一行纯文本"),
    http("429", "nothing", "429 with a line of plain text, no envelope", "429，一行纯文本，没有信封"),
    http("empty-200", "done", "200 with an empty body", "200，应答体为空"),
    http("empty-200-not-done", "nothing", "200 with an empty body", "200，应答体为空"),
    http("wrong-content-type", "done", "The right answer, declared as `text/html`", "应答正确，但声明为 `text/html`"),
)
"""Answers that a gateway gives instead of the exchange."""

SHAPES = (
    http(
        "truncated-json",
        "done",
        "200 with the first half of the JSON, and a length that fits",
        "200，只有前一半 JSON，长度声明与之相符",
    ),
    http("invalid-utf-8", "done", "200 with a byte in the JSON that is not UTF-8", "200，JSON 中有一个非 UTF-8 的字节"),
    http("shape-object", "done", "200 whose `data` is an object in place of a list", "200，`data` 是对象而不是列表"),
    http("shape-strings", "done", "200 whose `data` is a list of strings", "200，`data` 是字符串列表"),
    http("shape-null", "done", "200 whose `data` is null", "200，`data` 为 null"),
    http("shape-empty", "done", "200 whose `data` is an empty list", "200，`data` 为空列表"),
    http("shape-no-data", "done", "200 without `data`", "200，没有 `data`"),
    http("shape-no-code", "done", "200 without `code`", "200，没有 `code`"),
    http(
        "shape-number-code",
        "done",
        "200 whose `code` is the number 0 in place of text",
        "200，`code` 是数字 0 而不是文本",
    ),
    http(
        "shape-empty-values",
        "done",
        "200 whose rows have empty text in place of every value",
        "200，各行的值都是空文本",
    ),
    http(
        "shape-new-fields", "done", "200 whose rows have a field that no document knows", "200，各行有文档中没有的字段"
    ),
)
"""Answers of the right status in another shape."""


def codes(afterwards: Afterwards, *names: str) -> tuple[Kind, ...]:
    """Kinds that answer a code of the exchange, with which their names begin."""
    return tuple(
        Kind(
            name=name,
            afterwards=afterwards,
            sees=doc(f"The answer of code {name[:5]}", f"code 为 {name[:5]} 的应答"),
            code=name[:5],
        )
        for name in names
    )


SYSTEM_CODES = (
    *codes("nothing", "50001", "50004-not-done", "50011", "50013", "50026", "50061"),
    *codes("done", "50004-done", "50013-done", "50026-done"),
)
"""Codes of an exchange that is busy or broken."""

AUTH_CODES = codes(
    "nothing",
    "50100",
    "50101",
    "50102",
    "50103",
    "50104",
    "50105",
    "50106",
    "50107",
    "50110",
    "50111",
    "50112",
    "50113",
    "50114",
    "50119",
    "50120",
)
"""Codes of keys and signatures."""

KINDS: Final[tuple[Kind, ...]] = (*TRANSPORT, *GATEWAY, *SHAPES, *SYSTEM_CODES, *AUTH_CODES)

by_name: Final[dict[str, Kind]] = {kind.name: kind for kind in KINDS}
