"""Control calls of snapshots: save everything under a name, list, restore and delete what was saved."""

from __future__ import annotations

from typing import Annotated

from msgspec import Struct

from tallystick.contract.core import Doc, doc
from tallystick.server.control.form import Body, Called, ControlEndpoint, Empty, Spelling, Wrong
from tallystick.server.control.journal import Begun, begun
from tallystick.server.control.text import iso
from tallystick.store.api import Saved, StoreError
from tallystick.venue.saving import NoSnapshot, SnapshotRefused
from tallystick.venue.venue import Overtaken

SNAPSHOT = doc("Name of the snapshot", "快照的名称")


class SnapshotBody(Body, frozen=True, kw_only=True):
    """Name of a new snapshot: 1 to 64 letters, digits, dots, dashes and underscores."""

    name: Annotated[
        str,
        doc(
            "Name: 1 to 64 letters, digits, dots, dashes and underscores",
            "名称：1 到 64 个字母、数字、点、短横线和下划线",
        ),
    ]


class SavedSnapshot(Struct, frozen=True, kw_only=True):
    """Saved snapshot: the venue at the time `at`, after entry `seq` of a `generation`."""

    name: str
    at: str
    seq: int
    generation: int


class Snapshots(Struct, frozen=True, kw_only=True):
    """Saved snapshots, oldest first."""

    snapshots: list[SavedSnapshot]


def shown(saved: Saved) -> SavedSnapshot:
    return SavedSnapshot(name=saved.name, at=iso(saved.at_ms), seq=saved.seq, generation=saved.generation)


async def save(call: Called, body: SnapshotBody) -> SavedSnapshot:
    try:
        return shown(await call.venue.snapshots.save(body.name))
    except SnapshotRefused as refused:
        raise wrong(refused) from None


async def list_snapshots(call: Called, body: Empty) -> Snapshots:
    return Snapshots(snapshots=[shown(saved) for saved in await call.venue.snapshots.all()])


async def restore(call: Called, body: Empty) -> Begun:
    """Go on from a snapshot, as a new generation. Answers when everything due until the clock's time has happened."""
    try:
        await call.venue.snapshots.restore(call.name)
    except Overtaken:
        # It goes on from the snapshot, at an earlier time than the clock was to show.
        call.after_reset()
        raise
    except SnapshotRefused as refused:
        raise wrong(refused) from None
    except StoreError as damaged:
        raise Wrong(
            409, str(damaged), "verify tells what differs; delete it, or put the folder back from a copy"
        ) from None
    return await begun(call)


async def delete(call: Called, body: Empty) -> Snapshots:
    """Delete a snapshot. Answers with those that are left."""
    try:
        await call.venue.snapshots.delete(call.name)
    except SnapshotRefused as refused:
        raise wrong(refused) from None
    return await list_snapshots(call, body)


def wrong(refused: SnapshotRefused) -> Wrong:
    return Wrong(404 if isinstance(refused, NoSnapshot) else 409, refused.why, refused.cure)


ENDPOINTS = (
    ControlEndpoint(
        "GET",
        "snapshots",
        Empty,
        Snapshots,
        list_snapshots,
        words=Doc("List the saved snapshots, oldest first", "按保存时间列出快照"),
        spelling=Spelling("snapshot list"),
    ),
    ControlEndpoint(
        "POST",
        "snapshots",
        SnapshotBody,
        SavedSnapshot,
        save,
        words=Doc(
            "Save everything under a name: journal, users, balances, orders, keys, time. Snapshots outlive a reset",
            "以一个名称保存全部内容：日志、用户、余额、订单、密钥和时间。重置后快照仍在",
        ),
        samples=('{"name": "before"}',),
        spelling=Spelling("snapshot save", ("name",)),
    ),
    ControlEndpoint(
        "POST",
        "snapshots/*/restore",
        Empty,
        Begun,
        restore,
        words=Doc(
            "Restore a snapshot, with its keys. A frozen clock goes back to its time; one that runs at speed 1 shows "
            "the present, and everything due since happens",
            "恢复快照及其密钥。冻结的时钟回到快照的时间；以 1 倍速运行的时钟显示当前时间，其间到期的事全部发生",
        ),
        spelling=Spelling("snapshot restore", name=SNAPSHOT),
    ),
    ControlEndpoint(
        "DELETE",
        "snapshots/*",
        Empty,
        Snapshots,
        delete,
        words=Doc("Delete a snapshot", "删除快照"),
        spelling=Spelling("snapshot delete", name=SNAPSHOT),
    ),
)
