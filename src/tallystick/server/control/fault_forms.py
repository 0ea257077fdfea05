"""Bodies and answers of the control calls of faults."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Struct, field

from tallystick.contract.core import Doc, doc
from tallystick.server.control.form import Body, IsoTime
from tallystick.server.faults.kinds import Afterwards, Place

# ---- what is sent


class FaultBody(Body, frozen=True, kw_only=True):
    """A rule: where (`on`, `user`, `key`, `method`), when (`nth` to `seed`), and which `fault`, with its parameters.

    `nth` alone hits that one only; `count` hits as many from there on; without both all are hit.
    `from` and `until` are ISO times on the venue's clock.
    """

    on: Annotated[
        str,
        doc(
            "Endpoint's name, channel, login, ws for all of streams, or * for everything",
            "接口名、频道名、login、ws（全部推送）或 *（全部）",
        ),
    ]
    fault: Annotated[str, doc("Fault of the catalogue, see kinds", "目录中的故障，见 kinds")]
    user: Annotated[str | None, doc("Hit requests of this user only", "只影响该用户的请求")] = None
    key: Annotated[str | None, doc("Hit requests with this API key only", "只影响使用该 API key 的请求")] = None
    method: Annotated[
        Literal["GET", "POST", "WS"] | None,
        doc("Hit this method only; WS is order operations", "只影响该方法；WS 为订单操作"),
    ] = None
    nth: Annotated[
        int | None,
        doc("Hit the nth request first; without count hit only this one", "从第 n 次开始；未给出 count 时只影响这一次"),
    ] = None
    count: Annotated[int | None, doc("Hit at most this many", "最多影响这么多次")] = None
    from_at: Annotated[
        IsoTime | None,
        doc("Hit nothing before this time of the venue's clock (ISO 8601)", "平台时钟到此时间之前不影响（ISO 8601）"),
    ] = field(default=None, name="from")
    until_at: Annotated[IsoTime | None, doc("Hit nothing from this time on", "从此时间起不再影响")] = field(
        default=None, name="until"
    )
    probability: Annotated[Decimal | None, doc("Hit this share, such as 0.1", "影响的比例，如 0.1")] = None
    seed: Annotated[int | None, doc("Draw what is hit from this number", "用此数抽取受影响者")] = None
    ms: Annotated[
        int | None,
        doc("Milliseconds of a delay, of a quote's life, or of a wrong clock", "延迟、报价有效期或时钟偏差的毫秒数"),
    ] = None
    answer: Annotated[
        str | None, doc("Answer of a doubled delivery: first or second", "重复送达时返回的应答：first 或 second")
    ] = None
    code: Annotated[str | None, doc("Code of a refusal", "拒绝的错误码")] = None
    leg: Annotated[int | None, doc("Leg of a one-click repay; 0 is any", "一键还债的第几笔；0 为任意一笔")] = None
    share: Annotated[Decimal | None, doc("Share of a leg that is filled", "一笔成交的比例")] = None


# ---- what is answered


class Made(Struct, frozen=True, kw_only=True):
    id: int


class FaultRule(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A rule with all its values; `matched` requests or occasions met its conditions, `fired` of them were hit."""

    id: int
    on: str
    fault: str
    user: str | None = None
    key: str | None = None
    method: str | None = None
    nth: int = 0
    count: int | None = None
    from_at: IsoTime | None = field(default=None, name="from")
    until_at: IsoTime | None = field(default=None, name="until")
    probability: Decimal | None = None
    seed: int | None = None
    ms: int | None = None
    answer: str | None = None
    code: str | None = None
    leg: int | None = None
    share: Decimal | None = None
    matched: int
    fired: int


class FaultRules(Struct, frozen=True, kw_only=True):
    faults: list[FaultRule]


class KindParameter(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Parameter of a kind: a whole number from `least` to `most`, or one of `words`."""

    name: str
    default: int | str
    least: int = 0
    most: int = 0
    words: tuple[str, ...] = ()


class FaultKind(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A kind of fault. `sees` is what the client sees; `orders` tells if it can hit WebSocket order operations.

    `on` of a kind whose place is a request names an endpoint; of a stream or subscription a channel, or ws for all; of
    the engine an endpoint that it is about.
    """

    name: str
    place: Place
    afterwards: Afterwards
    orders: bool
    parameters: list[KindParameter]
    operations: tuple[str, ...] = ()
    sees: Doc
    words: Doc


class FaultKinds(Struct, frozen=True, kw_only=True):
    kinds: list[FaultKind]
