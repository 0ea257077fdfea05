"""Amounts of one currency are read, written and copied as a dictionary of them would be."""

from __future__ import annotations

import copy
import pickle
import random
import sys

import msgspec
import pytest

from tallystick.engine import core, ledger
from tallystick.engine.single import Amounts, Single, put, single, small
from tallystick.engine.sparse import NOTHING
from tests.engine.driver import Driver

SEEDS = range(20)


def test_one_amount_reads_as_a_dictionary() -> None:
    one, same = single("BTC", 5 * 10**30), {"BTC": 5 * 10**30}
    for other in (same, single("BTC", 5 * 10**30)):
        assert one == other
        assert other == one
        assert (one != other, other != one) == (False, False)
    for other in ({"BTC": 1}, {"ETH": 5 * 10**30}, {**same, "ETH": 1}, {}, single("BTC", 1), single("ETH", 5 * 10**30)):
        assert one != other
        assert other != one
        assert (one == other, other == one) == (False, False)
    assert (one.get("BTC"), one.get("ETH"), one.get("ETH", 0)) == (5 * 10**30, None, 0)
    assert ("BTC" in one, "ETH" in one, len(one), bool(one)) == (True, False, 1, True)
    assert (list(one), list(one.items()), list(one.values())) == (["BTC"], [("BTC", 5 * 10**30)], [5 * 10**30])
    assert one.keys() & {"BTC", "ETH"} == {"BTC"}
    assert ({**one, "ETH": 2}, dict(one)) == ({"BTC": 5 * 10**30, "ETH": 2}, same)
    with pytest.raises(KeyError, match="ETH"):
        one["ETH"]
    with pytest.raises(TypeError):
        hash(one)


def test_one_amount_is_written_as_a_dictionary_is() -> None:
    held = {"vault:1": single("BTC", 10**30), "loan:1": single("1INCH", -3), "funding:1": NOTHING}
    assert msgspec.json.encode(held) == b'{"vault:1":{"BTC":%d},"loan:1":{"1INCH":-3},"funding:1":{}}' % 10**30


def test_one_amount_cannot_be_changed_and_is_copied_as_what_it_is() -> None:
    one = single("BTC", 5)
    with pytest.raises(AttributeError):
        one.amount = 6  # type: ignore[attr-defined]
    for copied in (copy.copy(one), copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        assert (type(copied), dict(copied)) == (type(one), {"BTC": 5})


def test_one_amount_takes_a_sixth_of_a_dictionary() -> None:
    assert sys.getsizeof(single("BTC", 5)) == 24
    assert sys.getsizeof({"BTC": 5}) >= 6 * 24


@pytest.mark.parametrize("seed", SEEDS)
def test_amounts_put_one_by_one_are_those_of_a_dictionary(seed: int) -> None:
    """The order counts too: it is the order on disk."""
    dice = random.Random(seed)
    held: Amounts = NOTHING
    expected: dict[str, int] = {}
    for _ in range(200):
        ccy, amount = dice.choice(("BTC", "ETH", "USDT")), dice.choice((0, 0, 0, 1, -7))
        expected = {known: number for known, number in {**expected, ccy: amount}.items() if number}
        held = put(held, ccy, amount)
        assert list(held.items()) == list(expected.items())
        if dice.random() < 0.2:
            held = small(held)
            assert list(held.items()) == list(expected.items())
            assert isinstance(held, (dict, Single)[len(expected) == 1])
    assert dict(NOTHING) == {}


def test_what_a_start_reads_is_as_small_as_what_was_made() -> None:
    """A snapshot forgets nothing of the form: state and copy hold one amount in the small one, and act alike."""
    state = Driver().state
    ledger.post(state, "BTC", ("funding:1", 5), ("outside", -5))
    read = core.decode_state(core.encode_state(state))
    for venue in (state, read):
        assert isinstance(venue.ledger["funding:1"], Single)
        ledger.post(venue, "ETH", ("funding:1", 2), ("outside", -2))
        ledger.post(venue, "BTC", ("funding:1", -5), ("outside", 5))
        assert venue.ledger["funding:1"] == {"ETH": 2}
        ledger.post(venue, "ETH", ("funding:1", -2), ("outside", 2))
        assert venue.ledger["funding:1"] is NOTHING
    assert core.encode_state(state) == core.encode_state(read)
