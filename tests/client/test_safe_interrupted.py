"""Safe repay that is interrupted between an outcome and its return: `resume` tells the outcome all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tallystick import AsyncClient, Client
from tallystick.client.safe.outcomes import NotRepaid, PartlyRepaid, Repaid, StillRunning
from tallystick.testing.kit.tally import Tally
from tallystick.testing.kit.user import User


def sync(keys: dict[str, Any], until: Callable[[], bool]) -> list[Any]:
    """Interrupted by Ctrl-C; the same client resumes again."""
    with Client(**keys, pace=False) as client:
        send = client._transport.send

        def interrupted(step: Any) -> Any:
            if until():
                raise KeyboardInterrupt
            return send(step)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(client._transport, "send", interrupted)
            with pytest.raises(KeyboardInterrupt):
                client.resume()
        return client.resume()


def asynchronous(keys: dict[str, Any], until: Callable[[], bool]) -> list[Any]:
    """The task is cancelled, while another task of the program goes on asking."""

    async def run() -> list[Any]:
        async with AsyncClient(**keys, pace=False) as client:
            send = client._transport.send

            async def interrupted(step: Any) -> Any:
                if until():
                    task.cancel()
                    await asyncio.sleep(0)
                return await send(step)

            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(client._transport, "send", interrupted)
                task = asyncio.create_task(client.resume())
                with pytest.raises(asyncio.CancelledError):
                    await task
            await client.time()
            return await client.resume()

    return asyncio.run(run())


def intents(state: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(state.glob("intents/*.intent"))]


@pytest.fixture
def alice(tally: Tally) -> User:
    return tally.user("alice", trading={"BTC": "2", "USDC": "40"}, debts={"USDC": "100", "ETH": "0.5"})


@pytest.mark.parametrize("resumed", [sync, asynchronous])
def test_an_outcome_that_was_not_returned_is_told_again(
    tally: Tally, alice: User, resumed: Callable[..., list[Any]], tmp_path: Path
) -> None:
    """A run is under way and a repayment by hand was lost. Their resume ends when the first has an outcome alone."""
    tally.fault("spot_manual_borrow_repay", "drop-before-commit", nth=1)
    with alice.client(pace=False) as client:
        assert isinstance(client.repay(debt="ETH", using=["BTC"], wait=1), StillRunning)
        assert isinstance(client.repay_spot(ccy="USDC", amt=5, wait=1), StillRunning)
    tally.advance("60s")
    state = tmp_path / "state"

    def first_is_told() -> bool:
        first = intents(state)[0]
        return b'"said":{' in first

    assert len(intents(state)) == 2
    assert not first_is_told()
    key = alice.first_key
    keys = {"api_key": key.api_key, "secret_key": key.secret_key, "passphrase": key.passphrase}
    said = resumed(keys | {"base_url": tally.url}, first_is_told)
    run, by_hand = said
    assert isinstance(run, Repaid)
    assert run.repaid == sum(event.amount for event in tally.events("Repaid", user="alice")) > 0
    assert isinstance(by_hand, NotRepaid)
    assert intents(state) == []


def test_an_outcome_that_was_returned_is_told_once(tally: Tally, alice: User) -> None:
    with alice.client(pace=False) as client:
        assert isinstance(client.repay_spot(ccy="USDC", amt=5, wait=1), PartlyRepaid)
        assert client.resume() == []
