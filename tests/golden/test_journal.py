"""The form on disk is pinned: a golden journal of each format is read by name, folded, and written to the same bytes.

A failure means that folders already written are read otherwise than they were meant, or not at all. Mend the cause.
Where the form is meant to change it gets the next number, a step that leads to it, and a golden journal of its own
(`python -m tests.golden.journal`); those of earlier numbers stay, and are read through the steps (decisions/034).
`records` alone may also change under the same number, where a field only has another name and stays in its place.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from tallystick.engine import core
from tallystick.engine.events import Event, OrderPlaced
from tallystick.engine.journaled import AnyCommand, AnyEvent
from tallystick.store.api import Entry, checked_entries
from tallystick.store.format import FORMAT
from tallystick.venue import recovery
from tallystick.venue.entries import command_of, encode_command, encode_events, events_of
from tallystick.venue.parameters import load_parameters
from tests.golden import journal

READINGS = {
    2: {
        "records": "943ba994deae412c7db89b1b7bc1218ab56d62bc9ee17917e51f996a74fac92f",
        "rows": "fe810da0d9be3bcc7995bb342c4a6ddaa6d34c602934c8f21dab3c42021d0574",
        "state": "0cd146229f5b11c1ed365f28a126e09c25fb4a17477138778dca30b88deae704",
    },
    3: {
        "records": "122c0e0d1de7148b32e6a75ecd6fc21a16a0890a0162ecc82ee2bd8ce9b78d14",
        "rows": "14b83eda8fb32d6f2d0dd9fbab4bed0269a3f6211f8bc7907fc673fa570ab341",
        "state": "4f1e75749020c7f4da9ed3ebf28ba6a970227d95a6206e99f557b777d4650f9d",
    },
    4: {
        "records": "122c0e0d1de7148b32e6a75ecd6fc21a16a0890a0162ecc82ee2bd8ce9b78d14",
        "rows": "14b83eda8fb32d6f2d0dd9fbab4bed0269a3f6211f8bc7907fc673fa570ab341",
        "state": "4f1e75749020c7f4da9ed3ebf28ba6a970227d95a6206e99f557b777d4650f9d",
    },
    5: {
        "records": "32a483184487148fecb4ecae9c69c85cacf404962c8ed9acfa64e8691cd6a479",
        "rows": "eebf57876c4d8329ddca56cc339488e8c04916f1c1e328e47414ffd87555bb9c",
        "state": "342580f952015221d50dbc5813584c3df5e4f63f8bc500c01c9af09748951968",
    },
    6: {
        "records": "85e7614b549e60202f10e601c5668b856d646bccf5ef650e59132c44ac8f3911",
        "rows": "f0e70b7dd4e2a3695d214de60eb78d066dda70b436b575fa0bbcc4567490977e",
        "state": "aeed550e17518ea910e7dd859e6046aa1ccec5694a74bf43603b7491af4ef232",
    },
    7: {
        "records": "cd9e9f42721c9887098bbd21d89f4dcd21218050fa61119e5444e277e1b9854c",
        "rows": "a2d1cf0aacc9014b90821c3ef9f9741d5a98814b99763092ad6fed4c1303d2b5",
        "state": "dd8f4d4b32c4344fa7cae2323491a7530adbdf47aee661515e657550ea66ad24",
    },
    8: {
        "records": "fc2ac2b2ca3501877147cd5bafe9229b8ee4ef1e8e5292f765c5d66280e02eee",
        "rows": "40dc3d1bd48bb8f467f3d04953a048c92a7f44ad41cad75697d825bdce2a8c6d",
        "state": "6fbdc4d4695eca89c2f875de502f1ace73dcbcb6fd1dd3bd922c44cf0284fcbe",
    },
}
"""By the number of the format."""


@pytest.mark.parametrize("number", READINGS)
def test_a_golden_journal_is_read_as_it_was_meant(number: int) -> None:
    assert journal.reading(journal.brought(number)) == READINGS[number]


def test_a_start_comes_to_the_same_state() -> None:
    recovered = recovery.recover(journal.brought(FORMAT), load_parameters(), 0)
    assert core.state_hash(recovered.state) == READINGS[FORMAT]["state"]


@pytest.mark.parametrize("number", READINGS)
def test_its_commands_decide_the_same_again(number: int) -> None:
    """Also those that a step has made another command of, whose events it had to add to."""
    store = journal.brought(number)
    state = recovery.starting_state(store)
    for entry in checked_entries(store):
        stamp = core.Stamp(entry.seq, entry.at_ms)
        assert core.handle(state, stamp, command_of(entry)) == events_of(entry)


def test_it_is_written_to_the_same_bytes() -> None:
    for entry in journal.read(FORMAT)[1]:
        command = command_of(entry)
        assert encode_command(command) == entry.command
        assert encode_events(command, events_of(entry)) == entry.events


def test_every_command_and_every_event_occurs() -> None:
    """A new one gives the format a new number, and the story a place where it happens."""
    found: set[type] = set()
    for entry in journal.read(FORMAT)[1]:
        found.add(type(command_of(entry)))
        found.update(map(type, events_of(entry)))
    assert {kind.__name__ for kind in {*get_args(AnyCommand), *get_args(AnyEvent)} - found} == set()


def test_there_is_one_of_every_format_since_they_are_pinned() -> None:
    kept = sorted(path.name for path in Path(journal.__file__).parent.glob("journal-*.jsonl"))
    assert kept == [journal.path_of(number).name for number in READINGS]
    assert list(READINGS) == list(range(2, FORMAT + 1))


# ---- the checks can fail


def orders_placed() -> list[Entry]:
    return [entry for entry in journal.read(FORMAT)[1] if entry.events.startswith(b'[["OrderPlaced",')]


def test_two_integers_in_each_others_places_are_seen_in_the_reading_alone() -> None:
    """The planted class writes the same bytes again and folds without a word: only the names tell."""
    fields = [(field.name, field.type) for field in msgspec.structs.fields(OrderPlaced)]
    names = [name for name, _ in fields]
    price, size = names.index("price"), names.index("size")
    fields[price], fields[size] = fields[size], fields[price]
    planted = msgspec.defstruct("OrderPlaced", fields, bases=(Event,), frozen=True, kw_only=True)
    for entry in orders_placed():
        first = msgspec.json.encode(json.loads(entry.events)[0])
        swapped = msgspec.json.decode(first, type=planted)
        assert msgspec.json.encode(swapped) == first
        assert journal.told(swapped) != journal.told(events_of(entry)[0])


@pytest.mark.parametrize("field", ["price", "size", "held", "placed_at_ms"])
def test_another_value_of_a_field_leads_to_another_state(field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def altered(entry: Entry) -> list[AnyEvent]:
        return [
            msgspec.structs.replace(event, **{field: getattr(event, field) + 1})
            if isinstance(event, OrderPlaced)
            else event
            for event in events_of(entry)
        ]

    store = journal.brought(FORMAT)
    monkeypatch.setattr(journal, "events_of", altered)
    found = journal.reading(store)
    assert found["records"] != READINGS[FORMAT]["records"]
    assert (found["state"], found["rows"]) != (READINGS[FORMAT]["state"], READINGS[FORMAT]["rows"])


def test_a_record_with_a_field_more_is_refused_and_not_cut() -> None:
    """A later version's, which this one would otherwise read in part."""
    seen: dict[str, list[object]] = {}
    for entry in journal.read(FORMAT)[1]:
        for record in (command_of(entry), *events_of(entry)):
            seen[type(record).__name__] = json.loads(msgspec.json.encode(record))
    assert len(seen) == len(get_args(AnyCommand)) + len(get_args(AnyEvent))
    for name, fields in seen.items():
        union = AnyCommand if name in {kind.__name__ for kind in get_args(AnyCommand)} else AnyEvent
        msgspec.json.decode(msgspec.json.encode(fields), type=union)
        with pytest.raises(msgspec.ValidationError, match="Expected `array` of at"):
            msgspec.json.decode(msgspec.json.encode([*fields, 0]), type=union)


def test_a_state_with_a_field_more_is_refused() -> None:
    genesis = json.loads(journal.read(FORMAT)[0])
    for place in (genesis, genesis["parameters"], genesis["parameters"]["instruments"]["BTC-USDT"]):
        place["more"] = 1
        with pytest.raises(msgspec.ValidationError, match="unknown field `more`"):
            core.decode_state(json.dumps(genesis).encode())
        del place["more"]
    core.decode_state(json.dumps(genesis).encode())
