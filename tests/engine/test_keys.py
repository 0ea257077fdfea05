"""The digest of the API keys stands in the journal, and nothing else of them; the state knows nothing of it."""

from __future__ import annotations

from tallystick.engine import commands as c
from tallystick.engine import core
from tallystick.engine import events as e
from tests.engine.driver import Driver


def test_a_digest_is_noted_whatever_was_noted_before() -> None:
    driver = Driver()
    for digest in ("one", "one", "two", ""):
        assert driver.do(c.NoteKeys(digest=digest)) == [e.KeysNoted(digest=digest)]
    assert driver.state.seq == 4


def test_venues_with_other_keys_and_the_same_commands_are_in_the_same_state() -> None:
    hashes = set()
    for digest in ("one", "two"):
        driver = Driver()
        driver.do(c.CreateUser(user_id=1, name="user"))
        driver.do(c.NoteKeys(digest=digest))
        hashes.add(core.state_hash(driver.state))
    assert len(hashes) == 1
