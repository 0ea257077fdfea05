"""The venue's own endpoints under /tally/v1/: clock, market, users, keys, journal. JSON over a bearer token.

They can do everything, so three things are asked first: a Host that cannot be another site's name
pointed at us, an Origin that is ours or none (browsers send it, scripts do not), and the token.
Answers are {"ok": true, ...} or {"error": {"message", "hint"}}.
"""

from __future__ import annotations

import hmac
import logging
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from itertools import islice, pairwise
from typing import Any, Literal, TypeVar
from urllib.parse import parse_qsl, unquote

import msgspec
from msgspec import Struct

from tallystick.engine import commands, ledger
from tallystick.engine.amounts import text_from_atoms
from tallystick.engine.events import LoanMoved
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.state import State
from tallystick.server import convert_calls, platform_calls, user_calls
from tallystick.server.answers import CLOSE, GONE, NO_HEADERS, Answer
from tallystick.server.control_form import Body, Empty, Query, Wrong
from tallystick.server.control_text import amount, signed_amount
from tallystick.server.request import Busy, Gone, Request, TooLarge
from tallystick.server.site import Site
from tallystick.venue import fidelity, keys, settings
from tallystick.venue.parameters import packaged_table
from tallystick.venue.venue import Overtaken, Venue, VenueHalted
from tallystick.views import flexible_loan
from tallystick.wire.decode import Fault, parse_object

log = logging.getLogger("tallystick")

PREFIX = b"/tally/v1/"
ADVANCE_MS_MAX = 366 * 86_400_000
ENTRIES_MAX = 1_000
DURATION_FORM = re.compile(r"([0-9]{1,9})(ms|s|m|h|d|w)")
UNIT_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
PERMISSIONS = {"read": "read_only", "trade": "trade", "withdraw": "withdraw"}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

T = TypeVar("T", bound=Struct)


class ClockBody(Body, frozen=True):
    mode: Literal["real", "frozen"] | None = None
    speed: int | None = None
    at: str | None = None


class AdvanceBody(Body, frozen=True):
    ms: int | None = None
    by: str | None = None
    to: str | None = None


class PriceBody(Body, frozen=True):
    instId: str
    px: str


class BookBody(Body, frozen=True):
    instId: str
    bids: list[tuple[str, str]]
    asks: list[tuple[str, str]]


class ReleaseBody(Body, frozen=True):
    instId: str


class KeyBody(Body, frozen=True):
    permissions: list[Literal["read", "trade", "withdraw"]]
    ips: tuple[str, ...] = ()
    label: str = ""


class BalanceBody(Body, frozen=True):
    account: Literal["trading", "funding"]
    ccy: str
    amt: str


class SpotBorrowBody(Body, frozen=True):
    enabled: bool


class PoolBody(Body, frozen=True):
    ccy: str
    amt: str


class CollateralRepayBody(Body, frozen=True):
    ordId: str
    ccy: str
    amt: str
    collateral: list[str]


Handler = Callable[["Control", Any, tuple[str, ...], Query], Awaitable[dict[str, Any]]]


class RateBody(Body, frozen=True):
    """`apr` is decimal text, 0.073 for 7.3 % a year; null goes back to the curve of the pool's usage."""

    ccy: str
    apr: str | None


