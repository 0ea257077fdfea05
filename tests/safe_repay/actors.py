"""Those who repay: the client of this project, a bot that retries blindly, and one that looks before it tries again."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Coroutine
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx
from okx.Account import AccountAPI
from okx.Trade import TradeAPI

from tallystick import AsyncClient, Client
from tallystick.client import errors
from tallystick.client.clock import Clock, stamp
from tallystick.client.files import Kept
from tallystick.client.pace import Pace
from tallystick.client.safe.outcomes import (
    Converted,
    NotConverted,
    NotRepaid,
    Outcome,
    PartlyRepaid,
    Repaid,
    StillRunning,
)
from tallystick.client.steps import Failed, Headers, Received, Result, Send, Step, Wait
from tallystick.client.transport import UnderWay
from tests.client.link import waiting
from tests.safe_repay.accounts import Account, Call
from tests.safe_repay.judge import Claim
from tests.safe_repay.network import Network

T = TypeVar("T")
ADVANCED_MS: Final = 240_000

URL: Final = "http://127.0.0.1"
MEMORY: Final = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""A disk that syncs at once, where there is one: other tests show what is synced, and when."""
Actor = Callable[[Network, Account, Call], Claim]
KINDS: Final[dict[type, Any]] = {
    Repaid: "repaid",
    PartlyRepaid: "partly",
    NotRepaid: "not",
    StillRunning: "running",
    Converted: "repaid",
    NotConverted: "not",
}


# ---- the client of this project


class Line:
    """A transport into the network: its `send` answers at once."""

    def __init__(self, net: Network) -> None:
        self.send = net.send

    def send_ahead(self, step: Send) -> None:
        """Send nothing ahead: each request meets its fault when its answer is asked for."""

    def receive(self, under_way: UnderWay) -> None:
        """Give nothing, as nothing is sent ahead."""

    def close(self) -> None:
        """Nothing is open."""


class AsyncLine:
    """The same of the async half. It never waits for its loop, and so needs none."""

    def __init__(self, net: Network) -> None:
        self._net = net

    async def send(self, step: Send) -> Received | Failed:
        return self._net.send(step)

    async def close(self) -> None:
        """Nothing is open."""


class NetworkClient(Client):
    """The client with another way for bytes and time; all else is its own."""

    _net: Network

    def _reach(self, net: Network) -> None:
        self._net, self._transport = net, Line(net)

    def _carry_out(self, step: Step) -> Result:
        return waited(self, step)


class AsyncNetworkClient(AsyncClient):
    """The same of the async half."""

    _net: Network

    def _reach(self, net: Network) -> None:
        self._net, self._transport = net, AsyncLine(net)

    async def _carry_out(self, step: Step) -> Result:
        return waited(self, step)


C = TypeVar("C", NetworkClient, AsyncNetworkClient)


def waited(client: NetworkClient | AsyncNetworkClient, step: Step) -> Result:
    """What a step comes to that sends nothing."""
    if isinstance(step, Wait):
        client._net.wait_ms(max(round(step.seconds * 1000), 1))
        return None
    return client._aside(step)


def client_on(half: type[C], net: Network, account: Account, folder: Path, *, paced: bool) -> C:
    """A client whose bytes and time are the network's, and whose intents lie in a folder."""
    key = account.key
    client = half(api_key=key.api_key, secret_key=key.secret_key, passphrase=key.passphrase, base_url=URL, pace=False)
    client._session.clock = Clock(wall=net.now_s, monotonic=net.monotonic_s)
    client._session.chance = lambda: 0.5
    client._session.paced = paced
    client._pace = Pace(None, net.monotonic_s)
    client._kept = Kept(folder)
    client._reach(net)
    return client


def result_of(awaited: Coroutine[Any, Any, T]) -> T:
    """Result of a coroutine that never waits."""
    try:
        awaited.send(None)
    except StopIteration as end:
        found: T = end.value
        return found
    raise AssertionError("the coroutine waits for its loop")


def claim_of(said: Any) -> Claim:
    """What an outcome claims."""
    kind = KINDS.get(type(said), "unknown")
    if isinstance(said, Converted):
        return Claim(kind=kind, repaid=said.sold, bought=said.bought, note=said.note)
    if isinstance(said, NotConverted):
        return Claim(kind=kind, repaid=Decimal(0), code=said.code, note=said.note)
    assert isinstance(said, Outcome)
    code = said.code if isinstance(said, NotRepaid) else ""
    return Claim(kind=kind, repaid=said.repaid, left=said.left, code=code, note=said.note)


def asked(client: Client | AsyncClient, call: Call, wait: float = 400.0) -> Any:
    """The call itself, of the async half as a coroutine."""
    match call.method:
        case "repay":
            return client.repay(debt=call.ccy, using=call.using, wait=wait)
        case "repay_spot":
            return client.repay_spot(ccy=call.ccy, amt=call.amt, wait=wait)
        case "convert":
            assert call.amt is not None
            return client.convert(sell=call.ccy, buy=call.buy, amt=call.amt, wait=wait)
        case "repay_loan":
            assert call.amt is not None
            return client.repay_loan(ord_id=call.loan_id, ccy=call.ccy, amt=call.amt, wait=wait)


