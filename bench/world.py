"""What all three servers hold before the measuring starts: the same users, keys and rows.

The venue is filled first, through its public and control endpoints only: users and keys are created, one user takes
a loan and adds to its collateral again and again, and every addition leaves one row in the loan history. Its rows are
then read back over the API, and the peers' tables are filled with those very rows and keys. So every server has to
find, check and send the same bytes, and `same_answers` proves it before a clock starts.
"""

from __future__ import annotations

import http.client
import json
import secrets
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from load import Credentials, signed_request

sys.path.insert(0, str(Path(__file__).parent / "peers"))

import checks
import parameters
import storage

HISTORY = "/api/v5/finance/flexible-loan/loan-history"
CONFIG = "/api/v5/account/config"
SWITCH = "/api/v5/account/set-auto-repay"
PAGE = 100
CONFIG_ALONE = frozenset({"node"})
"""Peers that answer `config` and nothing else."""


@dataclass(frozen=True, slots=True)
class User:
    """A user and a key of theirs that may read and trade."""

    uid: int
    credentials: Credentials
    label: str
    permissions: str


@dataclass(frozen=True, slots=True)
class World:
    """Users, first the one who owns the history; its rows newest first."""

    users: tuple[User, ...]
    history: tuple[dict[str, str], ...]

    def targets(self) -> list[str]:
        """Every full page of the history in turn, each by its cursor."""
        first_page = f"{HISTORY}?limit={PAGE}"
        cursors = [row["refId"] for row in self.history[PAGE - 1 :: PAGE]][:-1]
        return [first_page] + [f"{first_page}&after={cursor}" for cursor in cursors]


