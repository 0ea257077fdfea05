"""A venue under load, to be killed: `python -m tests.venue.killed FOLDER SEED`.

Prints one line for each acknowledged command, in the moment it is acknowledged:
`<seq> <at_ms> <number of its events>`. Sixteen clients submit without pause, the market moves, time
runs at high speed, and snapshots are frequent, so that a kill may fall anywhere.
"""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path

from tallystick.venue.boot import ALICE, BOB, open_venue
from tallystick.venue.venue import Rejected, Venue
from tests.venue.load import load_command

CLIENTS = 16
SPEED = 500


async def client(venue: Venue, draw: random.Random) -> None:
    while True:
        try:
            outcome = await venue.submit(load_command(draw, (ALICE, BOB)))
        except Rejected:
            continue
        if outcome.events:
            sys.stdout.write(f"{outcome.stamp.seq} {outcome.stamp.at_ms} {len(outcome.events)}\n")
            sys.stdout.flush()


async def main(folder: Path, seed: int) -> None:
    opened = open_venue(folder, speed=SPEED, snapshot_every=97)
    await opened.venue.start()
    print("ready", flush=True)
    await asyncio.gather(*(client(opened.venue, random.Random(f"{seed}/{number}")) for number in range(CLIENTS)))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
