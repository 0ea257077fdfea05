"""Table of the kinds of faults: name, parameters, what the client sees, and what is true afterwards.

The behaviour of a kind stands beside the others of its place: requests in `server/faults/play.py: PLAYS`, their order
operations in `server/faults/orders.py: PLAYS`, messages in `server/faults/streams.py: PLAYS`. The names are chosen;
the codes, statuses and texts are the exchange's own (docs/decisions/036).
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from msgspec import Struct

from tallystick.contract.core import Doc, doc
from tallystick.contract.errors import ERRORS, text

Place: TypeAlias = Literal["request", "stream", "login", "subscribe", "pong", "handshake", "engine"]
"""Place of a fault: a request; a message to a client; a login, subscription, ping or handshake of a stream; the engine,
where something really happens otherwise (`happenings`)."""
Afterwards: TypeAlias = Literal["nothing", "done", "twice", "judged", "unchanged", "happened"]
"""True afterwards: the request was not carried out, was carried out once, or twice; `judged` is by another clock, and
`unchanged` is of messages, which tell of the state and do not make it; `happened` is of the engine."""

AFTERWARDS: Final[dict[Afterwards, Doc]] = {
    "nothing": doc("Nothing happened", "什么都没有发生"),
    "done": doc("The request was carried out", "请求已执行"),
    "twice": doc("The request was carried out twice", "请求执行了两次"),
    "judged": doc(
        "The request was carried out if its time was right by that clock", "如果请求的时间戳按该时钟有效，请求已执行"
    ),
    "happened": doc("It really happened, and every answer shows it", "事情确实如此发生，所有应答一致"),
    "unchanged": doc("The state is as without the fault", "平台状态与没有故障时相同"),
}

MS_MAX = 600_000
"""Longest delay: ten minutes of the machine's time (chosen)."""
HELD_MS_MAX = 60_000
SKEW_MS_MAX = 86_400_000
"""Largest difference of a clock: a day."""
STREAMS = "ws"
"""Place of a rule that concerns every message of a stream."""
ANYTHING = "*"
"""Place of a rule that concerns everything."""


class Parameter(Struct, frozen=True, kw_only=True):
    """Parameter of a kind: a whole number from `least` to `most`, or one of `words`; the default where it is absent."""

    name: Literal["ms", "answer", "code", "leg", "share"]
    default: int | str
    least: int = 0
    most: int = 0
    words: tuple[str, ...] = ()


class Kind(Struct, frozen=True, kw_only=True):
    """One kind of fault. `code` is what it answers, or closes with, if any.

    `orders` is true where it can hit an order operation over a WebSocket as well. `channels` are those whose messages
    it can hit, all without any. A rule of a `lasting` kind with `nth` alone hits everything from there on. A rule of a
    kind `at_once` for all streams hits those that are open when it is made, unless it says which message to hit.
    """

    name: str
    afterwards: Afterwards
    sees: Doc
    parameters: tuple[Parameter, ...] = ()
    place: Place = "request"
    orders: bool = False
    code: str = ""
    reason: str = ""
    channels: tuple[str, ...] = ()
    lasting: bool = False
    at_once: bool = False
    reads: bool = False
    """True where it hits GET requests only."""
    operations: tuple[str, ...] = ()
    """Endpoints that `on` of a kind of the engine can name."""


def ms(default: int) -> tuple[Parameter, ...]:
    return (Parameter(name="ms", default=default, most=MS_MAX),)


WHICH = (Parameter(name="answer", default="first", words=("first", "second")),)


def http(name: str, afterwards: Afterwards, en: str, zh: str, parameters: tuple[Parameter, ...] = ()) -> Kind:
    """Kind that only HTTP has."""
    return Kind(name=name, afterwards=afterwards, sees=doc(en, zh), parameters=parameters)


def both(name: str, afterwards: Afterwards, en: str, zh: str, parameters: tuple[Parameter, ...] = ()) -> Kind:
    """Kind of HTTP requests and of order operations over a WebSocket."""
    return Kind(name=name, afterwards=afterwards, sees=doc(en, zh), parameters=parameters, orders=True)


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
    http("429", "nothing", "429 with a line of plain text, not JSON", "429，一行纯文本，不是 JSON"),
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
            sees=doc(_told(name[:5], "en"), _told(name[:5], "zh")),
            code=name[:5],
            orders=True,
        )
        for name in names
    )


def _told(code: str, language: str) -> str:
    words = text(code, language, **DETAILS.get(code, {}))
    return f"{ERRORS[code].http_status}, {code}: {words}"


DETAILS: Final = {"50110": {"ip": "203.0.113.7"}}
"""Words in the texts of refusals that no request has caused."""

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

CLOCKS = (
    Kind(
        name="clock-skew",
        afterwards="judged",
        sees=doc(
            "The server's clock is `ms` ahead (or behind, with a minus): 50102 for a request signed by the right time;"
            " the public time and the `Date` of answers are wrong",
            "服务器时钟快 `ms` 毫秒（负数为慢）：按正确时间签名的请求得到 50102，公共时间和应答的 `Date` 不准",
        ),
        parameters=(Parameter(name="ms", default=60_000, least=-SKEW_MS_MAX, most=SKEW_MS_MAX),),
    ),
    Kind(
        name="ws-clock-skew",
        afterwards="judged",
        place="login",
        sees=doc(
            "A login signed by the right time is refused with 60006: the server's clock is `ms` ahead",
            "按正确时间签名的登录得到 60006：服务器时钟快 `ms` 毫秒",
        ),
        parameters=(Parameter(name="ms", default=60_000, least=-SKEW_MS_MAX, most=SKEW_MS_MAX),),
    ),
)
"""Clocks that are wrong."""

