"""What a user brings to a new venue: numbers of their own and an account of their own, as commands among the seeds.

Both texts stay in the store, so that a reset begins with them again, also after another start.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from tallystick.engine import core
from tallystick.engine.amounts import text_from_atoms
from tallystick.engine.commands import Command
from tallystick.engine.listing import ListCoins
from tallystick.engine.parameters import Parameters
from tallystick.engine.rejects import Rejected
from tallystick.engine.state import State
from tallystick.store.api import Reader, StoreError
from tallystick.venue import listings, own_account
from tallystick.venue.own_account import BadAccount

__all__ = [
    "ACCOUNT",
    "NOTHING",
    "NUMBERS",
    "BadAccount",
    "Own",
    "Refused",
    "account_commands",
    "kept",
    "listings_first",
    "number_commands",
    "rehearse",
    "remarks",
]

NUMBERS, ACCOUNT = "own_numbers", "own_account"
"""Settings that hold the two texts; they are not there where nothing was brought."""


class Own(Struct, frozen=True):
    """Texts that a user brings: TOML of numbers, and a saved answer of `account/balance`; "" for none."""

    numbers: str = ""
    account: str = ""


NOTHING: Final = Own()


class Refused(ValueError):
    """Error for numbers or an account that the venue refuses. The text names the cause."""


def kept(store: Reader, brought: Own) -> tuple[Own, dict[str, str]]:
    """Texts that a venue begins with, and the settings to keep. Raises StoreError: it began with others."""
    if store.get_meta("market") is None:
        return brought, {name: text for name, text in ((NUMBERS, brought.numbers), (ACCOUNT, brought.account)) if text}
    before = Own(store.get_meta(NUMBERS) or "", store.get_meta(ACCOUNT) or "")
    for option, was, now in (
        ("--parameters", before.numbers, brought.numbers),
        ("--balances", before.account, brought.account),
    ):
        if now and now != was:
            raise StoreError(
                f"{option} is for a new venue, and this one began with {'another file' if was else 'none'}: "
                "give another --data, or leave it out and make a control call"
            )
    return before, {}


def number_commands(own: Own, parameters: Parameters) -> tuple[Command, ...]:
    """Commands of the numbers. Raises settings.BadValue."""
    return listings.commands_of(listings.numbers_of(own.numbers), parameters) if own.numbers else ()


def account_commands(own: Own, user_id: int, parameters: Parameters, numbers: Sequence[Command]) -> list[Command]:
    """Commands that give a new user the account; `numbers` are carried out before. Raises BadAccount."""
    for command in numbers:
        if isinstance(command, ListCoins):
            parameters = listings.with_rows(parameters, command.currencies, command.instruments)
    saved = own_account.saved_balance(own.account)
    return list(own_account.commands_of(user_id, own_account.standing_of(saved, parameters), parameters))


def remarks(own: Own) -> tuple[str, ...]:
    """Sentences for the operator on what an account has and the venue has not. Raises BadAccount."""
    if not own.account:
        return ()
    coins = own_account.saved_balance(own.account).data[0].details
    frozen = [coin.ccy for coin in coins if coin.ordFrozen.strip("0.")]
    if not frozen:
        return ()
    return (f"the saved balances have open orders, which are not made here: {', '.join(frozen)} are free",)


def listings_first(seeds: Sequence[Command]) -> tuple[list[Command], list[Command]]:
    """Seeds that come before the first prices, so that a new pair has one, and the others."""
    first: list[Command] = [command for command in seeds if isinstance(command, ListCoins)]
    return first, [command for command in seeds if not isinstance(command, ListCoins)]


def rehearse(state: State, at_ms: int, commands: Sequence[Command]) -> None:
    """Carry out commands on a state that nobody needs afterwards. Raises Refused: one of them is refused."""
    for command in commands:
        try:
            core.handle(state, core.Stamp(state.seq + 1, max(at_ms, state.at_ms)), command)
        except Rejected as refused:
            details = "".join(f", {name}: {value}" for name, value in refused.details.items())
            reason = refused.reject.name.lower().replace("_", " ")
            raise Refused(f"{_told(command)} is refused: {reason}{details}") from None


def _told(command: Command) -> str:
    """A command in few words."""
    ccy = getattr(command, "ccy", "")
    amount = getattr(command, "amount", None) or getattr(command, "delta", None)
    what = f" of {text_from_atoms(abs(amount))} {ccy}" if amount and ccy else ""
    return f"{type(command).__name__}{what}"