class Control:
    """`about` is told by `health`; `after_reset` is called when the venue has begun anew."""

    def __init__(
        self,
        venue: Venue,
        token: str,
        *,
        site: Site | None = None,
        about: dict[str, Any] | None = None,
        after_reset: Callable[[], None] = lambda: None,
    ) -> None:
        self.venue = venue
        self.token = token.encode("ascii")
        self.site = site or Site()
        self.about = about or {}
        self.after_reset = after_reset

    async def answer(self, request: Request) -> Answer:
        """Order of the checks: host, origin, token, path, method, size, content type, body.

        What is wrong up to the method is refused before the body is read.
        """
        try:
            self.admit(request.headers)
            handlers, names = find(request.path)
            entry = handlers.get(request.method)
            if entry is None:
                raise Wrong(405, f"{request.method} is not possible here", f"use {' or '.join(handlers)}")
            shape, handler = entry
            raw = await request.body() if request.has_body else b""
            body = decode_body(raw, request.headers.get(b"content-type", b""), shape)
            result = await handler(self, body, names, decode_query(request.query))
        except Wrong as wrong:
            extra = [(b"www-authenticate", b"Bearer")] if wrong.status == 401 else NO_HEADERS
            return wrong.status, error(wrong.message, wrong.hint), extra
        except Rejected as rejected:
            return 409, error(words(rejected.reject), details_of(rejected)), NO_HEADERS
        except Overtaken as overtaken:
            reached, target = iso(overtaken.at_ms), iso(overtaken.target_ms)
            message = f"the clock was set by another call at {reached}, before this one got to {target}"
            return 409, error(message, "ask again for the rest"), NO_HEADERS
        except TooLarge:
            return 413, error("the body is larger than 64 KiB"), CLOSE
        except Busy:
            return 429, error("too many bodies are on their way", "try again"), CLOSE
        except Gone:
            return GONE
        except VenueHalted as halted:
            again = "start the server again and ask for the rest"
            mend = "stop the server, mend what is named and start it again"
            return 503, error(str(halted), again if self.venue.halted is None else mend), NO_HEADERS
        except Exception as bug:
            log.error("a bug, while answering %s", request.path.decode("latin-1"), exc_info=bug)
            return 500, error(f"a bug: {bug!r}", "the server's log has it whole"), NO_HEADERS
        return 200, msgspec.json.encode({"ok": True} | result), NO_HEADERS

    def admit(self, headers: dict[bytes, bytes]) -> None:
        """Raises Wrong 403 for a foreign Host or Origin and 401 without the token."""
        if not self.site.owns_host(headers):
            raise Wrong(
                403, "this host name is not ours", "use an IP address or localhost, or name it with --allow-host"
            )
        if not self.site.owns_origin(headers):
            raise Wrong(403, "calls from other web pages are refused")
        scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"bearer" or not hmac.compare_digest(given.strip(), self.token):
            raise Wrong(
                401,
                "the control token is missing or wrong",
                "send Authorization: Bearer and the token in connection.json",
            )

    # ---- clock

    async def show_clock(self, body: Empty, names: tuple[str, ...], query: Query) -> dict[str, Any]:
        if self.venue.halted is not None:
            raise VenueHalted(self.venue.halted)
        return self.clock_at(await self.venue.tell_ms())

    async def set_clock(self, body: ClockBody, names: tuple[str, ...], query: Query) -> dict[str, Any]:
        at_ms = None if body.at is None else moment_ms(body.at)
        with_hint = "give mode real or frozen, speed 1 or more, at a time not before now"
        if body.mode is None and body.speed is None and at_ms is None:
            raise Wrong(400, "nothing to change", with_hint)
        try:
            return self.clock_at(await self.venue.set_clock(body.mode, body.speed, at_ms))
        except ValueError as problem:
            raise Wrong(400, str(problem), with_hint) from None

    async def advance(self, body: AdvanceBody, names: tuple[str, ...], query: Query) -> dict[str, Any]:
        """Answers when everything due until then has happened and is on disk."""
        if (body.ms is not None) + (body.by is not None) + (body.to is not None) != 1:
            raise Wrong(400, "give exactly one of ms, by and to", 'such as {"by": "7d"} or {"to": "next"}')
        now_ms = self.venue.now_ms()
        try:
            if body.to == "next":
                return self.clock_at(await self.venue.advance(to_next=True))
            if body.to is not None:
                to_ms = moment_ms(body.to)
                if to_ms - now_ms > ADVANCE_MS_MAX:
                    raise Wrong(400, "at most 366 days in one go")
                return self.clock_at(await self.venue.advance(to_ms=to_ms))
            by_ms = body.ms if body.ms is not None else duration_ms(body.by or "")
            if not 0 <= by_ms <= ADVANCE_MS_MAX:
                raise Wrong(400, "time goes forwards, and at most 366 days in one go")
            return self.clock_at(await self.venue.advance(by_ms=by_ms))
        except ValueError as problem:
            raise Wrong(400, str(problem)) from None

    def clock_at(self, now_ms: int) -> dict[str, Any]:
        mode, speed = self.venue.clock
        return {"now": iso(now_ms), "now_ms": now_ms, "mode": mode, "speed": speed}

    # ---- market

    async def set_price(self, body: PriceBody, names: tuple[str, ...], query: Query) -> dict[str, Any]:
        price = amount(body.px, "px")
        await self.venue.submit(commands.SetPrice(instrument=body.instId, price=price))
        return {"instId": body.instId, "px": body.px}

    async def set_book(self, body: BookBody, names: tuple[str, ...], query: Query) -> dict[str, Any]:
        bids, asks = levels(body.bids, "bids"), levels(body.asks, "asks")
        if any(a[0] <= b[0] for a, b in pairwise(bids)):
            raise Wrong(400, "bids fall from the best to the worst")
        if any(a[0] >= b[0] for a, b in pairwise(asks)):
            raise Wrong(400, "asks rise from the best to the worst")
        if bids and asks and bids[0][0] >= asks[0][0]:
            raise Wrong(400, "the best bid must lie below the best ask")
        await self.venue.submit(commands.SetBook(instrument=body.instId, bids=bids, asks=asks))
        return {"instId": body.instId}

    async def release(self, body: ReleaseBody, names: tuple[str, ...], query: Query) -> dict[str, Any]:
        await self.venue.submit(commands.ReleaseMarket(instrument=body.instId))
        return {"instId": body.instId}

    # ---- lenders

    async def list_pools(self, body: Empty, names: tuple[str, ...], query: Query) -> dict[str, Any]:
        return {
            "pools": await self.venue.query(
                lambda state, _: [pool_of(state, ccy) for ccy in state.parameters.currencies]
            )
        }

    async def move_pool(self, body: PoolBody, names: tuple[str, ...], query: Query) -> dict[str, Any]:
        """Lenders put coins in (plus) or ask them back (minus). What is lent they wait for, and loans are called in.

        Answers how the pool stands when all of that has happened.
        """
        delta = signed_amount(body.amt, "amt")
        if delta == 0:
            raise Wrong(400, "amt: nothing to move", "plus puts coins in, minus takes them out")
        return await self.venue.perform(
            lambda state, now_ms: commands.MovePool(ccy=body.ccy, delta=delta),
            lambda stamp, events, state: pool_of(state, body.ccy),
        )

    # ---- the exchange's numbers

    async def show_parameters(self, body: Empty, names: tuple[str, ...], query: Query) -> dict[str, Any]:
        """As they are in force now, each beside the source of its packaged value."""
        return await self.venue.query(lambda state, _: parameters_of(state))

    async def change_parameters(self, body: settings.Patch, names: tuple[str, ...], query: Query) -> dict[str, Any]:
        """All of the patch or nothing. Answers what is different now: path -> value."""
        try:
            command = settings.command_of(body)
        except settings.BadValue as problem:
            raise Wrong(400, str(problem), "GET parameters shows every one as it can be sent back") from None
        if not command.settings:
            raise Wrong(400, "nothing to change", 'such as {"currencies": {"BTC": {"quota": "5"}}}')
        outcome = await self.venue.submit(command)
        return {"changed": {name: value for event in outcome.events for name, value in settings.changed_by(event)}}

    async def show_rates(self, body: Empty, names: tuple[str, ...], query: Query) -> dict[str, Any]:
        """What borrowing costs, per currency: in this hour, by hand or not, and how much of the pool is lent out."""
        return {"rates": await self.venue.query(lambda state, _: platform_calls.rates_of(state))}

    async def set_rate(self, body: RateBody, names: tuple[str, ...], query: Query) -> dict[str, Any]:
        """From the next full hour on."""
        apr = 0 if body.apr is None else amount(body.apr, "apr")
        if body.apr is not None and apr == 0:
            raise Wrong(400, "a rate is above 0", "null goes back to the curve")
        setting = commands.Setting(table="currencies", row=body.ccy, field="rate_per_year", value=apr)
        await self.venue.submit(commands.ChangeParameters(settings=(setting,)))
        return {"ccy": body.ccy, "apr": body.apr}

    async def show_fidelity(self, body: Empty, names: tuple[str, ...], query: Query) -> dict[str, Any]:
        """How far everything can be trusted; `source` picks one kind."""
        source = query.get("source")
        if source not in (None, *fidelity.SOURCES):
            raise Wrong(400, f"{str(source)[:40]!r} is no source", "there are: " + ", ".join(fidelity.SOURCES))
        whole = fidelity.report()
        found: dict[str, Any] = msgspec.to_builtins(whole if source is None else whole.only(source))
        return found

    # ---- users

    async def create_key(self, body: KeyBody, names: tuple[str, ...], query: Query) -> dict[str, Any]:
        """The only time secret and passphrase are told."""
        user_id = await user_calls.user_id(self, names[0])
        for entry in body.ips:
            try:
                ip_network(entry, strict=False)
            except ValueError:
                raise Wrong(400, f"{entry[:60]!r} is neither an address nor a network") from None
        if not body.permissions:
            raise Wrong(400, "a key needs a permission", "read, trade or both")
        if not re.fullmatch(r"[\x20-\x7e]{0,50}", body.label):
            raise Wrong(400, "a label is at most 50 printable ASCII characters")
        granted = dict.fromkeys(["read_only", *(PERMISSIONS[name] for name in body.permissions)])
        made = keys.new_credentials(tuple(granted))
        now_ms = self.venue.now_ms()
        record = keys.record_of(made, user_id, label=body.label or names[0], ips=body.ips, made_at_ms=now_ms)
        await self.venue.add_key(record)
        return {
            "api_key": made.api_key,
            "secret_key": made.secret_key,
            "passphrase": made.passphrase,
            "permissions": list(dict.fromkeys(["read", *body.permissions])),
        }

    async def adjust_balance(self, body: BalanceBody, names: tuple[str, ...], query: Query) -> dict[str, Any]:
        user_id = await user_calls.user_id(self, names[0])
        delta = signed_amount(body.amt, "amt")
        await self.venue.submit(
            commands.AdjustBalance(user_id=user_id, account=body.account, ccy=body.ccy, delta=delta)
        )
        return {"account": body.account, "ccy": body.ccy, "amt": body.amt}

    async def switch_spot_borrow(self, body: SpotBorrowBody, names: tuple[str, ...], query: Query) -> dict[str, Any]:
        await self.venue.submit(
            commands.SwitchSpotBorrow(user_id=await user_calls.user_id(self, names[0]), enabled=body.enabled)
        )
        return {"enabled": body.enabled}

    async def repay_with_collateral(
        self, body: CollateralRepayBody, names: tuple[str, ...], query: Query
    ) -> dict[str, Any]:
        """Sell collateral of a flexible loan, the dearest coin first, to repay it. Answers the rows of its history."""
        user_id = await user_calls.user_id(self, names[0])
        if not re.fullmatch(r"[0-9]{1,20}", body.ordId):
            raise Wrong(400, "ordId is a whole number", "loan-info tells it on the later surface, borrow always")
        atoms = amount(body.amt, "amt")
        if atoms == 0:
            raise Wrong(400, "amt is above zero")
        if len(set(body.collateral)) != len(body.collateral):
            raise Wrong(400, "collateral names a coin twice", "each coin is sold once")
        command = commands.RepayLoanWithCollateral(
            user_id=user_id, loan_id=int(body.ordId), ccy=body.ccy, amount=atoms, collateral_ccys=tuple(body.collateral)
        )
        outcome = await self.venue.submit(command)
        moved = [event for event in outcome.events if isinstance(event, LoanMoved)]
        return {
            "ordId": body.ordId,
            "rows": [msgspec.to_builtins(flexible_loan.history_row(event, outcome.stamp.at_ms)) for event in moved],
        }

    # ---- looking at the venue

    async def health(self, body: Empty, names: tuple[str, ...], query: Query) -> dict[str, Any]:
        """`borrowing` is halted while the insurance fund is empty (decisions/024)."""
        if self.venue.halted is not None:
            raise VenueHalted(self.venue.halted)
        seq, borrowing, now_ms = await self.venue.query(
            lambda state, now_ms: (state.seq, platform_calls.borrowing(state), now_ms)
        )
        return {"seq": seq, "borrowing": borrowing, **self.clock_at(now_ms), **self.about}

    async def state_hash(self, body: Empty, names: tuple[str, ...], query: Query) -> dict[str, Any]:
        seq, digest = await self.venue.state_hash()
        return {"seq": seq, "hash": digest}

    async def verify(self, body: Empty, names: tuple[str, ...], query: Query) -> dict[str, Any]:
        found: dict[str, Any] = msgspec.to_builtins(await self.venue.verify())
        return found

    async def reset(self, body: Empty, names: tuple[str, ...], query: Query) -> dict[str, Any]:
        await self.venue.reset()
        self.after_reset()
        return {**await user_calls.list_users(self, body, names, query), **self.clock_at(await self.venue.tell_ms())}

    async def journal(self, body: Empty, names: tuple[str, ...], query: Query) -> dict[str, Any]:
        """At most 1,000 entries after `after`, oldest first."""
        after = number(query.get("after", "0"), "after")
        limit = min(number(query.get("limit", "100"), "limit"), ENTRIES_MAX)
        await self.venue.query(lambda state, _: None)
        entries = [
            {
                "seq": entry.seq,
                "at_ms": entry.at_ms,
                "command": msgspec.Raw(entry.command),
                "events": msgspec.Raw(entry.events),
                "hash": entry.hash.hex(),
            }
            for entry in islice(self.venue.store.entries(after), limit)
        ]
        return {"entries": entries}


