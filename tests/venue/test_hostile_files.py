"""Numbers and accounts that nobody in their right mind would write: a venue begins with them, or says what is wrong.

The draws are seeded, so a failure is found again by its number. Nothing but a refusal in words may come of a bad one.
"""

from __future__ import annotations

import json
import random
from typing import Any, Final

import pytest

from tallystick.venue import boot
from tallystick.venue.own import BadAccount, Own, Refused
from tallystick.venue.settings import BadValue

DRAWS: Final = 120
NAMES: Final = (
    "XRP", "ABC", "BTC", "USDT", "xrp", '"a b"', '"../../etc/passwd"', '"a/b"', '""', '"-"', '"X-USDT"', '"XRP\\n"',
    '"\\u0000"', '"中"', '"__class__"', f'"{"X" * 100}"',
)  # fmt: skip
PAIRS: Final = (
    '"XRP-USDT"', '"ABC-USDC"', '"BTC-USDT"', '"XRP-XRP"', '"NO-USDT"', '"XRP"', '"A-B-C"', '"../x-USDT"', '"USDT-USD"',
    '"XRP-USDT "', '"-"',
)  # fmt: skip
VALUES: Final = (
    '"0.5"', '"1"', '"0"', '"-1"', "0.5", "-1", "8", "1e400", "nan", "inf", '"1e5"', "true", "[]", "{}", '""', '"x"',
    f'"{"9" * 400}"', "9" * 400, f'"0.{"0" * 30}1"', "2026-01-01", '[["100000", "0.9"]]', '[["50000", "0.05", "0.2"]]',
    '[["100", "0.9"], ["50", "0.8"]]', '[["1"]]', "9223372036854775808", '"٣"', '" 1"', '"1_000"',
)  # fmt: skip
COIN_FIELDS: Final = (
    "discount_tiers", "margin_tiers", "quota", "pool", "min_borrow", "loan_max", "decimals", "level_quotas", "name",
    "ccy", "borrowable", "collateral_limit", "no_such",
)  # fmt: skip
PAIR_FIELDS: Final = ("min_size", "depth_quote", "base_ccy", "quote_ccy", "listed_at_ms", "instrument", "no_such")
CONSTANTS: Final = ("taker_fee", "transit_ccy", "loan_initial", "index_own_share", "orders_max", "no_such")


def numbers(draw: random.Random) -> str:
    """TOML of new coins, pairs, constants and prices; some of it would be fine."""
    lines = []
    for name in draw.sample(NAMES, draw.randint(0, 2)):
        lines.append(f"[currencies.{name}]")
        lines += [f"{field} = {draw.choice(VALUES)}" for field in draw.sample(COIN_FIELDS, draw.randint(0, 2))]
    for name in draw.sample(PAIRS, draw.randint(0, 1)):
        lines += [f"[instruments.{name}]", 'tick = "0.0001"', 'lot = "0.000001"']
        lines += [f"{field} = {draw.choice(VALUES)}" for field in draw.sample(PAIR_FIELDS, draw.randint(0, 1))]
    if draw.random() < 0.2:
        lines += ["[constants]", f"{draw.choice(CONSTANTS)} = {draw.choice(VALUES)}"]
    if draw.random() < 0.2:
        lines += ["[prices]", f"{draw.choice(PAIRS)} = {draw.choice(VALUES)}"]
    if draw.random() < 0.1:
        lines.append(draw.choice(("[[[", "x", "= 1", 'a = "', "[currencies.XRP]\n[currencies.XRP]")))
    return "\n".join(lines)


FIELDS: Final = ("eq", "cashBal", "liab", "ordFrozen", "interest", "no_such")
AMOUNTS: Final[tuple[Any, ...]] = (
    "0.5", "1", "0", "-1", "", "1e5", "nan", "-0", "x", "9" * 400, "9" * 30, f"0.{'0' * 30}1", "٣", " 1", None, 1, 1.5,
    True, [], {},
)  # fmt: skip
BROKEN: Final = (
    "", "[", "{}", "[]", "null", '{"data": []}', '{"data": {}}', '{"code": "0", "data": [{"details": null}]}',
    '{"code": "50011", "data": []}', "\0", '{"data": ' * 2_000,
)  # fmt: skip


def account(draw: random.Random) -> str:
    """Answer of account/balance, or what somebody took for one."""
    if draw.random() < 0.1:
        return draw.choice(BROKEN)
    coins = []
    for _ in range(draw.randint(0, 3)):
        coin: dict[str, Any] = {
            field: draw.choice(AMOUNTS[:4] * 5 + AMOUNTS) for field in draw.sample(FIELDS, draw.randint(1, 3))
        }
        coins.append({"ccy": draw.choice(("BTC", "USDT", "ETH", "USDC", "NOPE", "", "a/b"))} | coin)
    return json.dumps({"code": "0", "data": [{"details": coins}] * draw.choice((1, 1, 1, 2))})


@pytest.mark.parametrize("brought", ["numbers", "account"])
def test_what_is_brought_is_taken_or_refused_in_words(brought: str) -> None:
    taken, refused = 0, set()
    for seed in range(DRAWS):
        draw = random.Random(seed)
        own = Own(numbers=numbers(draw)) if brought == "numbers" else Own(account=account(draw))
        try:
            boot.open_venue(None, mode="frozen", at_ms=1_767_225_600_000, own=own).close()
            taken += 1
        except (BadValue, BadAccount, Refused) as problem:
            refused.add(str(problem))
    assert taken > 5
    assert len(refused) > 40
    assert all(refused)