READS = (
    Kind(
        name="stale-read",
        afterwards="unchanged",
        sees=doc(
            "A GET shows the state of `ms` ago, but never a state from before the rule was made",
            "GET 的应答是 `ms` 毫秒之前的状态，但不早于规则建立之时",
        ),
        parameters=ms(1_000),
        reads=True,
    ),
)
"""Reads that are behind."""

LOGIN_CODES = ("60009", "60004", "60005", "60006", "60007", "60024", "60032", "63999")
SUBSCRIBE_CODES = ("60018", "60011", "60014", "60029", "60033", "64003")
BOOKS = ("books", "books-l2-tbt", "books50-l2-tbt")
"""Channels whose messages have a checksum."""


def stream(name: str, en: str, zh: str, parameters: tuple[Parameter, ...] = (), *, at_once: bool = False) -> Kind:
    """Kind of messages to the client of a stream."""
    return Kind(
        name=name,
        afterwards="unchanged",
        sees=doc(en, zh),
        parameters=parameters,
        place="stream",
        at_once=at_once,
        lasting=name == "ws-silence",
        channels=BOOKS if name == "ws-wrong-checksum" else (),
    )


def closed(code: str, reason: str) -> Kind:
    """Kind that ends a stream with a documented close code."""
    return Kind(
        name=f"ws-close-{code}",
        afterwards="unchanged",
        sees=doc(f"The stream ends with close code {code}: {reason}", f"连接以关闭码 {code} 结束：{reason}"),
        place="stream",
        at_once=True,
        code=code,
        reason=reason,
    )


def held(default: int) -> tuple[Parameter, ...]:
    return (Parameter(name="ms", default=default, most=HELD_MS_MAX),)


MESSAGES = (
    stream("ws-silence", "No more messages come, not even the one hit", "从命中的消息起不再收到任何消息"),
    stream("ws-gap", "A message does not come", "缺少一条消息"),
    stream("ws-double", "A message comes twice", "一条消息收到两次"),
    stream(
        "ws-swap",
        "A message comes after the next one of its channel, or `ms` late",
        "一条消息排到同频道下一条之后，或晚 `ms` 毫秒",
        held(1_000),
    ),
    stream("ws-wrong-checksum", "The checksum of a book is wrong", "深度的校验和不正确"),
    stream("ws-truncated-json", "Half of a message, which is not valid JSON", "只有半条消息，不是合法 JSON"),
    stream("ws-slow", "Messages come `ms` late, in their order", "消息晚 `ms` 毫秒，次序不变", held(1_000)),
    stream(
        "ws-notice",
        "The notice 64008 that the connection will soon be closed; it stays open",
        "收到 64008 通知：连接即将关闭，但连接不断",
        at_once=True,
    ),
    stream("ws-drop", "The stream ends without a close frame", "连接中断，没有关闭帧", at_once=True),
    stream("ws-reset", "The stream is reset (TCP RST)", "连接被重置（TCP RST）", at_once=True),
)
"""Faults of messages to the client of a stream."""

CLOSES = (
    closed("4001", "Login Failed"),
    closed("4002", "Invalid Request"),
    closed("4003", "APIKey subscription amount exceeds the limit 100"),
    closed("4004", "No data received in 30s"),
    closed("4005", "Buffer is full, cannot write data"),
    closed("4006", "Abnormal disconnection"),
    closed("4007", "API key has been updated or deleted. Please reconnect."),
    closed("4008", "The number of subscribed channels exceeds the maximum limit."),
    closed("4009", "The number of subscription channels for this connection exceeds the limit"),
)
"""Close codes of streams (documented: websocket, close frame)."""

ENTRANCES = (
    Kind(
        name="ws-handshake-503",
        afterwards="nothing",
        place="handshake",
        sees=doc("The handshake of a stream is answered with 503", "WebSocket 握手得到 503"),
    ),
    Kind(
        name="ws-login-refused",
        afterwards="nothing",
        place="login",
        sees=doc(
            "A login is refused with `code`, and the stream ends with 4001",
            "登录被拒绝，错误码为 `code`，连接以 4001 结束",
        ),
        parameters=(Parameter(name="code", default=LOGIN_CODES[0], words=LOGIN_CODES),),
    ),
    Kind(
        name="ws-subscribe-refused",
        afterwards="nothing",
        place="subscribe",
        sees=doc("A subscription is refused with `code`", "订阅被拒绝，错误码为 `code`"),
        parameters=(Parameter(name="code", default=SUBSCRIBE_CODES[0], words=SUBSCRIBE_CODES),),
    ),
    Kind(
        name="ws-no-pong",
        afterwards="unchanged",
        place="pong",
        sees=doc("A ping is not answered", "ping 没有应答"),
        lasting=True,
    ),
)
"""Faults of what the client of a stream asks for."""

KINDS: Final[tuple[Kind, ...]] = (
    *TRANSPORT,
    *GATEWAY,
    *SHAPES,
    *SYSTEM_CODES,
    *AUTH_CODES,
    *CLOCKS,
    *READS,
    *MESSAGES,
    *CLOSES,
    *ENTRANCES,
)
"""Faults of what is said; `happenings` has those of what happens."""
