"""Control calls as typed methods.

Made by `python -m docs.client_levers` from the control calls; not edited by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from tallystick.client.kinds import AmountLike
from tallystick.client.levers import answers
from tallystick.client.levers.connection import Connection, exact, given


class Clock:
    """Control calls of clock."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def show(self) -> answers.Clock:
        """Show time, mode and speed."""
        return self._connection.get(("clock",), {}, answers.Clock)

    def change(
        self,
        *,
        mode: Literal["real", "frozen"] | None = None,
        speed: int | None = None,
        at: datetime | str | None = None,
    ) -> answers.Clock:
        """Freeze the clock, let it run, change its speed or set it."""
        return self._connection.post(("clock",), given({"mode": mode, "speed": speed, "at": at}), answers.Clock)

    def advance(
        self,
        *,
        ms: int | None = None,
        by: timedelta | str | None = None,
        to: datetime | str | None = None,
        wait: bool | None = None,
    ) -> answers.Clock:
        """Advance the clock; the answer comes when everything due until then has happened, or at once if `wait` is
        false: `GET clock` then shows the progress. A second advance meanwhile is refused.
        """
        return self._connection.post(
            ("clock", "advance"), given({"ms": ms, "by": by, "to": to, "wait": wait}), answers.Clock
        )


class Market:
    """Control calls of market."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def set_price(self, *, instId: str, px: AmountLike) -> answers.Price:
        """Set a price; the market maker quotes around it."""
        return self._connection.post(("market", "price"), {"instId": instId, "px": exact(px)}, answers.Price)

    def set_prices(self, *, prices: Mapping[str, str]) -> answers.Prices:
        """Set several prices at once; debts are checked when all of them are set."""
        return self._connection.post(("market", "prices"), {"prices": prices}, answers.Prices)

    def set_book(
        self,
        *,
        instId: str,
        bids: list[tuple[AmountLike, AmountLike]] | tuple[tuple[AmountLike, AmountLike], ...],
        asks: list[tuple[AmountLike, AmountLike]] | tuple[tuple[AmountLike, AmountLike], ...],
    ) -> answers.Instrument:
        """Set the exact quotes of an order book."""
        return self._connection.post(
            ("market", "book"), {"instId": instId, "bids": exact(bids), "asks": exact(asks)}, answers.Instrument
        )

    def release(self, *, instId: str) -> answers.Instrument:
        """Return price and quotes to the market."""
        return self._connection.post(("market", "release"), {"instId": instId}, answers.Instrument)


class Parameters:
    """Control calls of parameters."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def show(self) -> answers.Parts:
        """Show every parameter in force, with the source of its packaged value."""
        return self._connection.get(("parameters",), {}, answers.Parts)

    def change(
        self,
        *,
        instruments: Mapping[str, Mapping[str, object]] | None = None,
        currencies: Mapping[str, Mapping[str, object]] | None = None,
        constants: Mapping[str, object] | None = None,
    ) -> answers.Changed:
        """Change parameters, all of them or none."""
        return self._connection.post(
            ("parameters",),
            given({"instruments": instruments, "currencies": currencies, "constants": constants}),
            answers.Changed,
        )


