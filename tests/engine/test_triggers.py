"""Judging only who may have crossed a line decides exactly what judging everybody decides.

A crowd of loans and accounts lives through prices and hours twice: once as built, once with triggers that
overlook nobody. The two journals must be the same bytes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest
from msgspec.json import encode

from tallystick.engine import commands as c
from tallystick.engine import core, loan_judging, spot_risk
from tallystick.engine.amounts import ONE
from tallystick.engine.events import LiquidationStarted, LoanClosed, SpotWarned
from tallystick.engine.kinds import Side
from tallystick.engine.rejects import Rejected
from tallystick.engine.state import State
from tallystick.engine.transient import LOAN
from tallystick.engine.triggers import Triggers
from tests.engine.driver import USER, Driver, atoms
from tests.engine.setups import HOUR_MS, NOON_MS, of_kind, with_currency

PRICES = {"BTC": 60_000, "ETH": 3_000, "SOL": 150, "DOT": 7, "DOGE": 1}
LOANS, ACCOUNTS, STEPS = 60, 40, 400


def draws(seed: int) -> Iterator[int]:
    """Whole numbers below a million, the same every time."""
    value = seed + 1
    while True:
        value = value * 6364136223846793005 + 1442695040888963407 & (1 << 64) - 1
        yield (value >> 33) % 1_000_000


class Crowd:
    """Borrowers of every kind, and a clock."""

    def __init__(self, seed: int) -> None:
        self.dice = draws(seed)
        parameters = with_currency("USDT", rate_per_year=2 * ONE, quota=10**9 * ONE, pool=10**12 * ONE)
        self.state: State = core.new_state(parameters, NOON_MS)
        self.at_ms = NOON_MS
        self.journal: list[bytes] = []
        for coin, price in PRICES.items():
            self.do(c.SetPrices(prices=((f"{coin}-USDT", price * ONE),)))
        for number in range(1, LOANS + 1):
            self.lend(number)
        for number in range(LOANS + 1, LOANS + ACCOUNTS + 1):
            self.borrow(number)

    def pick(self, options: list[str]) -> str:
        return options[next(self.dice) % len(options)]

    def share(self, low: int, high: int) -> int:
        return low + next(self.dice) % (high - low)

    def do(self, command: c.Command) -> None:
        stamp = core.Stamp(self.state.seq + 1, self.at_ms)
        events = core.handle(self.state, stamp, command)
        if events:
            self.journal.append(encode((stamp, events)))

    def lend(self, user_id: int) -> None:
        """A loan of USDT or ETH on one to three coins, at 40 to 69 % of their value."""
        self.do(c.CreateUser(user_id=user_id, name=f"u{user_id}"))
        debt_ccy = self.pick(["USDT", "USDT", "ETH"])
        coins = sorted({self.pick([coin for coin in PRICES if coin != debt_ccy]) for _ in range(3)})
        worth = 0
        collateral = []
        for coin in coins:
            value = self.share(1_000, 9_000)
            amount = value * ONE // PRICES[coin] // 10**10 * 10**10
            self.do(c.AdjustBalance(user_id=user_id, account="funding", ccy=coin, delta=amount))
            collateral.append((coin, amount))
            worth += value
        owed = worth * self.share(400, 600) // 1_000 * ONE // (1 if debt_ccy == "USDT" else PRICES[debt_ccy])
        self.do(
            c.BorrowLoan(
                user_id=user_id,
                loan_id=0,
                ccy=debt_ccy,
                amount=owed // 10**10 * 10**10,
                collateral=tuple(collateral),
                client_order_id=f"l{user_id}",
            )
        )

    def borrow(self, user_id: int) -> None:
        """A spot debt in one or two coins against one or two; the borrowed coins are spent on collateral or kept."""
        self.do(c.CreateUser(user_id=user_id, name=f"u{user_id}"))
        self.do(c.SwitchSpotBorrow(user_id=user_id, enabled=True))
        coins = sorted({self.pick(["BTC", "ETH", "SOL"]) for _ in range(2)})
        worth = 0
        for coin in coins:
            value = self.share(1_000, 9_000)
            self.do(
                c.AdjustBalance(
                    user_id=user_id, account="trading", ccy=coin, delta=value * ONE // PRICES[coin] // 10**10 * 10**10
                )
            )
            worth += value
        owed = worth * self.share(500, 2_200) // 1_000 * ONE
        self.do(c.ManualBorrow(user_id=user_id, ccy="USDT", amount=owed))
        if self.share(0, 4):
            self.do(
                c.PlaceOrder(
                    user_id=user_id,
                    instrument=f"{coins[0]}-USDT",
                    side="buy",
                    kind="market",
                    size=owed,
                    price=0,
                    size_in_quote=True,
                )
            )
        if self.share(0, 2):
            self.do(c.ManualBorrow(user_id=user_id, ccy="SOL", amount=ONE))
        if user_id % 4 == 0:
            self.rest(user_id)

    def rest(self, user_id: int) -> None:
        """Open orders, some for coins that would be borrowed, some that would lose; one more than the margin carries
        is refused.
        """
        for _ in range(4):
            coin = self.pick(["ETH", "SOL", "DOT", "DOGE"])
            side: Side = "buy" if self.pick(["buy", "sell"]) == "buy" else "sell"
            instrument = self.state.parameters.instruments[f"{coin}-USDT"]
            away = self.share(1, 300) * (1 if side == "sell" else -1)
            price = PRICES[coin] * ONE * (1_000 + away) // 1_000
            size = self.share(50, 900) * ONE // PRICES[coin]
            with contextlib.suppress(Rejected):
                self.do(
                    c.PlaceOrder(
                        user_id=user_id,
                        instrument=instrument.instrument,
                        side=side,
                        kind="limit",
                        size=size - size % instrument.lot,
                        price=price - price % instrument.tick,
                    )
                )

    def live(self) -> None:
        """Prices that wander and fall, hours that pass, a deposit now and then."""
        for step in range(STEPS):
            self.at_ms += HOUR_MS // 7
            while core.due_at_ms(self.state) <= self.at_ms:
                self.do(c.Tick())
            coin = self.pick(list(PRICES))
            change = self.share(-30, 26) if step % 97 else -160
            market = self.state.markets[f"{coin}-USDT"]
            self.do(c.SetPrices(prices=((f"{coin}-USDT", market.index * (1_000 + change) // 1_000),)))
            if step % 10 == 0:
                self.do(
                    c.AdjustBalance(
                        user_id=self.share(1, LOANS + ACCOUNTS),
                        account="trading",
                        ccy="USDT",
                        delta=self.share(1, 50) * ONE,
                    )
                )
            if step == STEPS // 2:
                self.do(c.SetPrices(prices=(("USDT-USD", ONE * 103 // 100),)))


def overlook_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def everybody(armed: Triggers, state: State, now_ms: int, kind: int) -> list[int]:
        return sorted(state.loans if kind == LOAN else state.users)

    monkeypatch.setattr(Triggers, "due", everybody)
    monkeypatch.setattr(Triggers, "anybody", lambda armed, state, now_ms: True)


def both(seed: int) -> tuple[list[bytes], list[bytes]]:
    watched, plain = Crowd(seed), Crowd(seed)
    watched.live()
    with pytest.MonkeyPatch.context() as patched:
        overlook_nobody(patched)
        plain.live()
    assert core.state_hash(watched.state) == core.state_hash(plain.state)
    return watched.journal, plain.journal


def test_the_same_journal_as_judging_everybody() -> None:
    watched, plain = both(2)
    assert watched == plain
    said = b"".join(watched)
    for event in (b"LoanWarned", b"partial_liquidation", b"SpotWarned", b"LiquidationStarted"):
        assert said.count(event) > 1, event


@pytest.mark.parametrize("seed", [1, *range(3, 8)])
def test_the_same_journal_on_other_paths(seed: int) -> None:
    watched, plain = both(seed)
    assert watched == plain


def test_far_fewer_are_judged() -> None:
    """Else nothing is won: a price judges less than a tenth of the crowd on average."""
    crowd = Crowd(1)
    judged: list[int] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(loan_judging, "standing", counting(judged, loan_judging.standing))
        patched.setattr(spot_risk, "_priced", counting(judged, spot_risk._priced))
        crowd.live()
    assert len(judged) < STEPS * (LOANS + ACCOUNTS) // 10


def counting(calls: list[int], function: Callable[..., object]) -> Callable[..., object]:
    def counted(*arguments: object, **named: object) -> object:
        calls.append(1)
        return function(*arguments, **named)

    return counted


def test_an_account_with_open_orders_is_judged_for_its_own_coins() -> None:
    """1 BTC, a debt in USDT, and a buy of SOL: prices of these three and the hour count, that of ETH does not."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER, BTC="1")
    for coin, price in PRICES.items():
        driver.price(f"{coin}-USDT", str(price))
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("10000")))
    driver.do(
        c.PlaceOrder(user_id=USER, instrument="SOL-USDT", side="buy", kind="limit", size=atoms("1"), price=atoms("100"))
    )
    judged: list[int] = []
    found = {}
    driver.price("ETH-USDT", "3001")  # whom events have named is judged once more
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(spot_risk, "_priced", counting(judged, spot_risk._priced))
        acts: dict[str, Callable[[], None]] = {
            "ETH": lambda: driver.price("ETH-USDT", "3000"),
            "BTC": lambda: driver.price("BTC-USDT", "60001"),
            "BTC, the same": lambda: driver.price("BTC-USDT", "60001"),
            "SOL": lambda: driver.price("SOL-USDT", "151"),
            "USDT": lambda: driver.price("USDT-USD", "0.9999"),
            "hour": lambda: driver.wait(HOUR_MS),
        }
        for name, act in acts.items():
            judged.clear()
            act()
            found[name] = len(judged)
    assert found == {"ETH": 0, "BTC": 1, "BTC, the same": 0, "SOL": 1, "USDT": 1, "hour": 1}


