"""Answers that hang on the state alone: kept until it changes, for the very key that asked, and never longer."""

from __future__ import annotations

from typing import Any, NoReturn, cast
from urllib.parse import urlencode

import pytest

from tallystick.contract import by_name
from tallystick.engine.state import State
from tallystick.server.steady import ANSWER_BYTES, SteadyAnswers
from tallystick.views import VIEWS, QueryView
from tallystick.wire.decode import decode_query
from tests.server.harness import World, within
from tests.server.test_across_a_reset import key_of
from tests.server.test_envelope import GOOD
from tests.wire.requests import good

CONFIG = "/api/v5/account/config"
STEADY = sorted(name for name, view in VIEWS.items() if isinstance(view, QueryView) and view.steady)


class OfNoTime:
    """Caller who has neither a time nor a market."""

    permissions = ("read_only",)
    label = "label"
    ips = ()
    surface = "2026-01"

    def __init__(self, user_id: int) -> None:
        self.user_id = user_id

    @property
    def at_ms(self) -> NoReturn:
        raise AssertionError("the time was looked at")

    @property
    def market(self) -> NoReturn:
        raise AssertionError("the market was looked at")


def test_no_steady_view_looks_at_the_time_or_the_market() -> None:
    async def story(here: World) -> None:
        user_id = here.venue.keys[here.alice.api_key].user_id
        for name in STEADY:
            endpoint, view = by_name[name], cast("QueryView[Any, Any]", VIEWS[name])
            asked = decode_query(endpoint, urlencode(GOOD.get(name) or good(endpoint)))
            assert view.answer(here.venue.state, asked.record, cast("Any", OfNoTime(user_id))), name

    assert {"config", "instruments"} <= set(STEADY)
    within(story)


def test_a_kept_answer_is_that_of_the_view() -> None:
    """Asked twice, with and without a key, in the same bytes; each query has an answer of its own."""

    async def story(here: World) -> None:
        for name in STEADY:
            endpoint = by_name[name]
            target = f"{endpoint.path}?{urlencode(GOOD.get(name) or good(endpoint))}"
            here.services.steady.find(State(here.venue.state.parameters), (name, "", b""), None)
            answers = [await here.signed("GET", target) for _ in range(3)]
            assert len(here.services.steady) == 1, name
            assert [answer.code for answer in answers] == ["0"] * 3, name
            assert answers[0].body == answers[1].body == answers[2].body, name
        one, all_ = [
            await here.ask("GET", f"/api/v5/public/instruments?instType=SPOT{end}") for end in ("&instId=BTC-USDT", "")
        ]
        assert len(one.json()["data"]) == 1 < len(all_.json()["data"])

    within(story)


def test_it_ends_with_the_next_entry() -> None:
    async def story(here: World) -> None:
        for wanted in (True, False, True):
            await here.signed("POST", "/api/v5/account/set-auto-repay", {"autoRepay": wanted})
            for _ in range(2):
                found = (await here.signed("GET", CONFIG)).json()["data"][0]
                assert found["spotBorrowAutoRepay"] is wanted

    within(story)


def test_every_key_has_its_own() -> None:
    async def story(here: World) -> None:
        for _ in range(2):
            for key, perm in ((here.alice, "read_only,trade"), (here.reader, "read_only")):
                assert (await here.signed("GET", CONFIG, key=key)).json()["data"][0]["perm"] == perm

    within(story)


def test_nothing_is_kept_across_a_reset() -> None:
    """The user of the new generation has the number of one before."""

    async def story(here: World) -> None:
        uids = set()
        for name in ("carol", "dave"):
            key = await key_of(here, name)
            for _ in range(2):
                found = (await here.signed("GET", CONFIG, key=key)).json()["data"][0]
                assert found["label"] == here.venue.keys[key.api_key].label
            uids.add(found["uid"])
            await here.control("POST", "reset")
            assert (await here.signed("GET", CONFIG, key=key)).code == "50119"
        assert len(uids) == 1

    within(story)


def test_a_key_that_is_made_anew_under_its_name_has_nothing_kept() -> None:
    kept, state = SteadyAnswers(), State(cast("Any", None))
    asked = "config", "key", b""
    first, second = cast("Any", object()), cast("Any", object())
    assert kept.find(state, asked, first) is None
    kept.keep(asked, first, b"{}")
    assert kept.find(state, asked, first) == b"{}"
    assert kept.find(state, asked, second) is None


def test_another_state_of_the_same_number_has_nothing_kept() -> None:
    kept, asked = SteadyAnswers(), ("instruments", "", b"")
    state = State(cast("Any", None))
    kept.find(state, asked, None)
    kept.keep(asked, None, b"{}")
    assert kept.find(state, asked, None) == b"{}"
    assert kept.find(State(cast("Any", None)), asked, None) is None


def test_what_is_kept_has_a_bound() -> None:
    kept, state = SteadyAnswers(3 * (ANSWER_BYTES + 10)), State(cast("Any", None))
    kept.find(state, ("a", "", b""), None)
    for number in range(10):
        kept.keep(("a", "", b"%d" % number), None, b"123456789")
        assert len(kept) == number % 3 + 1
    kept.keep(("a", "", b""), None, bytes(3 * ANSWER_BYTES + 31))
    assert len(kept) == 0


@pytest.mark.parametrize("planted", ["the entries are not counted", "the key is not looked at"])
def test_a_planted_bug_is_caught(planted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def find(self: SteadyAnswers, state: State, asked: Any, key: Any) -> bytes | None:
        found = self._bodies.get(asked if planted.startswith("the entries") else ("config", "", b""))
        return None if found is None else found[1]

    keep = SteadyAnswers.keep

    def keep_for_all(self: SteadyAnswers, asked: Any, key: Any, body: bytes) -> None:
        keep(self, asked if planted.startswith("the entries") else ("config", "", b""), key, body)

    monkeypatch.setattr(SteadyAnswers, "find", find)
    monkeypatch.setattr(SteadyAnswers, "keep", keep_for_all)
    caught = test_it_ends_with_the_next_entry if planted.startswith("the entries") else test_every_key_has_its_own
    with pytest.raises(AssertionError):
        caught()