class Users:
    """Control calls of users."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def make_account(
        self,
        name: str | int,
        *,
        data: list[Mapping[str, object]] | tuple[Mapping[str, object], ...],
        code: str | None = None,
        msg: str | None = None,
    ) -> answers.MadeAccount:
        """Give a user the trading account of a saved account/balance answer."""
        return self._connection.post(
            ("users", name, "account"), {"data": data, **given({"code": code, "msg": msg})}, answers.MadeAccount
        )

    def all(self) -> answers.Users:
        """List users."""
        return self._connection.get(("users",), {}, answers.Users)

    def create(
        self,
        *,
        name: str,
        master: str | None = None,
        modes: list[Literal["3", "4"]] | tuple[Literal["3", "4"], ...] | None = None,
    ) -> answers.User:
        """Make a user; with `master` a sub-account, which has its own keys, balances and borrowing switch."""
        return self._connection.post(
            ("users",), {"name": name, **given({"master": master, "modes": modes})}, answers.User
        )

    def set_level(self, name: str | int, *, level: str) -> answers.Level:
        """Set the level of a main account; it multiplies the borrowing quota shared with its sub-accounts."""
        return self._connection.post(("users", name, "level"), {"level": level}, answers.Level)

    def create_key(
        self,
        name: str | int,
        *,
        permissions: list[Literal["read", "trade", "withdraw"]] | tuple[Literal["read", "trade", "withdraw"], ...],
        ips: list[str] | tuple[str, ...] | None = None,
        label: str | None = None,
    ) -> answers.Key:
        """Make an API key; only this answer has its secret."""
        return self._connection.post(
            ("users", name, "keys"), {"permissions": permissions, **given({"ips": ips, "label": label})}, answers.Key
        )

    def adjust_balance(
        self, name: str | int, *, account: Literal["trading", "funding"], ccy: str, amt: AmountLike
    ) -> answers.Balance:
        """Add coins to an account; a negative amount takes them out."""
        return self._connection.post(
            ("users", name, "balance"), {"account": account, "ccy": ccy, "amt": exact(amt)}, answers.Balance
        )

    def switch_spot_borrow(self, name: str | int, *, enabled: bool) -> answers.SpotBorrow:
        """Switch borrowing in Spot mode."""
        return self._connection.post(("users", name, "spot-borrow"), {"enabled": enabled}, answers.SpotBorrow)

    def repay_with_collateral(
        self, name: str | int, *, ordId: str, ccy: str, amt: AmountLike, collateral: list[str] | tuple[str, ...]
    ) -> answers.LoanRepaid:
        """Sell collateral of a flexible loan to repay it; borrow and loan-info tell its `ordId`."""
        return self._connection.post(
            ("users", name, "loans", "repay-with-collateral"),
            {"ordId": ordId, "ccy": ccy, "amt": exact(amt), "collateral": collateral},
            answers.LoanRepaid,
        )

    def open_modes(
        self, name: str | int, *, open: list[Literal["3", "4"]] | tuple[Literal["3", "4"], ...]
    ) -> answers.Modes:
        """Open account modes to a user, as the website's questionnaire does; set-account-level then switches."""
        return self._connection.post(("users", name, "modes"), {"open": open}, answers.Modes)

    def set_obstacles(
        self,
        name: str | int,
        *,
        obstacles: list[Literal["pending_algos", "vip_fixed_loan", "compliance_restriction", "compliance_kyc2"]]
        | tuple[Literal["pending_algos", "vip_fixed_loan", "compliance_restriction", "compliance_kyc2"], ...]
        | None = None,
    ) -> answers.Obstacles:
        """Say which items prevent a switch of the account mode: those that this venue never has by itself."""
        return self._connection.post(("users", name, "obstacles"), given({"obstacles": obstacles}), answers.Obstacles)

    def send(
        self, name: str | int, *, method: Literal["GET", "POST"], path: str, body: object | None = None
    ) -> answers.RequestAnswered:
        """Send a request of the API as this user; it needs no signature, uses up no rate limit and meets no fault."""
        return self._connection.post(
            ("users", name, "request"),
            {"method": method, "path": path, **given({"body": body})},
            answers.RequestAnswered,
        )

    def past(self, name: str | int, *, seq: str | None = None) -> answers.Past:
        """Show a user as it was after an entry of the journal, with the prices at that time; it changes nothing."""
        return self._connection.get(("users", name, "past"), given({"seq": seq}), answers.Past)

    def why(self, name: str | int, *, seq: str | None = None) -> answers.Explanation:
        """Explain an entry of the journal for a user: its command, all that happened, the user before and after,
        rules and decisions.
        """
        return self._connection.get(("users", name, "why"), given({"seq": seq}), answers.Explanation)


class Rates:
    """Control calls of rates."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def show(self) -> answers.Rates:
        """Show the rate of borrowing per currency, and the share of the pool that is lent out."""
        return self._connection.get(("rates",), {}, answers.Rates)

    def set(self, *, ccy: str, apr: AmountLike | None) -> answers.Rate:
        """Set a rate by hand from the next hour on; null returns to the rate that follows from the pool's usage."""
        return self._connection.post(("rates",), {"ccy": ccy, "apr": exact(apr)}, answers.Rate)

    def set_bids(
        self, *, ccy: str, bids: list[tuple[AmountLike, AmountLike]] | tuple[tuple[AmountLike, AmountLike], ...]
    ) -> answers.Bids:
        """Set the bids of lenders: amounts, each with its lowest yearly rate. The cheapest bids that cover all
        debts are used; the highest rate among them holds from the next hour on; `[]` returns to the curve.
        """
        return self._connection.post(("rates", "bids"), {"ccy": ccy, "bids": exact(bids)}, answers.Bids)


