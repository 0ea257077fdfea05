"""Bodies that are lists of requests, and the outer code that sums their items up."""

from __future__ import annotations

import json

import pytest

from tallystick.contract import by_name
from tallystick.contract.trade import PlaceOrderRow
from tallystick.wire import encode
from tallystick.wire.decode import Decoded, Fault, decode_batch

BATCH = by_name["batch_orders"]
ORDER = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "1", "px": "2"}


def read(items: object) -> list[Decoded | Fault]:
    return decode_batch(BATCH, "application/json", json.dumps(items).encode())


def test_a_bad_item_stands_in_its_own_place() -> None:
    good, bad, again = read([ORDER, {**ORDER, "side": "steal"}, {**ORDER, "sz": "2"}])
    assert isinstance(good, Decoded)
    assert isinstance(bad, Fault)
    assert (bad.code, bad.field) == ("51000", "side")
    assert isinstance(again, Decoded)


@pytest.mark.parametrize(
    ("items", "code"), [([], "50014"), ([ORDER] * 21, "51111"), ([1], "50002"), (ORDER, "50002"), ([[ORDER]], "50002")]
)
def test_the_whole_is_refused(items: object, code: str) -> None:
    with pytest.raises(Fault) as caught:
        read(items)
    assert caught.value.code == code


def test_twenty_are_not_too_many() -> None:
    assert len(read([ORDER] * 20)) == 20


@pytest.mark.parametrize(("failed", "code"), [(0, "0"), (1, "2"), (2, "1")])
def test_the_outer_code_sums_up(failed: int, code: str) -> None:
    rows = [PlaceOrderRow(clOrdId="", ordId="", tag="", ts="1")] * 2
    assert json.loads(encode.per_item(rows, failed=failed, in_us=1, out_us=2))["code"] == code