HANDLERS: dict[str, dict[str, tuple[type[Struct], Handler]]] = {
    "clock": {"GET": (Empty, Control.show_clock), "POST": (ClockBody, Control.set_clock)},
    "clock/advance": {"POST": (AdvanceBody, Control.advance)},
    "market/price": {"POST": (PriceBody, Control.set_price)},
    "market/book": {"POST": (BookBody, Control.set_book)},
    "market/release": {"POST": (ReleaseBody, Control.release)},
    "parameters": {
        "GET": (Empty, Control.show_parameters),
        "POST": (settings.Patch, Control.change_parameters),
    },
    "rates": {"GET": (Empty, Control.show_rates), "POST": (RateBody, Control.set_rate)},
    "rates/bids": {"POST": (platform_calls.BidsBody, platform_calls.set_bids)},
    "collateral": {"GET": (Empty, platform_calls.list_collateral)},
    "convert/rejections": {
        "GET": (Empty, convert_calls.show_rejections),
        "POST": (convert_calls.RejectionsBody, convert_calls.set_rejections),
    },
    "fund": {
        "GET": (Empty, platform_calls.show_fund),
        "POST": (platform_calls.FundBody, platform_calls.move_fund),
    },
    "fidelity": {"GET": (Empty, Control.show_fidelity)},
    "pools": {"GET": (Empty, Control.list_pools), "POST": (PoolBody, Control.move_pool)},
    "users": {
        "GET": (Empty, user_calls.list_users),
        "POST": (user_calls.UserBody, user_calls.create_user),
    },
    "users/*/level": {"POST": (user_calls.LevelBody, user_calls.set_level)},
    "users/*/keys": {"POST": (KeyBody, Control.create_key)},
    "users/*/balance": {"POST": (BalanceBody, Control.adjust_balance)},
    "users/*/spot-borrow": {"POST": (SpotBorrowBody, Control.switch_spot_borrow)},
    "users/*/loans/repay-with-collateral": {"POST": (CollateralRepayBody, Control.repay_with_collateral)},
    "health": {"GET": (Empty, Control.health)},
    "state-hash": {"GET": (Empty, Control.state_hash)},
    "verify": {"POST": (Empty, Control.verify)},
    "reset": {"POST": (Empty, Control.reset)},
    "journal": {"GET": (Empty, Control.journal)},
}


