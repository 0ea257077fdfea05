"""Servers of one database in one process, each behind a socket of its own, and requests to them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import uvloop

from tallystick.cluster.app import ClusterApp
from tallystick.cluster.node import Node
from tallystick.cluster.secret import ClusterSecret
from tallystick.server import serve
from tallystick.server.connections import Bounds, Connections
from tallystick.server.door import Door
from tallystick.server.request import Whole
from tallystick.server.watcher import Row
from tallystick.venue import boot
from tallystick.venue.keys import Credentials
from tallystick.wire.sign import sign
from tests.cluster.fake import ANYWHERE, FakeCrew, FakeDatabase, Shared
from tests.patience import PATIENCE_S
from tests.server.harness import AT_MS, TOKEN, iso

SECRET = "a secret of the tests"


class Reply(NamedTuple):
    status: int
    said: Any

    @property
    def code(self) -> str:
        return str(self.said["code"])


class Server:
    """One server. `end` ends it as a kill does: nothing is saved and no lease is given up."""

    def __init__(self, shared: Shared, number: int) -> None:
        self.shared = shared
        self.database = FakeDatabase(shared)
        self.crew = FakeCrew(self.database)
        nobody = boot.open_venue(None, boot.BY_HAND, users=False).venue
        secret = ClusterSecret(SECRET.replace(" ", "-"))
        name = f"server {number}/{secret.fingerprint}"
        self.app = ClusterApp(name, secret, shared.machine, self.crew.app_of(nobody, "follower", 0))
        self.shown: list[Row] = []
        """All that it has shown."""
        self.listener = serve.bind("127.0.0.1", 0)
        self.port: int = self.listener.getsockname()[1]
        self.everybody = Connections(self.app, Bounds())
        self.door = Door(self.listener, self.everybody)
        self.node = Node(
            self.app,
            self.database,
            self.crew,
            address=f"http://127.0.0.1:{self.port}",
            machine=shared.machine,
            show=self.shown.extend,
        )
        self.running = asyncio.get_running_loop().create_task(self.node.run())
        self.door.let_in()

    @property
    def leads(self) -> bool:
        return self.app.tenure is not None

    @property
    def follows(self) -> bool:
        return self.app.following is not None

    @property
    def seq(self) -> int:
        return self.app.inner.services.venue.state.seq

    async def ask(
        self,
        method: str,
        target: str,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        peer: str = "127.0.0.1",
    ) -> Reply:
        """Ask its application, as if from the address `peer`."""
        pairs = [(b"host", b"127.0.0.1"), *((k.encode(), v.encode()) for k, v in (headers or {}).items())]
        if body:
            pairs.append((b"content-length", b"%d" % len(body)))
        status, said, _ = await self.app.answer(Whole(method, target.encode(), pairs, body, peer=peer))
        return Reply(status, json.loads(said))

    async def signed(
        self, method: str, target: str, body: object = None, key: Credentials = ANYWHERE, peer: str = "127.0.0.1"
    ) -> Reply:
        raw = b"" if body is None else json.dumps(body).encode()
        at = iso(AT_MS)
        headers = {
            "ok-access-key": key.api_key,
            "ok-access-passphrase": key.passphrase,
            "ok-access-timestamp": at,
            "ok-access-sign": sign(key.secret_key, at, method, target, raw),
            "content-type": "application/json",
        }
        return await self.ask(method, target, headers, raw, peer)

    async def transfer(self, number: int, **options: Any) -> Reply:
        """A command that always succeeds, named by a client's number."""
        body = {"ccy": "BTC", "amt": "0.00001", "from": "18", "to": "6", "clientId": f"n{number}"}
        return await self.signed("POST", "/api/v5/asset/transfer", body, **options)

    async def control(self, method: str, path: str, body: object = None) -> Reply:
        headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
        raw = b"" if body is None else json.dumps(body).encode()
        return await self.ask(method, f"/tally/v1/{path}", headers, raw)

    async def health(self) -> tuple[str, int]:
        said = (await self.control("GET", "health")).said
        return said["role"], said["term"]

    async def end(self) -> None:
        """End it without a word: its lease runs on, and whoever waits for an answer gets none."""
        self.database.cut = True
        self.close()
        self.running.cancel()
        await asyncio.gather(self.running, return_exceptions=True)

    def close(self) -> None:
        if self.listener.fileno() < 0:
            return
        self.door.close()
        self.listener.close()
        self.everybody.drop_all()

    async def stop(self) -> None:
        self.node.stop()
        await self.running
        self.close()


async def until(true: Callable[[], object], what: str) -> None:
    """Let everybody work until something is so."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE_S
    while not true():
        assert loop.time() < deadline, f"it never came to it: {what}"
        await asyncio.sleep(0)


class Cluster:
    """All servers. The first one leads, the others follow."""

    def __init__(self, shared: Shared, servers: list[Server]) -> None:
        self.shared = shared
        self.servers = servers

    def followed(self) -> bool:
        """True if every follower has applied all there is."""
        last = self.shared.store.last_entry()
        return all(server.seq == (last.seq if last else 0) for server in self.servers if server.follows)

    async def lead_by(self, server: Server) -> None:
        """Let time pass until the lease has run out and this server leads."""
        self.shared.pass_s(1.0)
        await until(lambda: server.leads, "the server leads")


@asynccontextmanager
async def cluster(count: int = 2) -> AsyncIterator[Cluster]:
    shared = Shared()
    servers: list[Server] = []
    try:
        for number in range(count):
            server = Server(shared, number)
            servers.append(server)
            await until(lambda server=server: server.leads or server.follows, "it has a role")  # type: ignore[misc]
        yield Cluster(shared, servers)
    finally:
        for server in servers:
            if not server.running.done():
                await server.stop()
            else:
                server.close()
        for _ in range(9):
            await asyncio.sleep(0)


def within(story: Callable[[Cluster], Awaitable[None]], count: int = 2) -> None:
    """Run a story among servers of its own, on the loop that `tally serve` runs on."""

    async def run() -> None:
        async with cluster(count) as here:
            await story(here)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())
