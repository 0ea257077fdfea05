"""Random commands from a seed: three users and a sub-account, six coins, prices that move and crash, time that passes.

Amounts are drawn near what matters: the debt, what is available, the largest loan or redeem, each
exactly, an ulp more and an ulp less. The same seed gives the same commands for the same engine.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from math import floor

from msgspec.structs import replace

from tallystick.engine import commands as c
from tallystick.engine.amounts import atoms_from_text
from tallystick.engine.events import QuoteGiven
from tallystick.engine.kinds import Account, OrderKind, Side, StpMode
from tallystick.engine.parameters import Parameters
from tallystick.venue.parameters import load_parameters
from tests.properties import injecting, levers
from tests.properties.oracle import COIN, HOUR_MS
from tests.properties.run import Run

START_MS = 1_700_049_600_000 + 41 * 60_000
COINS = ("USDT", "USDC", "BTC", "ETH", "DOT", "SOL")
PRICES = {"BTC-USDT": "60000", "ETH-USDT": "3000", "USDC-USDT": "1", "DOT-USDT": "5"}
"""What the pairs begin with. SOL-USDT begins without a price, and in most runs stays so."""
PAIRS = (*PRICES, "SOL-USDT")
USERS = (1, 2, 3, 4)
SIBLING = 5
"""A second sub-account, which only ever gives and takes."""
MASTERS = {4: 1, SIBLING: 1}
"""Sub-account -> its main account."""
ULP = 100
STEPS = 260
BASKETS = 6
"""Loans on several coins, taken at the end, so that the run up to there is what it is without them."""


def small_parameters() -> Parameters:
    """The packaged numbers for six coins, with a pool, a quota, a cap and tiers small enough to be met."""
    packaged = load_parameters()
    currencies = {ccy: packaged.currencies[ccy] for ccy in COINS}
    currencies["DOT"] = replace(currencies["DOT"], pool=800 * COIN, quota=500 * COIN, loan_max=400 * COIN)
    for ccy, dollars in (("ETH", 8_000), ("USDC", 20_000)):
        currencies[ccy] = replace(currencies[ccy], collateral_limit=dollars * COIN)
    for ccy, size in (("ETH", COIN), ("USDC", 500 * COIN)):
        row = currencies[ccy]
        tiers = tuple((number * size, *rates) for number, (_, *rates) in enumerate(row.margin_tiers, start=1))
        currencies[ccy] = replace(row, margin_tiers=tiers, margin_step_size=size)
    instruments = {name: packaged.instruments[name] for name in PAIRS}
    return replace(packaged, currencies=currencies, instruments=instruments)


class Workload:
    def __init__(self, seed: int) -> None:
        self.dice, self.together_dice = random.Random(seed), random.Random(-seed - 2_000_002)
        self.number = 0
        self.fault_dice, self.faulty = random.Random(-seed - 3_000_003), seed % 4 == 3
        self.share_dice = random.Random(-seed - 1)
        """Its own, so that the share of own trades in the index is all it decides. Two runs of three have none."""
        self.own_book = seed % 3 == 1
        self.basket_dice = random.Random(-seed - 1_000_001)
        """Dice of the loans on several coins, which every third run takes at its end."""
        self.baskets = seed % 3 == 2

    def begin(self) -> Run:
        run = Run(small_parameters(), START_MS)
        for name, price in PRICES.items():
            run.submit(c.SetPrices(prices=((name, atoms_from_text(price)),)))
        self.own_share(run)
        for user in USERS:
            run.submit(c.CreateUser(user_id=user, name=f"user{user}", master_id=MASTERS.get(user, 0)))
            if user != 3 or self.dice.random() < 0.7:
                run.submit(c.SwitchSpotBorrow(user_id=user, enabled=True))
            for account in ("trading", "funding"):
                for ccy, most in (
                    ("BTC", 2),
                    ("ETH", 10),
                    ("USDT", 20_000),
                    ("USDC", 5_000),
                    ("DOT", 1_000),
                    ("SOL", 30),
                ):
                    if self.dice.random() < (0.9 if account == "trading" else 0.6):
                        run.submit(
                            c.AdjustBalance(
                                user_id=user,
                                account=account,
                                ccy=ccy,
                                delta=self.dice.randrange(1, most * 1000) * COIN // 1000,
                            )
                        )
        run.submit(c.CreateUser(user_id=SIBLING, name=f"user{SIBLING}", master_id=MASTERS[SIBLING]))
        return run

    def drive(self, run: Run, steps: int = STEPS) -> None:
        names = list(ACTIONS)
        weights = [ACTIONS[name][0] for name in names]
        for step in range(steps):
            if step == steps // 2:
                self.own_share(run)
            if self.own_book and step % 20 == 10:
                self.dump(run)
            if self.faulty and self.fault_dice.random() < 0.5:
                injecting.inject(self.fault_dice, run)
            name = self.dice.choices(names, weights)[0]
            ACTIONS[name][1](self, run)
        for _ in range(BASKETS if self.baskets else 0):
            self.basket(run)
        run.finish()

    # ---- drawing

    def user(self, run: Run | None = None) -> int:
        """Any user, now and then none; with a run mostly one in debt."""
        owing = [user for user, account in run.shadow.accounts.items() if any(account.debt.values())] if run else []
        if owing and self.dice.random() < 0.9:
            return self.dice.choice(owing)
        return self.dice.choice(USERS) if self.dice.random() > 0.01 else 9

    def coin(self, run: Run, user: int, *, owed: bool = False) -> str:
        """A currency; `owed`: one in debt where there is one."""
        account = run.shadow.accounts.get(user)
        coins = [ccy for ccy, debt in account.debt.items() if debt] if owed and account else []
        if coins and self.dice.random() < 0.9:
            return self.dice.choice(coins)
        return self.dice.choice(COINS) if self.dice.random() > 0.01 else "NONE"

    def amount(self, *anchors: int) -> int:
        """Positive atoms near one of the anchors, or anything; sometimes finer than allowed."""
        anchor = self.dice.choice([anchor for anchor in anchors if anchor > 0] or [COIN])
        kind = self.dice.randrange(12)
        if kind < 3:
            value = anchor - anchor % ULP
        elif kind == 3:
            value = anchor - anchor % ULP + ULP
        elif kind == 4:
            value = anchor - anchor % ULP - ULP
        elif kind == 5:
            value = self.dice.choice((ULP, 2 * ULP, 7 * ULP, COIN // 3 // ULP * ULP))
        elif kind == 6 and self.dice.random() < 0.2:
            value = anchor + 1
        else:
            value = anchor * self.dice.randrange(1, 1300) // 1000 // ULP * ULP
        return max(value, ULP)

    def worth(self, run: Run, ccy: str, dollars: int) -> int:
        """Atoms of a currency for so many dollars."""
        unit = run.shadow.usd(ccy, COIN) if ccy in COINS else 0
        return floor(dollars * COIN * COIN / unit) if unit else COIN

    def index(self, run: Run, ccy: str) -> int:
        """The price of a coin, or what it could be while it has none."""
        return run.shadow.index.get(ccy, 0) or 100 * COIN

    def name(self) -> str:
        """A client id, now and then one used before."""
        if self.dice.random() < 0.2:
            return f"c{self.dice.randrange(self.number + 1)}"
        self.number += 1
        return f"c{self.number}"

    # ---- time and market

    def wait(self, run: Run) -> None:
        waits = (0, 1, 473, 474, 3_113, 9_999, 10_000, 10_001, 59_999, 60_000, 900_000, HOUR_MS, 3 * HOUR_MS)
        to_hour = HOUR_MS - run.at_ms % HOUR_MS
        run.pass_to(run.at_ms + self.dice.choice((*waits, to_hour, to_hour - 1, max(0, to_hour - 500))))
        if self.dice.random() < 0.02:
            run.pass_to(run.at_ms + 8 * 24 * HOUR_MS + 1)

    def move(self, run: Run) -> None:
        name = self.dice.choice(list(PRICES))
        index = run.shadow.index[name.split("-")[0]]
        tick = run.shadow.p.instruments[name].tick
        width = 400 if self.dice.random() < 0.08 else 2 if name == "USDC-USDT" else 30
        price = max(tick, index * self.dice.randrange(1000 - width, 1000 + width + 1) // 1000 // tick * tick)
        if self.dice.random() < 0.25:  # pulled back towards where it began, lest it wander to nothing
            price = atoms_from_text(PRICES[name])
        if self.dice.random() < 0.6:
            run.submit(
                c.MoveMarket(instruments=(name,), prices=(price,), ranges=(self.dice.randrange(0, COIN // 100),))
            )
        else:
            run.submit(c.SetPrices(prices=((name, price), *levers.others(self.together_dice, PRICES, name))))

    def own_share(self, run: Run) -> None:
        """How far own trades move the index: all the way, partly, or not."""
        if self.own_book:
            share = self.share_dice.choice((COIN, COIN, COIN // 2, COIN // 3, COIN // 7, 0))
            run.submit(
                c.ChangeParameters(
                    settings=(c.Setting(table="constants", row="", field="index_own_share", value=share),)
                )
            )

    def dump(self, run: Run) -> None:
        """All but one buy on as much credit as there is; then a sale of that one falls through a thin book."""
        dice = self.share_dice
        name = dice.choice(("BTC-USDT", "ETH-USDT"))
        base, instrument = name.split("-")[0], run.shadow.p.instruments[name]
        seller = dice.choice(USERS)
        run.submit(c.ReleaseMarket(instrument=name))
        run.submit(c.SetPrices(prices=((name, atoms_from_text(PRICES[name])),)))
        for user in USERS:
            if user != seller and run.shadow.accounts[user].borrows:
                run.submit(c.SetLeverage(user_id=user, ccy="USDT", leverage=10 * COIN))
                room = (
                    max(run.shadow.adjusted(user) - run.shadow.margin(user), Fraction(0)) * dice.randrange(70, 85) // 10
                )
                if room > COIN:
                    run.submit(
                        c.PlaceOrder(
                            user_id=user,
                            instrument=name,
                            side="buy",
                            kind="market",
                            size=floor(room),
                            price=0,
                            size_in_quote=True,
                        )
                    )
        middle, tick, lot, bids = run.shadow.recorded[base], instrument.tick, instrument.lot, []
        for percent in (99, 96, 93, 90, 86, 80):
            size = self.worth(run, base, dice.choice((90, 900, 9_000)))
            bids.append((middle * percent // 100 // tick * tick, max(lot, size // lot * lot)))
        run.submit(c.SetBook(instrument=name, bids=tuple(bids), asks=()))
        size = sum(size for _, size in bids[: dice.randrange(2, 6)])
        run.submit(c.AdjustBalance(user_id=seller, account="trading", ccy=base, delta=size))
        run.submit(c.PlaceOrder(user_id=seller, instrument=name, side="sell", kind="market", size=size, price=0))
        if dice.random() < 0.5:
            run.submit(c.SetPrices(prices=((name, middle * dice.randrange(95, 101) // 100 // tick * tick),)))
        run.submit(c.ReleaseMarket(instrument=name))

    def basket(self, run: Run) -> None:
        """A loan on three or four coins, as large as may be; then they fall until half of it is due, and recover.

        Draws from dice of its own.
        """
        dice = self.basket_dice
        falling = ["BTC", "ETH", "DOT"]
        dice.shuffle(falling)
        debt = falling.pop() if dice.random() < 0.2 else "USDT"
        for ccy in ("BTC", "ETH", "DOT"):
            run.submit(c.SetPrices(prices=((f"{ccy}-USDT", atoms_from_text(PRICES[f"{ccy}-USDT"])),)))
        steady = ["USDC"] if len(falling) < 3 or dice.random() < 0.3 else []
        user, pledged = dice.choice((1, 2, 3)), {}
        for ccy in (*falling, *steady):
            pledged[ccy] = self.worth(run, ccy, dice.randrange(1_200, 1_900)) // ULP * ULP
            run.submit(c.AdjustBalance(user_id=user, account="funding", ccy=ccy, delta=pledged[ccy]))
        most = run.shadow.loan_room({}, pledged) * COIN * COIN / run.shadow.p.loan_initial
        asked = c.BorrowLoan(
            user_id=user,
            loan_id=0,
            ccy=debt,
            amount=max(ULP, floor(most / run.shadow.usd(debt, COIN)) // ULP * ULP),
            collateral=tuple(pledged.items()),
            client_order_id=f"basket{len(run.entries)}",
        )
        before = set(run.shadow.loans)
        run.submit(asked)
        for loan_id in run.shadow.loans.keys() - before:
            loan = run.shadow.loans[loan_id]
            _, line = run.shadow.lines(loan)
            ltv = line + (1 - line) * dice.randrange(1, 5) / 10
            still = run.shadow.total_usd({ccy: loan.locked[ccy] for ccy in steady})
            falls = run.shadow.total_usd(loan.locked) - still
            share = (run.shadow.total_usd(loan.debts) / ltv - still) / falls
            for ccy in falling:
                run.submit(c.SetPrices(prices=((f"{ccy}-USDT", floor(run.shadow.index[ccy] * share)),)))
        for ccy in falling:
            run.submit(c.SetPrices(prices=((f"{ccy}-USDT", atoms_from_text(PRICES[f"{ccy}-USDT"])),)))

    def peg(self, run: Run) -> None:
        run.submit(
            c.SetPrices(prices=(("USDT-USD", self.dice.choice((COIN, COIN * 999 // 1000, COIN * 1001 // 1000))),))
        )

    def book(self, run: Run) -> None:
        """A thin book by hand, or the market given back."""
        name = self.dice.choice(PAIRS)
        if self.dice.random() < 0.4:
            run.submit(c.ReleaseMarket(instrument=name))
            return
        instrument = run.shadow.p.instruments[name]
        tick = instrument.tick
        middle = self.index(run, instrument.base_ccy) // tick
        bids: list[tuple[int, int]] = []
        asks: list[tuple[int, int]] = []
        depth = max(1, middle // 1000)
        for side, sign in ((bids, -1), (asks, 1)):
            distance = 0
            for _ in range(self.dice.randrange(0, 4)):
                distance += self.dice.randrange(1, 2 * depth + 1)
                price = (middle + sign * distance) * tick
                size = self.worth(run, instrument.base_ccy, self.dice.choice((5, 60, 900, 30_000)))
                size = max(instrument.lot, size // instrument.lot * instrument.lot)
                if price > 0:
                    side.append((price, size))
        run.submit(c.SetBook(instrument=name, bids=tuple(bids), asks=tuple(asks)))

    # ---- accounts

    def adjust(self, run: Run) -> None:
        user, ccy = self.user(), self.coin(run, 1)
        if user not in run.shadow.accounts or ccy not in COINS:
            run.submit(c.AdjustBalance(user_id=user, account="trading", ccy=ccy, delta=COIN))
            return
        account = run.shadow.accounts[user]
        where: Account = self.dice.choice(("trading", "funding"))
        if self.dice.random() < 0.5:
            ccy = self.coin(run, user, owed=True)
            delta = self.amount(account.debt.get(ccy, 0), self.worth(run, ccy, 500))
        else:
            delta = -self.amount(
                run.shadow.available(user, ccy), account.funding.get(ccy, 0), self.worth(run, ccy, 300)
            )
        run.submit(c.AdjustBalance(user_id=user, account=where, ccy=ccy, delta=delta))

    def transfer(self, run: Run) -> None:
        user, ccy = self.user(), self.coin(run, 1)
        account = run.shadow.accounts.get(user)
        ways: tuple[tuple[Account, Account], ...] = (
            ("funding", "trading"),
            ("trading", "funding"),
            ("funding", "funding"),
        )
        source, target = self.dice.choice(ways)
        at_hand = 0
        if account and ccy in COINS:
            own = run.shadow.cash(user, ccy) - run.shadow.debt(user, ccy)
            at_hand = account.funding.get(ccy, 0) if source == "funding" else own
        borrows = source == "trading" and self.dice.random() < 0.3
        name = self.name() if self.dice.random() < 0.3 else ""
        run.submit(
            c.Transfer(
                user_id=user,
                ccy=ccy,
                amount=self.amount(at_hand, self.worth(run, ccy, 200)),
                source=source,
                target=target,
                client_id=name,
                may_borrow=borrows,
            )
        )

    def between(self, run: Run) -> None:
        """Between main and sub-account or two of these, and now and then with one that is neither."""
        if self.dice.random() < 0.1:
            named = self.dice.choice(((4,), (4, SIBLING), (SIBLING,), (2,)))
            run.submit(c.SetTransferOut(user_id=1, sub_ids=named, allowed=self.dice.random() < 0.6))
        giver, receiver = self.dice.choice(((1, 4), (4, 1), (1, 4), (4, 1), (4, SIBLING), (SIBLING, 4)))
        asker = self.dice.choice((1, giver, giver, receiver))
        if self.dice.random() < 0.1:
            asker, giver, receiver = self.dice.choice(((2, 1, 2), (2, 4, 2), (4, 1, 4), (1, 1, 3), (4, 4, 4)))
        ccy = self.coin(run, giver, owed=self.dice.random() < 0.3)
        source: Account = self.dice.choice(("trading", "trading", "funding"))
        target: Account = self.dice.choice(("trading", "funding"))
        at_hand = 0
        if ccy in COINS:
            own = run.shadow.cash(giver, ccy) - run.shadow.debt(giver, ccy)
            at_hand = own if source == "trading" else run.shadow.accounts[giver].funding.get(ccy, 0)
        name = self.name() if self.dice.random() < 0.3 else ""
        size = self.amount(at_hand, at_hand, self.worth(run, ccy, 200))
        run.submit(
            c.TransferBetween(
                user_id=asker,
                giver_id=giver,
                receiver_id=receiver,
                ccy=ccy,
                amount=size,
                source=source,
                target=target,
                counterpart="",
                client_id=name,
            )
        )

    def level(self, run: Run) -> None:
        level = self.dice.choice(("Lv1", "Lv1", "Lv2", "VIP1", "VIP99"))
        run.submit(c.SetLevel(user_id=self.user(), level=level))

    def switch(self, run: Run) -> None:
        run.submit(c.SetAutoRepay(user_id=self.user(), enabled=self.dice.random() < 0.6))

    def switch_borrowing(self, run: Run) -> None:
        run.submit(c.SwitchSpotBorrow(user_id=self.user(), enabled=self.dice.random() < 0.8))

    def borrow(self, run: Run) -> None:
        user = self.user()
        ccy = self.coin(run, user)
        most = 0
        if user in run.shadow.accounts and ccy in COINS and run.shadow.priced(ccy):
            room = run.shadow.adjusted(user) - run.shadow.margin(user)
            most = floor(room * run.shadow.p.leverage / run.shadow.usd(ccy, COIN))
        least = run.shadow.p.currencies[ccy].min_borrow if ccy in COINS else COIN
        pool = run.shadow.pool.get(ccy, 0)
        known = ccy in COINS and user in run.shadow.accounts
        quota = run.shadow.quota(user, ccy) - run.shadow.family_debt(user, ccy) if known else 0
        modest = self.worth(run, ccy, 800)
        size = self.amount(most, least, pool, quota, modest, modest, modest, modest)
        spends = run.submit(c.ManualBorrow(user_id=user, ccy=ccy, amount=size)) and self.dice.random() < 0.5
        # A fault refuses also those who are not there, and leaves events.
        if spends and user in run.shadow.accounts:
            # Spent: what is owed is not there any more.
            gone = run.shadow.available(user, ccy) // ULP * ULP
            if gone:
                run.submit(c.AdjustBalance(user_id=user, account="trading", ccy=ccy, delta=-gone))

    def leverage(self, run: Run) -> None:
        user = self.user()
        times = self.dice.choice((1, 2, 3, 3, 5, 8, 10, 10, 11)) * COIN - self.dice.choice((0, 0, 0, 1))
        run.submit(c.SetLeverage(user_id=user, ccy=self.coin(run, user, owed=True), leverage=times))

    def gamble(self, run: Run) -> None:
        """Buy on as much credit as there is, or sell what is not there; then the price turns, or does not."""
        user = self.user()
        if user not in run.shadow.accounts or not run.shadow.accounts[user].borrows:
            return
        name = self.dice.choice(("BTC-USDT", "ETH-USDT"))
        base, quote = name.split("-")
        if not run.shadow.priced(base):
            return
        selling = self.dice.random() < 0.3
        ccy = base if selling else quote
        run.submit(c.SetLeverage(user_id=user, ccy=ccy, leverage=10 * COIN))
        room = max(run.shadow.adjusted(user) - run.shadow.margin(user), Fraction(0)) * self.dice.randrange(40, 85) // 10
        size = floor(room * COIN / run.shadow.usd(ccy, COIN)) if run.shadow.priced(ccy) else 0
        if selling:
            size -= size % run.shadow.p.instruments[name].lot
        if size > 0:
            run.submit(
                c.PlaceOrder(
                    user_id=user,
                    instrument=name,
                    side="sell" if selling else "buy",
                    kind="market",
                    size=size,
                    price=0,
                    size_in_quote=not selling,
                )
            )
        index, tick = run.shadow.index[base], run.shadow.p.instruments[name].tick
        change = self.dice.randrange(1050, 1600) if selling else self.dice.randrange(450, 970)
        for _ in range(self.dice.randrange(3)):
            index = index * change // 1000 // tick * tick
            run.submit(c.SetPrices(prices=((name, max(index, tick)),)))
            change = 1000 + (change - 1000) // 4
        if self.dice.random() < 0.5:
            run.submit(c.SetPrices(prices=((name, atoms_from_text(PRICES[name])),)))

    def repay(self, run: Run) -> None:
        user = self.user(run)
        ccy = self.coin(run, user, owed=True)
        account = run.shadow.accounts.get(user)
        owed = account.debt.get(ccy, 0) if account else 0
        at_hand = run.shadow.available(user, ccy) if account and ccy in COINS else 0
        size = owed - owed % ULP - ULP if self.dice.random() < 0.1 else self.amount(owed, owed, at_hand)
        run.submit(c.ManualRepay(user_id=user, ccy=ccy, amount=max(size, ULP)))

    def one_click(self, run: Run) -> None:
        user = self.user(run)
        ccy = self.coin(run, user, owed=True)
        account = run.shadow.accounts.get(user)
        coins = [coin for coin in COINS if account and account.trading.get(coin, 0) and coin != ccy]
        self.dice.shuffle(coins)
        coins = coins[: self.dice.randrange(1, 4)] or ["ETH"]
        if self.dice.random() < 0.9 and account and account.trading.get(ccy, 0):
            coins.insert(0, ccy)
        if self.dice.random() < 0.02:
            coins = [*coins, "BTC", "ETH", "DOT", "USDC", "USDT"][:6]
        run.submit(c.RepayDebt(user_id=user, debt_ccy=ccy, repay_ccys=tuple(coins)))
        if self.dice.random() < 0.4:
            run.pass_to(run.at_ms + self.dice.choice((474, 474, 3_600, 8_000)))
        if self.dice.random() < 0.1:
            run.submit(c.RepayDebt(user_id=user, debt_ccy=ccy, repay_ccys=tuple(coins)))

    # ---- orders

    def order(self, run: Run) -> None:
        user = self.user()
        name = self.dice.choice(PAIRS) if self.dice.random() > 0.01 else "NONE-USDT"
        instrument = run.shadow.p.instruments.get(name) or run.shadow.p.instruments["BTC-USDT"]
        index = self.index(run, instrument.base_ccy)
        kind: OrderKind = self.dice.choice(("limit", "limit", "limit", "post_only", "ioc", "fok", "market"))
        side: Side = self.dice.choice(("buy", "sell"))
        width = 4 if self.dice.random() < 0.6 else 40
        price = index * self.dice.randrange(1000 - width, 1001 + width) // 1000 // instrument.tick * instrument.tick
        size = self.worth(run, instrument.base_ccy, self.dice.choice((3, 50, 400, 3_000, 20_000)))
        size = size * self.dice.randrange(800, 1200) // 1000 // instrument.lot * instrument.lot
        in_quote = kind == "market" and self.dice.random() < 0.5
        if in_quote:
            size = self.dice.choice((1, 77, 1_234)) * COIN
        if self.dice.random() < 0.02:
            size += 1
        if self.dice.random() < 0.02:
            price += 1
        client_id = self.name() if self.dice.random() < 0.3 else ""
        price = 0 if kind == "market" else max(price, instrument.tick)
        tag = self.dice.choice(("", "a", "b"))
        stp: StpMode = self.dice.choice(("cancel_maker", "cancel_maker", "cancel_taker", "cancel_both"))
        shrinks = self.dice.random() < 0.5
        run.submit(
            c.PlaceOrder(
                user_id=user,
                instrument=name,
                side=side,
                kind=kind,
                size=size,
                price=price,
                size_in_quote=in_quote,
                client_order_id=client_id,
                tag=tag,
                stp_mode=stp,
                may_shrink=shrinks,
            )
        )

    def cancel(self, run: Run) -> None:
        if run.shadow.orders:
            number = self.dice.choice(list(run.shadow.orders))
            order = run.shadow.orders[number]
            user = order.user if self.dice.random() < 0.95 else self.user()
            run.submit(c.CancelOrder(user_id=user, instrument=order.instrument, order_id=number))

    # ---- loans

    def loan(self, run: Run) -> None:
        user = self.user()
        mine = [number for number, loan in run.shadow.loans.items() if loan.user == user]
        number = self.dice.choice(mine) if mine and self.dice.random() < 0.5 else 0
        number = 77 if self.dice.random() < 0.01 else number
        account = run.shadow.accounts.get(user)
        ccy, pledge = self.coin(run, user), self.coin(run, user)
        collateral = []
        if not number or self.dice.random() < 0.4:
            at_hand = account.funding.get(pledge, 0) if account else 0
            collateral = [(pledge, self.amount(at_hand, at_hand // 3, self.worth(run, pledge, 900)))]
            if self.dice.random() < 0.2:
                collateral.append((self.coin(run, user), self.amount(COIN // 10)))
        most = 0
        if ccy in COINS and run.shadow.priced(ccy) and all(coin in COINS for coin, _ in collateral):
            old = run.shadow.loans.get(number)
            locked = dict(old.locked) if old else {}
            for coin, size in collateral:
                locked[coin] = locked.get(coin, 0) + size
            room = run.shadow.loan_room(old.debts if old else {}, locked) * COIN / run.shadow.p.loan_initial
            most = floor(room * COIN / run.shadow.usd(ccy, COIN))
        cap = run.shadow.p.currencies[ccy].loan_max if ccy in COINS else 0
        size = self.amount(most, most, most // 2, cap)
        e_mode = ({ccy, pledge} == {"USDT", "USDC"} and self.dice.random() < 0.7) or self.dice.random() < 0.02
        self.ask(
            run,
            c.BorrowLoan(
                user_id=user,
                loan_id=number,
                ccy=ccy,
                amount=size,
                collateral=tuple(collateral),
                client_order_id=self.name(),
                e_mode=e_mode,
                settles_later=self.later(),
            ),
        )

    def repay_loan(self, run: Run) -> None:
        if not run.shadow.loans:
            return
        number, loan = self.dice.choice(list(run.shadow.loans.items()))
        user = loan.user if self.dice.random() < 0.97 else self.user()
        ccy = self.dice.choice([*loan.debts, *loan.debts, "DOT"])
        owed = loan.debts.get(ccy, 0)
        amount = self.amount(owed, owed * 2, owed // 3)
        self.ask(
            run,
            c.RepayLoan(
                user_id=user,
                loan_id=number,
                ccy=ccy,
                amount=amount,
                client_order_id=self.name(),
                settles_later=self.later(),
            ),
        )

    def later(self) -> bool:
        """Whether a loan request settles later."""
        return self.dice.random() < 0.4

    def ask(self, run: Run, command: c.BorrowLoan | c.RepayLoan) -> None:
        """Ask for a loan or a repayment, now and then twice."""
        run.submit(command)
        if self.dice.random() < 0.1:
            run.submit(command)

    def collateral(self, run: Run) -> None:
        if not run.shadow.loans:
            run.submit(c.AdjustCollateral(user_id=self.user(), loan_id=0, add=True, ccy="BTC", amount=COIN))
            return
        number, loan = self.dice.choice(list(run.shadow.loans.items()))
        adding = self.dice.random() < 0.4
        ccy = self.coin(run, loan.user) if adding else self.dice.choice([*loan.locked, "DOT"])
        free = 0
        if ccy in loan.locked and not adding and run.shadow.worth(ccy, COIN):
            unit = run.shadow.worth(ccy, COIN)
            free = min(loan.locked[ccy], floor(run.shadow.loan_room(loan.debts, loan.locked) * COIN / unit))
        at_hand = run.shadow.accounts[loan.user].funding.get(ccy, 0)
        size = self.amount(at_hand, at_hand // 4) if adding else self.amount(free, free, loan.locked.get(ccy, 0))
        named = number if self.dice.random() < 0.7 else 0
        run.submit(c.AdjustCollateral(user_id=loan.user, loan_id=named, add=adding, ccy=ccy, amount=size))

    def sell_collateral(self, run: Run) -> None:
        if not run.shadow.loans:
            return
        number, loan = self.dice.choice(list(run.shadow.loans.items()))
        coins = [ccy for ccy, size in loan.locked.items() if size]
        self.dice.shuffle(coins)
        ccy = self.dice.choice([*loan.debts])
        size = self.amount(loan.debts[ccy], loan.debts[ccy] // 3)
        run.submit(
            c.RepayLoanWithCollateral(
                user_id=loan.user, loan_id=number, ccy=ccy, amount=size, collateral_ccys=tuple(coins[:2])
            )
        )

    def lenders(self, run: Run) -> None:
        """Lenders take out what lies there and a little more, so that loans are called in, or come back."""
        ccy = self.dice.choice(COINS)
        if self.dice.random() < 0.3:
            lent = sum(loan.debts.get(ccy, 0) for loan in run.shadow.loans.values())
            run.submit(c.MovePool(ccy=ccy, delta=-run.shadow.pool[ccy] - self.amount(lent // 4, 1)))
        else:
            run.submit(c.MovePool(ccy=ccy, delta=self.amount(run.shadow.p.currencies[ccy].pool)))

    def lean(self, run: Run) -> None:
        """A debtor buys a coin over its collateral limit, of his own coins or on credit."""
        barred = [ccy for ccy, (level, _) in run.shadow.levels.items() if level == 2 and run.shadow.priced(ccy)]
        user = self.user(run)
        if not barred or user not in run.shadow.accounts:
            return
        ccy = self.dice.choice(barred)
        instrument = run.shadow.p.instruments[f"{ccy}-USDT"]
        spent = run.shadow.available(user, "USDT") * self.dice.choice((30, 70, 99, 150, 400)) // 100
        price = run.shadow.index[ccy] // instrument.tick * instrument.tick
        size = spent * COIN // max(price, 1) // instrument.lot * instrument.lot
        if size and price:
            run.submit(
                c.PlaceOrder(
                    user_id=user, instrument=instrument.instrument, side="buy", kind="limit", size=size, price=price
                )
            )

    def fund(self, run: Run) -> None:
        """The fund runs empty, somebody tries to borrow, and it is filled again; or more is asked of it than it has."""
        left = run.shadow.venue["insurance"].get("USDT", 0)
        if self.dice.random() < 0.3:
            run.submit(c.MoveFund(delta=-left - 1))
        run.submit(c.MoveFund(delta=-left))
        for attempt in self.dice.choices((self.borrow, self.order, self.loan, self.gamble), k=3):
            attempt(run)
        run.submit(c.MoveFund(delta=max(left, self.amount(COIN, 1_000 * COIN))))

    def bids(self, run: Run) -> None:
        """A few lenders bid for a coin, some together less than what is owed; or all of them leave."""
        ccy = self.coin(run, 1)
        owed = run.shadow.claims.get(ccy, 0)
        edges = (9, 10, 3_650, 3_651)
        drawn = (self.dice.choice((*edges, *range(20, 300, 10))) for _ in range(self.dice.randrange(5)))
        rates = [thousandth * COIN // 1000 for thousandth in drawn]
        run.submit(c.SetBids(ccy=ccy, bids=tuple((self.amount(owed, owed // 2), rate) for rate in rates)))

    # ---- convert

    def convert(self, run: Run) -> None:
        """Ask, wait or not, trade the whole or a part, perhaps twice, perhaps altered."""
        user = self.user()
        base, quote = self.coin(run, 1), self.coin(run, 1)
        side: Side = self.dice.choice(("buy", "sell"))
        ccy = self.dice.choice((base, quote))
        size = self.amount(self.worth(run, ccy, self.dice.choice((1, 20, 500, 10_000))))
        large = self.dice.random() < 0.1
        given = run.submit(
            c.AskQuote(
                user_id=user,
                base_ccy=base,
                quote_ccy=quote,
                side=side,
                size=size,
                size_ccy=ccy,
                client_quote_id=self.name(),
                large=large,
            )
        )
        if not given or not isinstance(answer := given[0], QuoteGiven) or self.dice.random() < 0.1:
            return
        run.pass_to(run.at_ms + self.dice.choice((0, 0, 0, 50, 9_999, 10_000, 10_001)))
        part = self.dice.choice((size, size, size, size * 2 // 5 // ULP * ULP, size + ULP, ULP))
        for _ in range(1 + (self.dice.random() < 0.15)):
            if self.dice.random() < 0.05:
                side = "sell" if side == "buy" else "buy"
            if self.dice.random() < 0.02:
                large = not large
            name = self.name() if self.dice.random() < 0.5 else ""
            run.submit(
                c.TradeQuote(
                    user_id=user,
                    quote_id=answer.quote_id,
                    base_ccy=base,
                    quote_ccy=quote,
                    side=side,
                    size=max(part, ULP),
                    size_ccy=ccy,
                    client_trade_id=name,
                    large=large,
                )
            )


ACTIONS: dict[str, tuple[int, Callable[[Workload, Run], None]]] = {
    "wait": (18, Workload.wait),
    "move": (12, Workload.move),
    "peg": (1, Workload.peg),
    "book": (8, Workload.book),
    "adjust": (10, Workload.adjust),
    "transfer": (8, Workload.transfer),
    "between": (5, Workload.between),
    "level": (1, Workload.level),
    "switch": (6, Workload.switch),
    "switch borrowing": (1, Workload.switch_borrowing),
    "borrow": (14, Workload.borrow),
    "leverage": (2, Workload.leverage),
    "gamble": (3, Workload.gamble),
    "repay": (8, Workload.repay),
    "one click": (12, Workload.one_click),
    "order": (22, Workload.order),
    "cancel": (5, Workload.cancel),
    "loan": (14, Workload.loan),
    "amend": (8, levers.amend),
    "timer": (2, levers.timer),
    "repay loan": (5, Workload.repay_loan),
    "collateral": (7, Workload.collateral),
    "sell collateral": (2, Workload.sell_collateral),
    "lenders": (1, Workload.lenders),
    "lean": (2, Workload.lean),
    "fund": (1, Workload.fund),
    "bids": (1, Workload.bids),
    "convert": (10, Workload.convert),
    "numbers": (3, levers.numbers),
    "dust": (5, levers.dust),
    "no price": (2, levers.no_price),
    "jump": (1, levers.jump),
    "press": (9, levers.press),
    "stale": (2, levers.stale),
    "squeeze": (1, levers.squeeze),
}


def played(seed: int, steps: int = STEPS) -> Run:
    """A whole run. Whatever breaks names its seed."""
    workload = Workload(seed)
    try:
        run = workload.begin()
        workload.drive(run, steps)
    except Exception as error:
        error.add_note(f"seed {seed}, {steps} steps")
        raise
    return run
