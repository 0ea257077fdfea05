"""Dictionaries that users share while they are empty: nobody can write into what is another's too."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable

import pytest

from tallystick.engine import core, sparse
from tallystick.engine.state import SPARSE, State, User
from tallystick.venue.parameters import load_parameters

WRITES: dict[str, Callable[[dict[str, int]], object]] = {
    "an item": lambda shared: shared.__setitem__("BTC", 1),
    "a default": lambda shared: shared.setdefault("BTC", 1),
    "an update": lambda shared: shared.update({"BTC": 1}),
    "an update in place": lambda shared: shared.__ior__({"BTC": 1}),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_what_is_shared_takes_nothing(write: Callable[[dict[str, int]], object]) -> None:
    with pytest.raises(TypeError, match=r"sparse\.own"):
        write(User(1, "anna").frozen)
    assert User(2, "bert").frozen == {}


def test_one_user_gets_a_dictionary_and_the_other_stays_without() -> None:
    anna, bert = User(1, "anna"), User(2, "bert")
    for name in SPARSE:
        sparse.own(anna, name, getattr(anna, name))["BTC"] = 1
        assert (getattr(anna, name), getattr(bert, name)) == ({"BTC": 1}, {})
        # A second write goes into the same one.
        sparse.own(anna, name, getattr(anna, name))["ETH"] = 2
        assert getattr(anna, name) == {"BTC": 1, "ETH": 2}


def test_a_copy_shares_too_and_gets_its_own() -> None:
    for copied in (copy.deepcopy(User(1, "anna")), copy.copy(User(1, "anna"))):
        assert copied.frozen is sparse.NOTHING
        sparse.own(copied, "frozen", copied.frozen)["BTC"] = 1
        assert copied.frozen == {"BTC": 1}
    assert pickle.loads(pickle.dumps(sparse.NOTHING)) is sparse.NOTHING


def test_a_state_that_was_read_has_the_same_bytes_and_shares_again() -> None:
    state = State(load_parameters())
    state.users = {1: User(1, "anna"), 2: User(2, "bert", exempt={"USDT": 5})}
    written = core.encode_state(state)
    assert b'"frozen":{},"exempt":{},"promised":{}' in written
    read = core.decode_state(written)
    assert core.encode_state(read) == written
    assert all(getattr(read.users[1], name) is sparse.NOTHING for name in SPARSE)
    assert read.users[2].exempt == {"USDT": 5}
