"""Dry runs: the request that is not sent, and what it would do, printed."""

from __future__ import annotations

from typing import Final

from tallystick.cli.frame.accounts import client_of
from tallystick.cli.frame.answers import say
from tallystick.cli.frame.language import Words
from tallystick.cli.frame.options import LOCAL, Asked
from tallystick.cli.frame.request_record import Request
from tallystick.cli.frame.requests import told
from tallystick.cli.frame.text import share, short
from tallystick.cli.predicting.records import Change, Expected, ExpectedLeg, PublicCoin
from tallystick.client import profiles
from tallystick.client.errors import ClientError
from tallystick.client.sync import Client

NOT_SENT: Final = Words("Dry run: nothing was sent.", "演练：未发送任何内容。")
REFUSED: Final = Words("It would be refused with {code}: {reason}", "会被拒绝，代码 {code}：{reason}")
EXACT: Final = Words("Exact, as long as nothing else happens first.", "只要此前没有其他变化，结果与此完全一致。")
ESTIMATE: Final = Words("An estimate.", "估算。")
WITHOUT_KEYS: Final = Words("Without keys only public facts are known.", "没有密钥，只能显示公开信息。")
CHANGES: Final = (Words("", ""), Words("before", "之前"), Words("after", "之后"))
TITLES: Final = {
    "trading": Words("trading", "交易账户"),
    "funding": Words("funding", "资金账户"),
    "debts": Words("debt", "负债"),
}
MARGIN: Final = Words("margin ratio", "保证金率")
LTV: Final = Words("LTV of loan {ord_id}", "借款 {ord_id} 的 LTV")
LEGS: Final = (
    Words("pair", "交易对"),
    Words("side", "方向"),
    Words("bound", "限价"),
    Words("size", "数量"),
    Words("fills at", "成交价"),
    Words("fills", "成交量"),
    Words("fee", "手续费"),
)
COINS: Final = (
    Words("coin", "币种"),
    Words("last price", "最新价"),
    Words("least order", "最小下单量"),
    Words("step", "步长"),
    Words("rate a day", "日利率"),
)


def expect(asked: Asked, request: Request, *, selling: str = "") -> None:
    """Print what a write would do. `selling` is the amount of a conversion."""
    profile = profiles.load(asked.profile, data=asked.data, user=asked.user)
    with client_of(asked) as client:
        found = without_keys(client, request) if profile.key is None else _expected(asked, client, request, selling)
    say(asked, found, lambda: words(found))


def _expected(asked: Asked, client: Client, request: Request, selling: str) -> Expected:
    # The engine takes its time to load, and only a dry run needs it.
    from tallystick.cli.predicting.expected import expected
    from tallystick.cli.predicting.numbers import parameters_of_venue

    parameters = None
    if asked.profile == LOCAL:
        try:
            parameters = parameters_of_venue(asked.data)
        except ClientError:
            parameters = None
    return client._run(expected(client._session, request, selling=selling, parameters=parameters))


def without_keys(client: Client, request: Request) -> Expected:
    """The request, and what everybody may know of its coins."""
    from tallystick.cli.predicting.facts import coins_of

    pairs = {row.instId: row for row in client.instruments(instType="SPOT")}
    rates = {row.ccy: row.rate for row in client.loan_quotas().basic}
    query = [part.partition("=")[2] for part in request.path.partition("?")[2].split("&") if "ccy=" in part.lower()]
    public = []
    for ccy in dict.fromkeys((*coins_of(request.body), *query)):
        pair = pairs.get(f"{ccy}-USDT")
        last = client.ticker(instId=f"{ccy}-USDT").raw["last"] if pair else ""
        raw = pair.raw if pair else {"minSz": "", "lotSz": ""}
        rate = rates.get(ccy)
        public.append(PublicCoin(ccy, last, raw["minSz"], raw["lotSz"], "" if rate is None else format(rate, "f")))
    return Expected(request=request, exact=False, notes=[str(WITHOUT_KEYS)], public=public)


def words(found: Expected) -> str:
    """A prediction in words and tables."""
    from tallystick.cli.columns import aligned

    parts = [told(found.request)]
    if found.refused:
        parts.append(str(REFUSED).format(code=found.refused, reason=found.reason))
    if found.legs:
        parts.append(aligned([str(head) for head in LEGS], [_leg(leg) for leg in found.legs], right=range(2, 6)))
    rows = _changes(found)
    if rows:
        parts.append(aligned([str(head) for head in CHANGES], rows, right=(1, 2)))
    if found.public:
        coins = [_coin(coin) for coin in found.public]
        parts.append(aligned([str(head) for head in COINS], coins, right=range(1, 5)))
    parts.append(" ".join([str(NOT_SENT), *([str(EXACT)] if found.exact else [str(ESTIMATE), *found.notes])]))
    return "\n\n".join(parts)


def _leg(leg: ExpectedLeg) -> tuple[str, ...]:
    fee = f"{short(leg.fee)} {leg.fee_ccy}"
    return (leg.inst_id, leg.side, leg.px, short(leg.sz), leg.fill_px, short(leg.fill_sz), fee)


def _changes(found: Expected) -> list[tuple[str, str, str]]:
    rows = []
    for name, title in TITLES.items():
        changes: list[Change] = getattr(found, name)
        rows += [(f"{title} {one.of}", short(one.before), short(one.after)) for one in changes]
    ratio = next((one for one in found.margin if one.of == "mgnRatio"), None)
    if ratio is not None and ratio.before != ratio.after:
        rows.append((str(MARGIN), share(ratio.before) or "-", share(ratio.after) or "-"))
    for loan in found.loans:
        named = str(LTV).format(ord_id=loan.ord_id)
        rows.append((named, share(loan.ltv_before) or "-", share(loan.ltv_after) or "-"))
    return rows


def _coin(coin: PublicCoin) -> tuple[str, ...]:
    return (coin.ccy, coin.last or "-", coin.least_order or "-", coin.step or "-", share(coin.rate_per_day, 6) or "-")