def find(path: bytes) -> tuple[dict[str, tuple[type[Struct], Handler]], tuple[str, ...]]:
    """The methods of a path, and the name in it. Raises Wrong 404."""
    rest = path.removeprefix(PREFIX).decode("latin-1")
    parts = rest.split("/")
    names: tuple[str, ...] = ()
    if len(parts) >= 3 and parts[0] == "users":
        rest, names = "/".join(("users/*", *parts[2:])), (unquote(parts[1]),)
    if not path.startswith(PREFIX) or rest not in HANDLERS:
        raise Wrong(404, "no such control endpoint", "there are: " + ", ".join(HANDLERS))
    return HANDLERS[rest], names


def error(message: str, hint: str = "") -> bytes:
    return msgspec.json.encode({"error": {"message": message, "hint": hint}})


def words(reject: Reject) -> str:
    return reject.name.lower().replace("_", " ")


def details_of(rejected: Rejected) -> str:
    return ", ".join(f"{name}: {value}" for name, value in rejected.details.items())


def decode_body(raw: bytes, content_type: bytes, shape: type[T]) -> T:
    """Raises Wrong 415 for what is not said to be JSON, and 400: no JSON, not of this shape, a name twice."""
    if not raw or raw.isspace():
        raw = b"{}"
    elif content_type.partition(b";")[0].strip().lower() != b"application/json":
        raise Wrong(415, "the body is not said to be JSON", "send Content-Type: application/json (curl --json)")
    try:
        found = msgspec.json.decode(raw, type=shape)
        parse_object(raw)
    except Fault:
        raise Wrong(400, "a name stands twice in an object of the body, or the body is nested too deep") from None
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        fields = ", ".join(field.name for field in msgspec.structs.fields(shape))
        raise Wrong(
            400, f"the body does not fit: {problem}", f"a JSON object with {fields or 'nothing in it'}"
        ) from None
    return found


