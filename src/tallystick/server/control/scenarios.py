"""Control calls that play packaged scenarios on the venue, after a reset."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Struct, UnsetType

from tallystick.contract.core import Doc, doc
from tallystick.server.control.form import Body, Called, ControlEndpoint, Empty, Spelling, Wrong
from tallystick.server.staging import NotPlayed, Packaged, Playing

PAUSE_MS_MAX = 60_000


class PlayBody(Body, frozen=True, kw_only=True):
    """Playing of a scenario: `pause_ms` passes in real time before each step, so that somebody can watch."""

    variant: Annotated[str, doc("Variant to play, of a scenario that has some", "要运行的变体（如果该场景有变体）")] = (
        ""
    )
    pause_ms: Annotated[int, doc("Real milliseconds before each step", "每一步之前等待的真实毫秒数")] = 0
    wait: Annotated[bool, doc("Answer once the story is over", "故事结束后再返回")] = True


class Scenarios(Struct, frozen=True, kw_only=True):
    """Packaged scenarios by name, and the last playing, under way or over."""

    scenarios: list[Packaged]
    playing: Playing | UnsetType = UNSET


async def show(call: Called, body: Empty) -> Scenarios:
    return Scenarios(scenarios=call.stage.packaged(), playing=call.stage.last() or UNSET)


async def play(call: Called, body: PlayBody) -> Playing:
    """Reset the venue to the people, numbers and time of a scenario, and play it.

    Order of the refusals: a pause beyond 0 to 60,000 ms (400); no such scenario (404) or variant (400); another playing
    or an advance is under way, or the scenario needs another market (409). Then nothing has been changed.
    """
    if not 0 <= body.pause_ms <= PAUSE_MS_MAX:
        raise Wrong(400, f"pause_ms is {body.pause_ms}", f"give 0 to {PAUSE_MS_MAX}")
    try:
        return await call.stage.begin(call.name, body.variant, body.pause_ms, wait=body.wait)
    except NotPlayed as problem:
        raise Wrong(problem.status, problem.why, problem.cure) from None


async def stop(call: Called, body: Empty) -> Playing:
    try:
        return await call.stage.stop()
    except NotPlayed as problem:
        raise Wrong(problem.status, problem.why, problem.cure) from None


ENDPOINTS = (
    ControlEndpoint(
        "GET",
        "scenarios",
        Empty,
        Scenarios,
        show,
        words=Doc(
            "List the packaged scenarios, and show the progress of the one that is running",
            "列出内置场景，并查看正在运行的场景的进度",
        ),
        spelling=Spelling("venue scenarios"),
    ),
    ControlEndpoint(
        "POST",
        "scenarios/*/play",
        PlayBody,
        Playing,
        play,
        words=Doc(
            "Play a packaged scenario on this venue. The venue is reset first: everything that happened is gone, and "
            "the users are those of the scenario, until the next reset or restore. The clock is frozen at the end. If "
            "`wait` is false, the answer comes at once, and `GET scenarios` shows the progress. A second one meanwhile "
            "is refused",
            "在此平台上运行内置场景。平台先被重置：此前发生的一切都会消失，此后的用户是场景中的用户，直到下一次重置或恢复。"
            "结束时时钟冻结。`wait` 为 false 时立即返回，进度见 `GET scenarios`。运行期间再次运行会被拒绝",
        ),
        samples=("{}", '{"wait": false, "pause_ms": 1000}', '{"variant": "blended"}'),
        spelling=Spelling("venue play", name=doc("Name of the scenario", "场景名称")),
    ),
    ControlEndpoint(
        "DELETE",
        "scenarios",
        Empty,
        Playing,
        stop,
        words=Doc(
            "Stop the scenario that is running; the venue stays as it is at that moment",
            "停止正在运行的场景；平台保持当时的状态",
        ),
        spelling=Spelling("venue stop-play"),
    ),
)