class Pools:
    """Control calls of pools."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> answers.Pools:
        """List the lending pools, per currency."""
        return self._connection.get(("pools",), {}, answers.Pools)

    def move(self, *, ccy: str, amt: AmountLike) -> answers.Pool:
        """Withdraw coins of lenders (or add some); debts are repaid by force when lent coins are withdrawn."""
        return self._connection.post(("pools",), {"ccy": ccy, "amt": exact(amt)}, answers.Pool)


class Fund:
    """Control calls of fund."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def show(self) -> answers.Fund:
        """Show the insurance fund."""
        return self._connection.get(("fund",), {}, answers.Fund)

    def move(self, *, amt: AmountLike) -> answers.Fund:
        """Take USDT out of the insurance fund (or put some in). While it is empty nothing new is lent; `health`
        shows `"borrowing": "halted"`.
        """
        return self._connection.post(("fund",), {"amt": exact(amt)}, answers.Fund)


class Faults:
    """Control calls of faults."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def show(self) -> answers.FaultRules:
        """List the faults, and how often each fired."""
        return self._connection.get(("faults",), {}, answers.FaultRules)

    def clear(self) -> answers.FaultRules:
        """Delete all faults."""
        return self._connection.delete(("faults",), {}, answers.FaultRules)

    def make(
        self,
        *,
        on: str,
        fault: str,
        user: str | None = None,
        key: str | None = None,
        method: Literal["GET", "POST", "WS"] | None = None,
        nth: int | None = None,
        count: int | None = None,
        from_at: datetime | str | None = None,
        until_at: datetime | str | None = None,
        probability: AmountLike | None = None,
        seed: int | None = None,
        ms: int | None = None,
        answer: str | None = None,
        code: str | None = None,
        leg: int | None = None,
        share: AmountLike | None = None,
    ) -> answers.Made:
        """Make requests and messages go wrong: `on` an operation, a channel, `ws` or `*`, with a `fault` of the
        catalogue.
        """
        return self._connection.post(
            ("faults",),
            {
                "on": on,
                "fault": fault,
                **given(
                    {
                        "user": user,
                        "key": key,
                        "method": method,
                        "nth": nth,
                        "count": count,
                        "from": from_at,
                        "until": until_at,
                        "probability": exact(probability),
                        "seed": seed,
                        "ms": ms,
                        "answer": answer,
                        "code": code,
                        "leg": leg,
                        "share": exact(share),
                    }
                ),
            },
            answers.Made,
        )

    def kinds(self) -> answers.FaultKinds:
        """Show the catalogue: what the client sees, and what is true afterwards."""
        return self._connection.get(("faults", "kinds"), {}, answers.FaultKinds)

    def remove(self, name: str | int) -> answers.FaultRules:
        """Delete one fault, by its `id`."""
        return self._connection.delete(("faults", name), {}, answers.FaultRules)


class Snapshots:
    """Control calls of snapshots."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> answers.Snapshots:
        """List the saved snapshots, oldest first."""
        return self._connection.get(("snapshots",), {}, answers.Snapshots)

    def save(self, *, name: str) -> answers.SavedSnapshot:
        """Save everything under a name: journal, users, balances, orders, keys, time. Snapshots outlive a reset."""
        return self._connection.post(("snapshots",), {"name": name}, answers.SavedSnapshot)

    def restore(self, name: str | int) -> answers.Begun:
        """Restore a snapshot, with its keys. A frozen clock goes back to its time; one that runs at speed 1 shows
        the present, and everything due since happens.
        """
        return self._connection.post(("snapshots", name, "restore"), {}, answers.Begun)

    def delete(self, name: str | int) -> answers.Snapshots:
        """Delete a snapshot."""
        return self._connection.delete(("snapshots", name), {}, answers.Snapshots)


