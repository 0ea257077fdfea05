"""Users of a test: their coins and debts, their keys, and ready-made clients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from msgspec import Struct

from tallystick.client.kinds import AmountLike
from tallystick.testing.kit import clients
from tallystick.testing.kit.keys import Key, Permission
from tallystick.testing.kit.text import number_text
from tallystick.testing.plugin import as_installed

if TYPE_CHECKING:
    from tallystick.client.sync import Client
    from tallystick.testing.kit.tally import Tally

T = TypeVar("T")
Coins = Mapping[str, AmountLike]


class Loan(Struct, frozen=True):
    """A flexible loan to begin with: its coin and amount, and the collateral that it is backed by."""

    ccy: str
    amt: AmountLike
    collateral: Coins


def loan_of(given: Mapping[str, Any]) -> Loan:
    """A loan from its fields by name. Raises TypeError: another field, or one is missing."""
    try:
        return Loan(**given)
    except TypeError:
        sample = "{'ccy': 'USDT', 'amt': '500', 'collateral': {'ETH': '1'}}"
        raise TypeError(f"a loan is {sample}, not {dict(given)}") from None


class SetupError(Exception):
    """Error: the venue refuses what the test gives to a user. The text says why, and what helps."""


class User:
    """A user of the venue. Balances and debts are asked anew each time, and cost the user nothing of a rate limit."""

    def __init__(self, tally: Tally, name: str, uid: str, key: Key) -> None:
        self._tally = tally
        self.name = name
        self.uid = uid
        self.first_key = key

    def __repr__(self) -> str:
        return f"<user {self.name}>"

    # ---- keys and clients

    @property
    def api_key(self) -> str:
        return self.first_key.api_key

    @property
    def secret_key(self) -> str:
        return self.first_key.secret_key

    @property
    def passphrase(self) -> str:
        return self.first_key.passphrase

    def key(
        self, permissions: Sequence[Permission] = ("read", "trade"), *, ips: Sequence[str] = (), label: str = ""
    ) -> Key:
        """Make another key; `permissions` are of read, trade and withdraw, `ips` the addresses that may use it."""
        return self._tally.make_key(self.name, permissions, ips, label)

    def okx(self, api: type[T], *, key: Key | None = None, **more: Any) -> T:
        """Make a python-okx object of this class, such as `TradeAPI`. `more` are further arguments of the class.

        Raises TypeError for its streams, which insist on TLS.
        """
        return self._tally.keep(clients.okx(api, self._tally.url, key or self.first_key, more))

    def ccxt(self, *, key: Key | None = None, **more: Any) -> Any:
        """Make a `ccxt.okx`. `more` are further settings of it."""
        return self._tally.keep(clients.ccxt("ccxt", self._tally.url, key or self.first_key, more))

    def ccxt_async(self, *, key: Key | None = None, **more: Any) -> Any:
        """Make a `ccxt.pro.okx`: the async ccxt, with its `watch_` methods. `more` are further settings of it."""
        return self._tally.keep(clients.ccxt("ccxt.pro", self._tally.url, key or self.first_key, more))

    def client(self, *, key: Key | None = None, **more: Any) -> Client:
        """Make a client of this project, which signs and meets faults. `more` are its options.

        It paces itself by the rate limits unless the venue has none.
        """
        with as_installed():
            from tallystick.client import sync
        found = key or self.first_key
        more = {"pace": self._tally.levers.health().limits != "off"} | more
        return self._tally.keep(
            sync.Client(
                api_key=found.api_key,
                secret_key=found.secret_key,
                passphrase=found.passphrase,
                base_url=self._tally.url,
                **more,
            )
        )

    @property
    def api(self) -> Client:
        """The API as this user, to look at rows: `alice.api.convert_history()` gives records with decimals.

        It is beside rate limits and faults, and needs no signature.
        """
        with as_installed():
            from tallystick.testing.kit import looking
        return looking.Looking(self._tally.levers, self.name, self.first_key)

    # ---- balances and debts

    @property
    def trading(self) -> dict[str, Decimal]:
        """Coins of the trading account, without those of which there are none."""
        return self._coins("cashBal")

    @property
    def debts(self) -> dict[str, Decimal]:
        """Debts of the trading account with their interest, without those that are paid."""
        return self._coins("liab")

    @property
    def funding(self) -> dict[str, Decimal]:
        """Coins of the funding account, without those of which there are none."""
        rows = self.ask("GET", "/api/v5/asset/balances")
        return {row["ccy"]: Decimal(row["bal"]) for row in rows if Decimal(row["bal"])}

    @property
    def loans(self) -> list[dict[str, Any]]:
        """Flexible loans that are open, as `loan-info` tells them."""
        return self.ask("GET", "/api/v5/finance/flexible-loan/loan-info")

    def _coins(self, field: str) -> dict[str, Decimal]:
        (row,) = self.ask("GET", "/api/v5/account/balance")
        found = {detail["ccy"]: Decimal(detail[field] or "0") for detail in row["details"]}
        return {ccy: amount for ccy, amount in found.items() if amount}

    def ask(self, method: Literal["GET", "POST"], path: str, body: object = None) -> list[dict[str, Any]]:
        """Send a request of the API as this user, beside its rate limits and all faults. Returns its `data`.

        Raises ApiError: the answer has a code other than 0.
        """
        answer = self._tally.levers.users.send(self.name, method=method, path=path, body=body).answer
        if answer.get("code") != "0":
            raise ApiError(method, path, answer)
        data: list[dict[str, Any]] = answer["data"]
        return data

    # ---- what a test gives

    def give(self, account: Literal["trading", "funding"], coins: Coins) -> None:
        """Add coins to the account "trading" or "funding"; with a minus take them out."""
        for ccy, amount in coins.items():
            text = number_text(amount, f"{account} {ccy}")
            self._tally.levers.users.adjust_balance(self.name, account=account, ccy=ccy, amt=text)

    def owe(self, debts: Coins) -> None:
        """Borrow these coins and spend them."""
        if not debts:
            return
        for ccy, amount in debts.items():
            body = {"ccy": ccy, "side": "borrow", "amt": number_text(amount, f"debts {ccy}")}
            try:
                self.ask("POST", "/api/v5/account/spot-manual-borrow-repay", body)
            except ApiError as refused:
                backing = "give coins that back the debt, such as trading={'BTC': '1'}, or set a price for them"
                raise SetupError(f"{self.name} cannot owe {amount} {ccy}: {refused}; {backing}") from None
            self.give("trading", {ccy: _negative(body["amt"])})

    def take_loan(self, loan: Loan) -> None:
        """Take a flexible loan and spend its coins; the collateral comes in addition to the coins there are."""
        amount = number_text(loan.amt, f"loans {loan.ccy}")
        collateral = {ccy: number_text(amt, f"collateral {ccy}") for ccy, amt in loan.collateral.items()}
        self.give("funding", collateral)
        body = {
            "loanData": {"ccy": loan.ccy, "amt": amount},
            "collateralData": [{"ccy": ccy, "amt": amt} for ccy, amt in collateral.items()],
            "clOrdId": f"kit{self._tally.next_number()}",
        }
        try:
            self.ask("POST", "/api/v5/finance/flexible-loan/borrow", body)
        except ApiError as refused:
            raise SetupError(
                f"{self.name} cannot borrow {amount} {loan.ccy}: {refused}; give the loan more collateral"
            ) from None
        self._tally.settle_loans(self)
        self.give("funding", {loan.ccy: _negative(amount)})


class ApiError(Exception):
    """Error: a request that the kit sent as a user has a code other than 0. `code` is the exchange's."""

    def __init__(self, method: str, path: str, answer: Mapping[str, Any]) -> None:
        items = [item.get("sMsg", "") for item in answer.get("data") or () if isinstance(item, dict)]
        super().__init__(f"{method} {path} answers {answer.get('code')} {answer.get('msg') or ' '.join(items)}")
        self.code = str(answer.get("code"))


def _negative(text: str) -> str:
    return f"-{text}"