def decode_query(query: bytes) -> Query:
    """Raises Wrong 400: a name twice."""
    pairs = parse_qsl(query.decode("latin-1"))
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Wrong(400, "a name stands twice in the query")
    return found


def levels(rows: list[tuple[str, str]], name: str) -> tuple[tuple[int, int], ...]:
    found = tuple((amount(price, name), amount(size, name)) for price, size in rows)
    if any(not price or not size for price, size in found):
        raise Wrong(400, f"{name}: prices and sizes are above zero")
    return found


def number(text: str, name: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise Wrong(400, f"{name} is a whole number")
    return int(text)


def duration_ms(text: str) -> int:
    match = DURATION_FORM.fullmatch(text)
    if match is None:
        raise Wrong(400, f"{text[:40]!r} is not a duration", "a number and ms, s, m, h, d or w, such as 90m")
    return int(match[1]) * UNIT_MS[match[2]]


def moment_ms(text: str) -> int:
    """Unix ms of an ISO time; without a zone it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (moment - EPOCH) // timedelta(milliseconds=1)
    except (ValueError, OverflowError):
        raise Wrong(400, f"{text[:40]!r} is not a time", "ISO 8601, such as 2026-01-31T12:00:00Z") from None


def iso(at_ms: int) -> str:
    return (EPOCH + timedelta(milliseconds=at_ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parameters_of(state: State) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(settings.describe_state(state, packaged_table()))
    return found


def pool_of(state: State, ccy: str) -> dict[str, Any]:
    """What lenders have put up of a coin: not lent, lent out with interest, and asked back but not yet there."""
    return {
        "ccy": ccy,
        "free": text_from_atoms(ledger.balance(state, "pool", ccy)),
        "lent": text_from_atoms(state.lent.get(ccy, 0)),
        "waiting": text_from_atoms(state.redemptions.get(ccy, 0)),
    }
