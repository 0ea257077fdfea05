"""Kinds of faults of what happens: the engine acts by them, and the journal has them (docs/decisions/039).

A rule of such a kind becomes a command. What it does is decided in `engine/faults.py` and where that is asked.
"""

from __future__ import annotations

from typing import Final

from tallystick.contract.core import doc
from tallystick.engine import faults
from tallystick.engine.kinds import FaultKind
from tallystick.engine.rejects import Reject, Rejected
from tallystick.server.faults.kinds import KINDS, Afterwards, Kind, Parameter
from tallystick.views.errors import refusal_of

ONE_CLICK = ("one_click_repay_v2",)
MANUAL = ("spot_manual_borrow_repay",)
EASY = ("easy_convert",)
QUOTE = ("convert_estimate_quote",)
LOANS: Final[dict[str, str]] = {"loan_borrow": "borrow", "loan_repay": "repay"}
"""Operations of loans -> which occasion of a fault each is."""

LEG = Parameter(name="leg", default=1, most=faults.LEG_MAX)
SHARE = Parameter(name="share", default="0.5")


def codes_of(kind: FaultKind, operation: str) -> dict[str, Reject]:
    """Codes that a kind may refuse with, the first one unless another is asked for."""
    return {refusal_of(operation, Rejected(reason), "").key: reason for reason in faults.KINDS[kind].reasons}


def happening(
    name: FaultKind,
    operations: tuple[str, ...],
    en: str,
    zh: str,
    parameters: tuple[Parameter, ...] = (),
    afterwards: Afterwards = "happened",
) -> Kind:
    """Kind of the engine. It is met by occasions of these operations."""
    return Kind(
        name=name,
        place="engine",
        afterwards=afterwards,
        sees=doc(en, zh),
        parameters=parameters,
        operations=operations,
    )


def refusal(name: FaultKind, operations: tuple[str, ...], en: str, zh: str) -> Kind:
    """Kind that refuses a request with one of its documented codes."""
    codes = tuple(codes_of(name, operations[0]))
    code = Parameter(name="code", default=codes[0], words=codes)
    return happening(name, operations, en, zh, parameters=(code,), afterwards="nothing")


def ms(default: int) -> Parameter:
    return Parameter(name="ms", default=default, most=faults.MS_MAX)


HAPPENINGS: Final[tuple[Kind, ...]] = (
    refusal("one-click-refused", ONE_CLICK, "The request is refused with `code`", "请求被拒绝，错误码为 `code`"),
    happening(
        "repay-stays-running",
        ONE_CLICK,
        "The run stays `running` before leg `leg` (0: any) until the fault is deleted; then it goes on",
        "还债在第 `leg` 笔订单（0 为任意一笔）之前保持 `running`，删除故障后继续",
        parameters=(LEG,),
    ),
    happening(
        "repay-leg-late",
        ONE_CLICK,
        "Leg `leg` (0: any) comes `ms` later",
        "第 `leg` 笔订单（0 为任意一笔）晚 `ms` 毫秒",
        parameters=(LEG, ms(60_000)),
    ),
    happening(
        "repay-leg-canceled",
        ONE_CLICK,
        "The order of leg `leg` (0: any) ends `canceled` without a fill",
        "第 `leg` 笔订单（0 为任意一笔）未成交即 `canceled`",
        parameters=(LEG,),
    ),
    happening(
        "repay-leg-partly-filled",
        ONE_CLICK,
        "The order of leg `leg` (0: any) fills `share` of its size at most, then ends `canceled`",
        "第 `leg` 笔订单（0 为任意一笔）最多成交其数量的 `share`，随后 `canceled`",
        parameters=(LEG, SHARE),
    ),
    happening(
        "repay-ends-early",
        ONE_CLICK,
        "The run ends after leg `leg` (0: any) and is `failed` if nothing was repaid; what was sold stays in USDT",
        "还债在第 `leg` 笔订单（0 为任意一笔）之后结束：卖出所得留作 USDT，未还任何债则为 `failed`",
        parameters=(LEG,),
    ),
    refusal("quote-refused", QUOTE, "The request for a quote is refused with `code`", "询价被拒绝，错误码为 `code`"),
    happening(
        "quote-expires-early",
        QUOTE,
        "The quote can be traded for `ms` in place of the `ttlMs` it names, then 52922",
        "报价只在 `ms` 毫秒内可成交，而不是所示的 `ttlMs`，之后为 52922",
        parameters=(ms(0),),
    ),
    happening(
        "convert-rejected",
        ("convert_trade",),
        "The trade is `rejected`: the quote is used up and no coin moves",
        "交易为 `rejected`：报价已用掉，没有币变动",
    ),
    refusal("easy-convert-refused", EASY, "The request is refused with `code`", "请求被拒绝，错误码为 `code`"),
    happening(
        "easy-convert-failed",
        EASY,
        "The request is accepted; its history says `failed` and no coin moves",
        "请求被受理，历史记录为 `failed`，没有币变动",
    ),
    refusal("borrow-refused", MANUAL, "A borrowing is refused with `code`", "借币被拒绝，错误码为 `code`"),
    refusal("manual-repay-refused", MANUAL, "A repayment is refused with `code`", "还币被拒绝，错误码为 `code`"),
    happening(
        "auto-repay-stalls",
        ("set_auto_repay",),
        "Incoming coins repay no debt. After the fault is deleted, the next incoming coins repay with "
        "the whole balance",
        "到账的币不还债；删除故障后，下一次到账时用全部余额还债",
    ),
    happening(
        "interest-late",
        ("interest_accrued",),
        "The interest of an hour on the spot debts of `user` is booked `ms` late; until then no answer shows it",
        "`user` 现货负债每小时的利息晚 `ms` 毫秒入账，在此之前没有任何应答提及",
        parameters=(Parameter(name="ms", default=600_000, most=faults.KINDS["interest-late"].ms),),
    ),
    happening(
        "order-canceled",
        ("place_order", "batch_orders"),
        "The part of the order that is not filled at once is `canceled` by the system (`cancelSource` 0)",
        "订单下达后，未成交部分立即被系统撤销（`canceled`，`cancelSource` 为 0）",
    ),
    refusal("loan-refused", tuple(LOANS), "The request is refused with `code`", "请求被拒绝，错误码为 `code`"),
    happening(
        "loan-settles-late",
        tuple(LOANS),
        "The request is accepted and settled `ms` later than others (surface 2026-08)",
        "请求被受理，结算比平时晚 `ms` 毫秒（surface 2026-08）",
        parameters=(ms(60_000),),
    ),
    happening(
        "loan-dropped",
        tuple(LOANS),
        "The request is accepted and never carried out (surface 2026-08)",
        "请求被受理，但从未执行（surface 2026-08）",
    ),
    happening(
        "collateral-not-adjusted",
        ("loan_adjust_collateral",),
        "The request is accepted and the collateral stays as it is",
        "请求被受理，但质押物保持不变",
    ),
)

CATALOGUE: Final[tuple[Kind, ...]] = (*KINDS, *HAPPENINGS)
"""All kinds of faults: those of what is said, then those of what happens."""

by_name: Final[dict[str, Kind]] = {kind.name: kind for kind in CATALOGUE}
