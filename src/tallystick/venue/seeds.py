"""What a new venue begins with: numbers of one's own, then alice with debts and collateral, and bob with money.

Debts come from ordinary borrowing. An account of one's own takes the place of alice's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from tallystick.engine import core
from tallystick.engine.amounts import atoms_from_text
from tallystick.engine.commands import AdjustBalance, Command, CreateUser, ManualBorrow, SwitchSpotBorrow
from tallystick.engine.kinds import Account
from tallystick.engine.listing import ListCoins
from tallystick.engine.parameters import Parameters
from tallystick.venue import own as brought
from tallystick.venue.own import Own
from tallystick.venue.recording import Recording

ALICE: Final = 1001
BOB: Final = 1002
USERS: Final = ((ALICE, "alice"), (BOB, "bob"))
_BALANCES: Final[tuple[tuple[int, Account, str, str], ...]] = (
    (ALICE, "trading", "BTC", "1"),
    (ALICE, "trading", "ETH", "5"),
    (ALICE, "trading", "USDT", "2000"),
    (ALICE, "trading", "USDC", "20"),
    (ALICE, "funding", "BTC", "2"),
    (ALICE, "funding", "ETH", "10"),
    (ALICE, "funding", "USDT", "5000"),
    (ALICE, "funding", "DOT", "1000"),
    (BOB, "trading", "USDT", "10000"),
    (BOB, "trading", "BTC", "0.5"),
    (BOB, "funding", "USDT", "10000"),
)
_DEBTS: Final = ((ALICE, "USDC", "100"), (ALICE, "USDT", "500"))
_SPENT: Final[tuple[tuple[int, Account, str, str], ...]] = ((ALICE, "trading", "USDC", "110"),)
"""Coins that alice spends of those she had and borrowed, so that a one-click repay has something to sell."""


class Seeds(Struct, frozen=True):
    """Commands of a new venue, and sentences about them for the operator."""

    commands: tuple[Command, ...]
    remarks: tuple[str, ...] = ()


def seeds_of(own: Own, parameters: Parameters, feed: Recording | None, at_ms: int, *, users: bool, new: bool) -> Seeds:
    """Seeds of a venue. Those of a `new` one with something of one's own are tried out first.

    Raises ValueError: `own` is wrong, or the venue refuses it.
    """
    numbers = brought.number_commands(own, parameters)
    commands: list[Command] = [*numbers]
    if users and own.account:
        commands += seeds()[: len(USERS)]
        commands += [command for command in seeds() if type(command) is AdjustBalance and command.user_id == BOB]
        commands += brought.account_commands(own, ALICE, parameters, numbers)
    elif users:
        commands += [command for command in seeds() if feed is not None or not _needs_prices(command)]
    if not new or own == brought.NOTHING:
        return Seeds(tuple(commands), _unlisted(commands, parameters, feed) if new else ())
    first, others = brought.listings_first(commands)
    prices = [] if feed is None else [feed.command_now(at_ms)]
    brought.rehearse(core.new_state(parameters, at_ms), at_ms, [*first, *prices, *others])
    return Seeds(tuple(commands), (*_unlisted(commands, parameters, feed), *brought.remarks(own)))


def seeds() -> tuple[Command, ...]:
    """Seed commands of the two users. Debts come from ordinary borrowing."""
    return (
        *(CreateUser(user_id=user_id, name=name) for user_id, name in USERS),
        *(_deposit(user_id, account, ccy, atoms_from_text(text)) for user_id, account, ccy, text in _BALANCES),
        SwitchSpotBorrow(user_id=ALICE, enabled=True),
        *(ManualBorrow(user_id=user, ccy=ccy, amount=atoms_from_text(text)) for user, ccy, text in _DEBTS),
        *(_deposit(user_id, account, ccy, -atoms_from_text(text)) for user_id, account, ccy, text in _SPENT),
    )


def _deposit(user_id: int, account: Account, ccy: str, delta: int) -> AdjustBalance:
    return AdjustBalance(user_id=user_id, account=account, ccy=ccy, delta=delta)


def _needs_prices(command: Command) -> bool:
    """Test whether a seed is left out where prices are only set by hand: no price means no collateral, so no debt."""
    return isinstance(command, ManualBorrow) or (isinstance(command, AdjustBalance) and command.delta < 0)


def _unlisted(commands: Sequence[Command], parameters: Parameters, feed: Recording | None) -> tuple[str, ...]:
    """Remark on recorded pairs that the venue does not list."""
    if feed is None:
        return ()
    listed = {pair.instrument for one in commands if isinstance(one, ListCoins) for pair in one.instruments}
    missing = [name for name in feed.instruments if name not in parameters.instruments and name not in listed]
    if not missing:
        return ()
    return (
        f"the market has {', '.join(missing)}, which the venue does not list, so nobody sees those prices: "
        "list them with --parameters or POST /tally/v1/listings",
    )