def typed(net: Network, account: Account, call: Call) -> Claim:
    """The client of this project: either half, with a pace or without, by the time that a seed leads to."""
    paced = net.now_ms % 2 == 0
    with tempfile.TemporaryDirectory(prefix="intents-", dir=MEMORY) as folder:
        try:
            if net.now_ms // 2 % 2:
                client = client_on(NetworkClient, net, account, Path(folder), paced=paced)
                claim = claim_of(asked(client, call))
            else:
                half = client_on(AsyncNetworkClient, net, account, Path(folder), paced=paced)
                claim = claim_of(result_of(asked(half, call)))
        except errors.ClientError as error:
            return Claim(kind="not sent", note=f"{type(error).__name__}: {error}", code=error.code)
        if claim.kind not in ("running", "unknown") and waiting(Kept(Path(folder))):
            raise AssertionError(f"{claim} was said, and an intent waits for it")
        return claim


def standing(net: Network, account: Account, call: Call) -> Claim:
    """The client on a venue whose clock stands still. It says so, and tells the outcome after an advance."""
    net.stands = True
    with tempfile.TemporaryDirectory(prefix="intents-", dir=MEMORY) as folder:
        client = client_on(NetworkClient, net, account, Path(folder), paced=net.now_ms % 2 == 0)
        try:
            said = asked(client, call)
        except errors.ClientError as error:
            return Claim(kind="not sent", note=f"{type(error).__name__}: {error}", code=error.code)
        finally:
            net.stands = False
        if not isinstance(said, StillRunning):
            return claim_of(said)
        if "advance" not in said.note or net.waited_ms > 60_000:
            return Claim(kind="running", note=f"after {net.waited_ms} ms: {said.note}")
        net.pass_ms(ADVANCED_MS)
        (late,) = client.resume()
        return claim_of(late)


# ---- bots on python-okx


class Through(httpx.BaseTransport):
    """Carries the requests of python-okx over a network of the tests."""

    def __init__(self, net: Network) -> None:
        self.net = net

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        names = ("host", "content-length")
        headers = Headers({name: value for name, value in request.headers.items() if name not in names})
        target = request.url.raw_path.decode()
        method: Any = request.method
        step = Send(method, target, headers, request.read(), self.net.now_s() + 10, repeatable=False)
        result = self.net.send(step)
        if isinstance(result, Failed):
            raise httpx.ReadTimeout(result.reason)
        return httpx.Response(result.status, content=result.body)


def okx(net: Network, account: Account, api: Any) -> Any:
    """An object of python-okx that signs at the venue's time."""
    from okx import utils

    utils.get_timestamp = lambda: stamp(net.now_ms)
    key = account.key
    made = api(key.api_key, key.secret_key, key.passphrase, flag="0", domain=URL)
    made._transport = Through(net)
    made._mounts = {}
    return made


def _request(net: Network, account: Account, call: Call) -> Callable[[], Any]:
    if call.method == "repay":
        trade = okx(net, account, TradeAPI)
        return lambda: trade.oneclick_repay_v2(call.ccy, list(call.using))
    by_hand = okx(net, account, AccountAPI)
    amt = format(call.amt or Decimal(1_000_000), "f")
    return lambda: by_hand.spot_manual_borrow_repay(call.ccy, "repay", amt)


def blind(net: Network, account: Account, call: Call) -> Claim:
    """The bot of many repositories: tries again after anything but code 0, and calls code 0 repaid."""
    request = _request(net, account, call)
    for _ in range(4):
        try:
            if request()["code"] == "0":
                return Claim(kind="repaid")
        except (httpx.HTTPError, ValueError):
            pass
        net.pass_ms(1_000)
    return Claim(kind="not")


def careful(net: Network, account: Account, call: Call) -> Claim:
    """Asks once, waits until nothing can be under way, and tells of the newest rows of the history and of the debt."""
    rows = _history(net, account, call)
    before = len(_read(net, rows))
    refused = ""
    try:
        answer = _request(net, account, call)()
        refused = "" if answer["code"] == "0" or answer["code"].startswith("500") else answer["code"]
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        pass
    net.pass_ms(60_000)
    field = "fillDebtSz" if call.method == "repay" else "amt"
    found = _read(net, rows)
    found = found[: len(found) - before]
    repaid = sum((Decimal(row[field]) for row in found), Decimal(0))
    lists = _read(net, okx(net, account, TradeAPI).get_oneclick_repay_list_v2)
    left = next((Decimal(row["debtAmt"]) for row in lists[0]["debtData"] if row["debtCcy"] == call.ccy), Decimal(0))
    if left == 0:
        return Claim(kind="repaid", repaid=repaid, left=left)
    return Claim(kind="partly" if repaid else "not", repaid=repaid, left=left, code="" if repaid else refused)


def _history(net: Network, account: Account, call: Call) -> Callable[[], Any]:
    if call.method == "repay":
        return okx(net, account, TradeAPI).oneclick_repay_history_v2  # type: ignore[no-any-return]
    by_hand = okx(net, account, AccountAPI)
    return lambda: by_hand.spot_borrow_repay_history(call.ccy, "manual_repay")


def _read(net: Network, request: Callable[[], Any]) -> list[Any]:
    """Rows that two readings in a row agree on."""
    last: list[Any] | None = None
    for _ in range(9):
        try:
            answer = request()
            rows = answer["data"] if answer["code"] == "0" else None
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            rows = None
        if isinstance(rows, list) and rows == last:
            return rows
        last = rows
        net.pass_ms(2_100)
    raise AssertionError("the history cannot be read")
