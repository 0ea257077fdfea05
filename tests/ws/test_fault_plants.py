"""Planted bugs in each family of faults: the tests of the kinds and of the rules see every one of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tallystick.engine import core
from tallystick.server.faults import orders, play, streams
from tallystick.server.faults.happenings import by_name
from tallystick.server.faults.rules import Faults, Rule
from tallystick.server.ws.message import Message
from tallystick.server.ws.session import Session
from tallystick.store.api import Entry
from tallystick.venue.entries import events_of
from tallystick.venue.line import Line
from tests.server import test_fault_kinds, test_fault_rules, test_stale_reads
from tests.ws import test_order_faults, test_stream_faults

of_request = test_fault_kinds.test_what_the_client_sees_and_what_is_true_afterwards
of_order = test_order_faults.test_what_the_client_is_told_and_what_is_true_afterwards
of_message = test_stream_faults.test_the_second_message_of_a_channel_is_hit_and_the_state_is_as_without

Plant = Callable[[pytest.MonkeyPatch], None]


def swapped(plays: dict[str, Any], name: str, other: str) -> Plant:
    """The kind is played as another one."""
    return lambda patch: patch.setitem(plays, name, plays[other])


def sent_as_it_is(name: str) -> Plant:
    def sent(session: Session, message: Message | None, channel: str, rule: Rule) -> None:
        assert message is not None
        streams.pass_on(session, message, channel)

    return lambda patch: patch.setitem(streams.PLAYS, name, sent)


def followed_without_rows(line: Line, entry: Entry) -> None:
    """A past that takes over events and forgets their rows."""
    core.fold(line.state, core.Stamp(entry.seq, entry.at_ms), events_of(entry))
    line.writer.put(entry, [])
    line.plan()


def rule_with(method: str, bug: Any) -> Plant:
    return lambda patch: patch.setattr(Rule, method, bug)


def off_by_one(rule: Rule, now_ms: int) -> bool:
    rule.matched += 1
    return rule.matched > rule.when.nth and (rule.when.count is None or rule.fired < rule.when.count)


def without_count(rule: Rule, now_ms: int) -> bool:
    rule.matched += 1
    return rule.matched >= rule.when.nth


def kept(faults: Faults) -> None:
    """A reset that forgets to end the rules."""


PLANTED: dict[str, tuple[Plant, Callable[[], None]]] = {
    "a request that is dropped before the commit is carried out": (
        swapped(play.PLAYS, "drop-before-commit", "drop-after-commit"),
        partial(of_request, by_name["drop-before-commit"]),
    ),
    "a request that is dropped after the commit is not carried out": (
        swapped(play.PLAYS, "drop-after-commit", "drop-before-commit"),
        partial(of_request, by_name["drop-after-commit"]),
    ),
    "a reset is an orderly end": (
        swapped(play.PLAYS, "reset", "drop-before-commit"),
        partial(of_request, by_name["reset"]),
    ),
    "a doubled delivery is delivered once": (
        swapped(play.PLAYS, "double-delivery", "wrong-content-type"),
        partial(of_request, by_name["double-delivery"]),
    ),
    "a body is not cut": (
        swapped(play.PLAYS, "cut-body", "wrong-content-type"),
        partial(of_request, by_name["cut-body"]),
    ),
    "a gateway says nothing": (
        swapped(play.PLAYS, "html-502", "http-503"),
        partial(of_request, by_name["html-502"]),
    ),
    "a gateway that times out stops the request": (
        swapped(play.PLAYS, "html-504-done", "html-504"),
        partial(of_request, by_name["html-504-done"]),
    ),
    "a shape is the right one": (
        swapped(play.PLAYS, "shape-object", "wrong-content-type"),
        partial(of_request, by_name["shape-object"]),
    ),
    "an unknown outcome is always undone": (
        swapped(play.PLAYS, "50004-done", "50004-not-done"),
        partial(of_request, by_name["50004-done"]),
    ),
    "an auth code is another": (swapped(play.PLAYS, "50113", "50114"), partial(of_request, by_name["50113"])),
    "a clock that is off is right": (
        swapped(play.PLAYS, "clock-skew", "wrong-content-type"),
        partial(test_fault_kinds.test_a_request_is_judged_by_a_clock_that_is_off, 60_000, 0, "50102"),
    ),
    "a stale read is fresh": (
        swapped(play.PLAYS, "stale-read", "wrong-content-type"),
        test_stale_reads.test_state_and_histories_are_as_old_as_asked_for_and_come_up_together,
    ),
    "a stale read has the state alone": (
        lambda patch: patch.setattr(Line, "follow", followed_without_rows),
        test_stale_reads.test_a_past_that_has_caught_up_is_the_present_to_the_last_row,
    ),
    "an operation that is dropped is not carried out": (
        swapped(orders.PLAYS, "drop-after-commit", "drop-before-commit"),
        partial(of_order, by_name["drop-after-commit"]),
    ),
    "an operation is carried out before it is refused": (
        swapped(orders.PLAYS, "50026", "50026-done"),
        partial(of_order, by_name["50026"]),
    ),
    "a message that is missing comes": (sent_as_it_is("ws-gap"), partial(of_message, "ws-gap")),
    "a message that is doubled comes once": (
        sent_as_it_is("ws-double"),
        partial(of_message, "ws-double"),
    ),
    "messages keep their order": (sent_as_it_is("ws-swap"), partial(of_message, "ws-swap")),
    "a checksum is right": (
        sent_as_it_is("ws-wrong-checksum"),
        partial(of_message, "ws-wrong-checksum"),
    ),
    "a stream ends without its code": (
        swapped(streams.PLAYS, "ws-close-4006", "ws-drop"),
        partial(of_message, "ws-close-4006"),
    ),
    "the nth is the one after": (
        rule_with("wants", off_by_one),
        partial(test_fault_rules.test_when_a_rule_fires, {"nth": 1}, "x....."),
    ),
    "a rule never tires": (
        rule_with("wants", without_count),
        partial(test_fault_rules.test_when_a_rule_fires, {"count": 2}, "xx...."),
    ),
    "the clock does not matter": (
        rule_with("wants", without_count),
        test_fault_rules.test_a_rule_between_two_times_of_the_venues_clock,
    ),
    "a rule hits everybody": (
        rule_with("concerns", lambda rule, asked: rule.kind.place == asked.place),
        test_fault_rules.test_a_rule_for_a_user_hits_all_keys_of_that_user,
    ),
    "all seeds are one": (
        rule_with("drawn_ppm", lambda rule: rule.matched * 333_331 % 1_000_000),
        test_fault_rules.test_chance_comes_from_the_seed_alone,
    ),
    "a reset leaves the rules": (
        lambda patch: patch.setattr(Faults, "begun_anew", kept),
        test_fault_rules.test_a_reset_of_the_venue_ends_all_rules_and_numbers_begin_anew,
    ),
}
"""Bug -> how it is planted, and the test that sees it."""


@pytest.mark.parametrize("bug", PLANTED)
def test_a_planted_bug_is_seen(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant, test = PLANTED[bug]
    test()
    plant(monkeypatch)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        test()
