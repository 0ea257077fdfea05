"""Many bills of one account, made from a seed, with what they sum up to: whole atoms, and no code of the package."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from decimal import Context, Decimal
from itertools import islice

from tallystick.archive.store import Account, Archive
from tests.archive.made import AT_MS, put

COINS = ("BTC", "ETH", "USDT", "USDC", "SOL", "1INCH", "T", "WEI")
DECIMALS = {"BTC": 8, "USDT": 6, "USDC": 6, "WEI": 18}
ATOMS = 10**18
EXACT = Context(prec=60)
STEP = 10_000


def text(atoms: int) -> str:
    """Atoms as decimal text, without zeros at the end."""
    sign, atoms = ("-" if atoms < 0 else ""), abs(atoms)
    rest = f"{atoms % ATOMS:018d}".rstrip("0")
    return f"{sign}{atoms // ATOMS}{'.' + rest if rest else ''}"


def amount(atoms: int) -> Decimal:
    return EXACT.create_decimal(text(atoms))


class Ledger:
    """Equity, coins and interest of an account in atoms, and the bills that say so, an hour's quarter apart."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.equity: dict[str, int] = defaultdict(int)
        self.coins: dict[str, int] = defaultdict(int)
        self.owed: dict[str, int] = defaultdict(int)
        self.interest: dict[str, int] = defaultdict(int)
        self.number = 0

    def bills(self) -> Iterator[dict[str, str]]:
        """Bills without an end: trades of two bills each, loans, interest, repayments, transfers."""
        while True:
            yield from self.chance.choice((self.trade, self.trade, self.trade, self.borrow, self.charge, self.repay))()
            if self.number % 50 == 0:
                yield self.bill(self.coin(), self.size(), type="1", subType="11")

    def coin(self) -> str:
        return self.chance.choice(COINS)

    def size(self) -> int:
        """Atoms of dust, or of so many coins that no usual context of decimals holds all digits."""
        return self.chance.randrange(1, 10 ** self.chance.choice((1, 12, 18, 22, 33)))

    def bill(self, ccy: str, change: int, **more: str) -> dict[str, str]:
        self.number += 1
        at_ms = AT_MS + self.number // 2 * 900_000
        self.equity[ccy] += change
        if more["type"] not in ("7", "16", "22"):
            self.coins[ccy] += change
        row = {
            "billId": str(at_ms * 1_000_000 + self.number % 2),
            "ccy": ccy,
            "bal": text(self.equity[ccy]),
            "balChg": text(change),
            "sz": text(abs(change)),
            "fee": "0",
            "ts": str(at_ms),
        }
        return row | more

    def trade(self) -> Iterator[dict[str, str]]:
        bought, sold = self.chance.sample(COINS, 2)
        size, paid = self.size() + 1_000, self.size()
        fee = size // 1_000
        of = {"type": "2", "tradeId": str(self.number), "ordId": str(self.number), "instId": f"{bought}-{sold}"}
        yield self.bill(bought, size - fee, **of, subType="1") | {"sz": text(size), "fee": text(-fee)}
        yield self.bill(sold, -paid, **of, subType="2")

    def borrow(self) -> Iterator[dict[str, str]]:
        ccy, size = self.coin(), self.size()
        self.owed[ccy] += size
        self.coins[ccy] += size
        yield self.bill(ccy, 0, type="16", subType="306") | {"sz": text(size)}

    def charge(self) -> Iterator[dict[str, str]]:
        ccy = self.coin()
        size = self.owed[ccy] // 100_000
        if size:
            self.owed[ccy] += size
            self.interest[ccy] += size
            yield self.bill(ccy, -size, type="7", subType="9")

    def repay(self) -> Iterator[dict[str, str]]:
        ccy = self.coin()
        size = self.chance.randrange(self.owed[ccy] + 1)
        if size:
            self.owed[ccy] -= size
            self.coins[ccy] -= size
            yield self.bill(ccy, 0, type="22", subType="308") | {"sz": text(size)}


def fill(archive: Archive, count: int, seed: int) -> tuple[Account, Ledger]:
    """Keep so many bills of an account. Returns it, and the ledger they were made from."""
    account, ledger = archive.account("www.okx.com", "1", "here"), Ledger(seed)
    bills = islice(ledger.bills(), count)
    while step := list(islice(bills, STEP)):
        put(archive, account, "account_bills_archive", step)
    return account, ledger