def test_a_fresh_watch_decides_the_same() -> None:
    """After a restart nobody is known; the decisions are those of the venue that ran on."""
    whole, halved = Crowd(3), Crowd(3)
    whole.live()
    half = core.decode_state(core.encode_state(halved.state))
    halved.state = half
    halved.live()
    assert halved.journal == whole.journal


def test_all_prices_falling_together_are_noticed() -> None:
    """1.9 USDC for 1.1 USDT is sound. At 10^-18 USD a coin the collateral is worth 1 atom, cut, and the debt 2, lifted.

    The ratio of the two prices is what it was, yet the loan has to go: fresh triggers would say so.
    """
    driver = Driver(NOON_MS + 1)
    driver.user(USER)
    driver.deposit("USDC", "1.9", account="funding")
    driver.price("USDC-USDT", "1")
    driver.do(
        c.BorrowLoan(
            user_id=USER,
            loan_id=0,
            ccy="USDT",
            amount=atoms("1.1"),
            collateral=(("USDC", atoms("1.9")),),
            client_order_id="a",
        )
    )
    driver.price("USDC-USDT", "1.0001")
    driver.price("USDC-USDT", "1")
    fresh = core.decode_state(core.encode_state(driver.state))
    fall = c.SetPrices(prices=(("USDT-USD", 1),))
    stamp = core.Stamp(driver.state.seq + 1, driver.at_ms)
    events = driver.do(fall)
    assert len(of_kind(events, LoanClosed)) == 1
    assert core.handle(fresh, stamp, fall) == events


def test_without_warnings_liquidations_still_come() -> None:
    """1 BTC counts 0.98 and 5,000 USDT less behind a spent debt of 5,000: mmr and fee are 105 USD. At 5,200 it is worth
    5,096 - 5,000 = 96: liquidated, though nobody is warned at a ratio of 0."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER, BTC="1")
    driver.price("BTC-USDT", "60000")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("5000")))
    driver.do(c.AdjustBalance(user_id=USER, account="trading", ccy="USDT", delta=-atoms("5000")))
    driver.do(c.ChangeParameters(settings=(c.Setting(table="constants", row="", field="spot_warning_ratio", value=0),)))
    driver.price("BTC-USDT", "6000")
    events = driver.do(c.SetPrices(prices=(("BTC-USDT", atoms("5200")),)))
    assert (len(of_kind(events, LiquidationStarted)), of_kind(events, SpotWarned)) == (1, [])