class Api:
    """One keep-alive connection to one server, for everything that is not measured."""

    def __init__(self, url: str, *, timeout_s: float = 30) -> None:
        parts = urlsplit(url)
        self._host = parts.netloc
        self._connection = http.client.HTTPConnection(parts.netloc, timeout=timeout_s)

    def signed(self, credentials: Credentials, method: str, target: str, body: object = None) -> list[Any]:
        """The `data` of a signed call; RuntimeError unless its code is 0."""
        raw = b"" if body is None else json.dumps(body).encode()
        answer = self._call(method, target, raw, self.headers(credentials, method, target, raw))
        if answer.get("code") != "0":
            raise RuntimeError(f"{method} {target} {body}: {answer}")
        data: list[Any] = answer["data"]
        return data

    def headers(self, credentials: Credentials, method: str, target: str, raw: bytes) -> dict[str, str]:
        """The headers of a signed request."""
        head = signed_request(credentials, self._host, method, target, raw).split(b"\r\n\r\n", 1)[0]
        lines = (line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
        return {name: value for name, value in lines if name not in ("Host", "Content-Length")}

    def code(self, target: str, headers: dict[str, str]) -> str:
        """HTTP status and code of a GET, such as "401 50113"."""
        self._connection.request("GET", target, headers=headers)
        response = self._connection.getresponse()
        return f"{response.status} {json.loads(response.read()).get('code')}"

    def control(self, token: str, method: str, path: str, body: object = None) -> Any:
        """The answer of one of the venue's own endpoints."""
        raw = b"" if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return self._call(method, f"/tally/v1/{path}", raw, headers)

    def _call(self, method: str, target: str, raw: bytes, headers: dict[str, str]) -> Any:
        self._connection.request(method, target, raw, headers)
        response = self._connection.getresponse()
        text = response.read()
        try:
            return json.loads(text)
        except ValueError:
            raise RuntimeError(f"{method} {target}: HTTP {response.status} {text[:300]!r}") from None


def fill_venue(url: str, token: str, *, users: int, rows: int) -> World:
    """Create users and the history of the first, through the venue's own endpoints."""
    api = Api(url)
    made = tuple(new_user(api, token, f"bench{number}") for number in range(users))
    owner = made[0].credentials
    for ccy, amount in (("BTC", "10"), ("DOT", "1000000")):
        body = {"account": "funding", "ccy": ccy, "amt": amount}
        _accepted(api.control(token, "POST", "users/bench0/balance", body))
    loan = {
        "loanData": {"ccy": "USDT", "amt": "100"},
        "collateralData": [{"ccy": "BTC", "amt": "1"}, {"ccy": "DOT", "amt": "1"}],
        "clOrdId": "bench",
    }
    api.signed(owner, "POST", "/api/v5/finance/flexible-loan/borrow", loan)
    for number in range(rows):
        amount = f"{1 + number % 9}.{number % 1000:03d}1"
        addition = {"type": "add", "collateralCcy": "DOT", "collateralAmt": amount}
        api.signed(owner, "POST", "/api/v5/finance/flexible-loan/adjust-collateral", addition)
    history: list[dict[str, str]] = []
    while True:
        cursor = f"&after={history[-1]['refId']}" if history else ""
        page = api.signed(owner, "GET", f"{HISTORY}?limit={PAGE}{cursor}")
        history += page
        if len(page) < PAGE:
            return World(made, tuple(history))


def new_user(api: Api, token: str, name: str) -> User:
    _accepted(api.control(token, "POST", "users", {"name": name}))
    _accepted(api.control(token, "POST", f"users/{name}/spot-borrow", {"enabled": True}))
    key = _accepted(api.control(token, "POST", f"users/{name}/keys", {"permissions": ["read", "trade"]}))
    credentials = Credentials(key["api_key"], key["secret_key"], key["passphrase"])
    config = api.signed(credentials, "GET", CONFIG)[0]
    return User(int(config["uid"]), credentials, config["label"], config["perm"])


def _accepted(answer: Any) -> Any:
    if "error" in answer:
        raise RuntimeError(f"control call refused: {answer['error']}")
    return answer


def invent(*, users: int, rows: int) -> World:
    """A world without a venue, for measuring the peers alone."""
    now_ms = int(time.time() * 1000)
    made = tuple(
        User(
            10**17 + number,
            Credentials(secrets.token_hex(16), secrets.token_hex(16).upper(), secrets.token_urlsafe(12)),
            "bench",
            "read_only,trade",
        )
        for number in range(users)
    )
    history = tuple(
        {
            "amt": f"-{1 + number % 9}.{number % 1000:03d}1",
            "ccy": "DOT",
            "refId": str(10**17 + number),
            "ts": str(now_ms - (rows - number) * 1000),
            "type": "collateral_locked",
        }
        for number in reversed(range(rows))
    )
    return World(made, history)


def fill_peer(path: Path, world: World) -> None:
    """Write the peers' SQLite file at `path`, which must not exist yet."""
    keys = []
    for user in world.users:
        salt = secrets.token_bytes(16)
        key = user.credentials
        hashed = checks.hash_passphrase(salt, key.passphrase)
        secret = key.secret_key.encode()
        keys.append((key.api_key, secret, salt, hashed, user.uid, user.permissions, "", user.label))
    history = [
        (world.users[0].uid, int(row["refId"]), row["type"], row["ccy"], row["amt"], int(row["ts"]))
        for row in world.history
    ]
    storage.Storage(path).fill(keys, [(user.uid, "1", 1, 0) for user in world.users], history)


def fill_node(path: Path, world: World) -> None:
    """Write the file of the bare server in Node, which has keys and switches in memory."""
    keys = []
    for user in world.users:
        salt = secrets.token_bytes(16)
        key = user.credentials
        keys.append(
            {
                "api_key": key.api_key,
                "secret": key.secret_key,
                "salt": salt.hex(),
                "passphrase_hash": checks.hash_passphrase(salt, key.passphrase).hex(),
                "user_id": user.uid,
                "permissions": user.permissions,
                "ips": "",
                "label": user.label,
                "account_level": "1",
                "spot_borrow": True,
                "auto_repay": False,
            }
        )
    path.write_text(json.dumps({"keys": keys, "fixed": parameters.FIXED}), encoding="utf-8")


def turned_switches(path: Path) -> int:
    """How many set-auto-repay commands a peer's file says were done."""
    return storage.Storage(path).changes()


def same_answers(urls: dict[str, str], world: World) -> None:
    """Raise RuntimeError unless every server gives equal `data` for every page, and the same fields for config."""
    owner = world.users[0].credentials
    apis = {name: Api(url) for name, url in urls.items()}
    for target in world.targets():
        answers = {name: api.signed(owner, "GET", target) for name, api in apis.items() if name not in CONFIG_ALONE}
        first = next(iter(answers.values()))
        if len(first) != PAGE or any(answer != first for answer in answers.values()):
            raise RuntimeError(f"{target}: the servers differ: { {name: a[:2] for name, a in answers.items()} }")
    fields = {name: sorted(api.signed(owner, "GET", CONFIG)[0]) for name, api in apis.items()}
    if len({tuple(names) for names in fields.values()}) != 1:
        raise RuntimeError(f"config: the servers answer different fields: {fields}")


def same_refusals(urls: dict[str, str], world: World) -> None:
    """Raise RuntimeError unless every server turns away each kind of bad request, with the same status and code."""
    owner = world.users[0].credentials
    for name, change, target in [*BAD_REQUESTS, *((name, change, CONFIG) for name, change, _ in BAD_REQUESTS[:9])]:
        codes = {}
        for server, url in urls.items():
            if server in CONFIG_ALONE and target != CONFIG:
                continue
            api = Api(url)
            headers = api.headers(owner, "GET", target, b"") | change
            codes[server] = api.code(target, {key: value for key, value in headers.items() if value})
        if len(set(codes.values())) != 1 or "200 0" in codes.values():
            raise RuntimeError(f"{name}: the servers differ: {codes}")


_PAGE_TARGET = f"{HISTORY}?limit={PAGE}"
BAD_REQUESTS: tuple[tuple[str, dict[str, str], str], ...] = (
    ("no key", {"OK-ACCESS-KEY": ""}, _PAGE_TARGET),
    ("no signature", {"OK-ACCESS-SIGN": ""}, _PAGE_TARGET),
    ("no timestamp", {"OK-ACCESS-TIMESTAMP": ""}, _PAGE_TARGET),
    ("no passphrase", {"OK-ACCESS-PASSPHRASE": ""}, _PAGE_TARGET),
    ("malformed timestamp", {"OK-ACCESS-TIMESTAMP": "yesterday"}, _PAGE_TARGET),
    ("old timestamp", {"OK-ACCESS-TIMESTAMP": "2020-12-08T09:08:57.715Z"}, _PAGE_TARGET),
    ("unknown key", {"OK-ACCESS-KEY": "0" * 32}, _PAGE_TARGET),
    ("wrong passphrase", {"OK-ACCESS-PASSPHRASE": "wrong"}, _PAGE_TARGET),
    ("wrong signature", {"OK-ACCESS-SIGN": "A" * 43 + "="}, _PAGE_TARGET),
    ("no rows at all", {}, f"{HISTORY}?limit=0"),
    ("malformed cursor", {}, f"{HISTORY}?after=1e3"),
    ("unknown type", {}, f"{HISTORY}?type=lent"),
)