class Scenarios:
    """Control calls of scenarios."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def show(self) -> answers.Scenarios:
        """List the packaged scenarios, and show the progress of the one that is running."""
        return self._connection.get(("scenarios",), {}, answers.Scenarios)

    def play(
        self, name: str | int, *, variant: str | None = None, pause_ms: int | None = None, wait: bool | None = None
    ) -> answers.Playing:
        """Play a packaged scenario on this venue. The venue is reset first: everything that happened is gone, and
        the users are those of the scenario, until the next reset or restore. The clock is frozen at the end. If
        `wait` is false, the answer comes at once, and `GET scenarios` shows the progress. A second one meanwhile
        is refused.
        """
        return self._connection.post(
            ("scenarios", name, "play"),
            given({"variant": variant, "pause_ms": pause_ms, "wait": wait}),
            answers.Playing,
        )

    def stop(self) -> answers.Playing:
        """Stop the scenario that is running; the venue stays as it is at that moment."""
        return self._connection.delete(("scenarios",), {}, answers.Playing)


class Calls:
    """All control calls: those of a subject in a group, the others here."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.clock = Clock(connection)
        self.market = Market(connection)
        self.parameters = Parameters(connection)
        self.users = Users(connection)
        self.rates = Rates(connection)
        self.pools = Pools(connection)
        self.fund = Fund(connection)
        self.faults = Faults(connection)
        self.snapshots = Snapshots(connection)
        self.scenarios = Scenarios(connection)

    def fidelity(self, *, source: str | None = None) -> answers.Fidelity:
        """List what is documented, observed, inferred or chosen."""
        return self._connection.get(("fidelity",), given({"source": source}), answers.Fidelity)

    def listings(
        self,
        *,
        currencies: Mapping[str, Mapping[str, object]] | None = None,
        instruments: Mapping[str, Mapping[str, object]] | None = None,
        prices: Mapping[str, str] | None = None,
    ) -> answers.ListedCoins:
        """List new coins and pairs, all of them or none."""
        return self._connection.post(
            ("listings",),
            given({"currencies": currencies, "instruments": instruments, "prices": prices}),
            answers.ListedCoins,
        )

    def collateral(self) -> answers.Collateral:
        """Show the debts that each coin backs, its collateral limit, `colRes` and the level of its automatic
        conversion; limits are set with `parameters`.
        """
        return self._connection.get(("collateral",), {}, answers.Collateral)

    def health(self) -> answers.Health:
        """Show that the venue runs, and the settings of the server."""
        return self._connection.get(("health",), {}, answers.Health)

    def state_hash(self) -> answers.StateHash:
        """Show the digest of the state."""
        return self._connection.get(("state-hash",), {}, answers.StateHash)

    def journal(self, *, after: str | None = None, limit: str | None = None) -> answers.Entries:
        """List entries of the journal, oldest first."""
        return self._connection.get(("journal",), given({"after": after, "limit": limit}), answers.Entries)

    def verify(self) -> answers.Verdict:
        """Check all stored data against the journal."""
        return self._connection.post(("verify",), {}, answers.Verdict)

    def reset(self, *, at: str | None = None) -> answers.Begun:
        """Reset the venue to its start, with the initial users and their first keys. A frozen clock goes back to
        the time of the first start, a running clock begins at the present time; `at` sets another time. Mode and
        speed stay.
        """
        return self._connection.post(("reset",), given({"at": at}), answers.Begun)

    def refusals(self, *, last: str | None = None) -> answers.Requests:
        """Show the last refused requests, each with its reason, the numbers that decided it, and what you can
        change.
        """
        return self._connection.get(("refusals",), given({"last": last}), answers.Requests)

    def requests(self, *, after: str | None = None, limit: str | None = None) -> answers.Requests:
        """List the last requests, oldest first, with code, time taken, reasons and lint."""
        return self._connection.get(("requests",), given({"after": after, "limit": limit}), answers.Requests)

    def notes(self, *, after: str | None = None, limit: str | None = None) -> answers.Notes:
        """List lines about the interest of past hours, and about work that takes long, oldest first."""
        return self._connection.get(("notes",), given({"after": after, "limit": limit}), answers.Notes)

    def events(
        self, *, after: str | None = None, limit: str | None = None, all: Literal["true", "false"] | None = None
    ) -> answers.Events:
        """List what happened after an entry of the journal: fills, debts, interest, liquidations, with named
        fields.
        """
        return self._connection.get(("events",), given({"after": after, "limit": limit, "all": all}), answers.Events)
