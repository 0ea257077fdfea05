"""Makes the golden journal of the present format: `python -m tests.golden.journal`, once for each number.

One story in which every command and every event occurs. What happens in it is of no importance; the journal is kept
for good, so that later versions are held against it (see `test_journal`). It prints the digests that go there. With
`again` it writes over the one that is there, which is only for a number that no release has had.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from tallystick.engine import commands as c
from tallystick.engine import core, cross_settings, listing, modes, repay_at_once
from tallystick.engine.amounts import ONE
from tallystick.store.api import GENESIS, Entry, Reader, WriteBatch, checked_entries, genesis_hash, seal
from tallystick.store.format import FORMAT
from tallystick.store.memory import MemoryStore
from tallystick.venue import recovery
from tallystick.venue.entries import command_of, encode_command, encode_events, events_of
from tallystick.venue.upgrades import STEPS
from tallystick.views.rows import rows_of
from tests.engine.driver import Driver, atoms
from tests.engine.setups import inject

FOLDER = Path(__file__).parent
START_MS = 1_700_049_600_001
"""A millisecond after an hour."""
HOUR_MS = 3_600_000


def path_of(number: int) -> Path:
    return FOLDER / f"journal-{number}.jsonl"


def set_number(driver: Driver, name: str, value: int, table: str = "constants", row: str = "") -> None:
    driver.do(c.ChangeParameters(settings=(c.Setting(table=table, row=row, field=name, value=value),)))


def prices(driver: Driver) -> None:
    """Moves with and without ranges, in few and in many decimals, and one that meets a price held by hand."""
    names = ("BTC-USDT", "ETH-USDT", "SOL-USDT", "USDC-USDT")
    few = (60_000_000_000, 3_000_000_000, 150_000_000, 1_000_000)
    driver.do(c.MoveMarket(instruments=names, prices=few, ranges=(ONE // 100, ONE // 200, 3, 0), decimals=6))
    driver.wait(75_000)
    driver.do(c.MoveMarket(instruments=names[:2], prices=(60_000 * ONE + 1, 3_000 * ONE)))
    driver.price("ETH-USDT", "3001")
    driver.do(c.MoveMarket(instruments=names, prices=few, decimals=6))
    driver.do(c.ReleaseMarket(instrument="ETH-USDT"))
    driver.book("SOL-USDT", [("149", "10")], [("151", "10")])
    driver.do(c.ReleaseMarket(instrument="SOL-USDT"))
    driver.do(c.NoteKeys(digest="00" * 32))


def accounts(driver: Driver) -> None:
    """A main account with two sub-accounts; transfers, levels, leverage."""
    for user_id, master_id in ((1, 0), (2, 1), (3, 1)):
        driver.do(c.CreateUser(user_id=user_id, name=f'user "{user_id}" é', master_id=master_id))
        driver.do(c.SwitchSpotBorrow(user_id=user_id, enabled=True))
        driver.deposit("BTC", "1", user_id)
    driver.deposit("USDT", "50000")
    driver.do(c.SetLevel(user_id=1, level="VIP1"))
    driver.do(c.SetLeverage(user_id=1, ccy="USDT", leverage=3 * ONE))
    driver.do(c.SetTransferOut(user_id=1, sub_ids=(2,), allowed=True))
    driver.do(
        c.Transfer(user_id=1, ccy="USDT", amount=atoms("100"), source="trading", target="funding", client_id="t1")
    )
    driver.do(
        c.TransferBetween(
            user_id=2,
            giver_id=2,
            receiver_id=3,
            ccy="BTC",
            amount=atoms("0.25"),
            source="trading",
            target="funding",
            counterpart="user3",
            client_id="t2",
        )
    )


def account_modes(driver: Driver) -> None:
    """A mode opened, items put in its way and taken away, a switch there and back; an account born with both open."""
    driver.do(c.CreateUser(user_id=8, name="user8", modes=(3, 4)))
    driver.do(c.CreateUser(user_id=9, name="user9"))
    driver.deposit("USDT", "10000", 9)
    driver.do(modes.OpenModes(user_id=9, modes=(3,)))
    driver.do(modes.SetObstacles(user_id=9, obstacles=("algos", "identity")))
    driver.do(modes.SetObstacles(user_id=9, obstacles=()))
    driver.do(modes.SwitchMode(user_id=9, mode=3))
    driver.do(c.Transfer(user_id=9, ccy="ETH", amount=ONE, source="trading", target="funding", may_borrow=True))
    driver.do(cross_settings.SetAutoLoan(user_id=9, enabled=False))
    driver.do(cross_settings.ChooseCollateral(user_id=9, ccys=("BTC",), enabled=False))


def exchanged(driver: Driver) -> None:
    """A debt above a quota that is lowered, bought back while auto-loan is off, and an hour of what is left."""
    driver.price("ETH-USDT", "3000")
    set_number(driver, "free_quota", atoms("0.9"), "currencies", "ETH")
    driver.do(c.ReleaseMarket(instrument="ETH-USDT"))
    driver.wait(HOUR_MS)


def place(driver: Driver, side: str, size: str, price: str, client_order_id: str = "", user_id: int = 1) -> int:
    """Number of a limit order for BTC."""
    events = driver.do(
        c.PlaceOrder(
            user_id=user_id,
            instrument="BTC-USDT",
            side="buy" if side == "buy" else "sell",
            kind="limit",
            size=atoms(size),
            price=atoms(price),
            client_order_id=client_order_id,
            tag="t",
        )
    )
    number: int = events[0].order_id
    return number


def orders(driver: Driver) -> None:
    """Placed, matched with each other, amended, cancelled by hand, by a failed amend and by a timer."""
    place(driver, "sell", "0.1", "59990", user_id=2)
    place(driver, "buy", "0.3", "59995", "c1")
    amend = c.AmendOrder(user_id=1, instrument="BTC-USDT", order_id=0, client_order_id="c1", price=atoms("50000"))
    driver.do(msgspec.structs.replace(amend, request_id="r1"))
    too_much = msgspec.structs.replace(amend, price=0, size=atoms("900"), cancel_on_fail=True, request_id="r2")
    driver.do(too_much)
    number = place(driver, "buy", "0.01", "40000")
    driver.do(c.CancelOrder(user_id=1, instrument="BTC-USDT", order_id=number))
    place(driver, "buy", "0.01", "40000")
    driver.do(c.SetCancelTimer(user_id=1, timeout_ms=10_000, tag="t"))
    driver.wait(10_000)


def debts(driver: Driver) -> None:
    """Borrowed by hand, repaid by hand, by itself and by one click in legs; rates, bids, an hour."""
    driver.user(4, ETH="10", SOL="1")
    driver.do(c.ManualBorrow(user_id=4, ccy="USDC", amount=atoms("200")))
    driver.deposit("USDC", "-200", 4)
    driver.do(c.SetBids(ccy="USDC", bids=((atoms("1000000"), ONE // 50), (atoms("90000000"), ONE // 20))))
    driver.wait(HOUR_MS)
    driver.deposit("USDC", "50", 4)
    driver.do(c.ManualRepay(user_id=4, ccy="USDC", amount=atoms("25")))
    driver.do(c.RepayDebt(user_id=4, debt_ccy="USDC", repay_ccys=("USDC", "SOL", "ETH")))
    driver.wait(60_000)
    driver.do(c.ManualBorrow(user_id=4, ccy="USDT", amount=atoms("10")))
    driver.do(c.SetAutoRepay(user_id=4, enabled=True))


def repaid_at_once(driver: Driver) -> None:
    """A debt of multi-currency margin, from a trade, that the convert desk takes coins for."""
    driver.price("BTC-USDT", "60000")
    driver.deposit("USDT", "20000", 8)
    driver.do(modes.SwitchMode(user_id=8, mode=4))
    driver.do(c.PlaceOrder(user_id=8, instrument="BTC-USDT", side="buy", kind="market", size=atoms("0.4"), price=0))
    driver.do(repay_at_once.RepayAtOnce(user_id=8, debt_ccys=("USDT",), repay_ccy="BTC"))
    driver.do(c.ReleaseMarket(instrument="BTC-USDT"))


def converts(driver: Driver) -> None:
    """A quote that is traded, one the market maker refuses, one that expires; a small balance."""
    ask = c.AskQuote(
        user_id=1, base_ccy="BTC", quote_ccy="USDT", side="sell", size=atoms("0.01"), size_ccy="BTC", tag="t"
    )
    for refused in (0, 1, 2):
        if refused == 1:
            inject(driver, "convert-rejected", user_id=1, count=1)
        quote_id = driver.do(ask)[0].quote_id
        if refused < 2:
            driver.do(
                c.TradeQuote(
                    user_id=1,
                    quote_id=quote_id,
                    base_ccy="BTC",
                    quote_ccy="USDT",
                    side="sell",
                    size=atoms("0.01"),
                    size_ccy="BTC",
                    client_trade_id=f"q{refused}",
                )
            )
        driver.wait(1_000)
    driver.wait(60_000)
    driver.deposit("SOL", "0.01")
    driver.do(c.EasyConvert(user_id=1, account="trading", source_ccys=("SOL",), target_ccy="USDT"))


def faults(driver: Driver) -> None:
    """A quote that ends early, a small balance that stays, a command refused, a run held up; faults taken away."""
    inject(driver, "quote-expires-early", 1, ms=5_000, count=1, nth=2)
    ask = c.AskQuote(user_id=1, base_ccy="BTC", quote_ccy="USDT", side="buy", size=atoms("50"), size_ccy="USDT")
    driver.do(ask)
    driver.do(ask)
    inject(driver, "easy-convert-failed", 2, user_id=1, until_ms=driver.at_ms + 1_000)
    driver.deposit("SOL", "0.01")
    driver.do(c.EasyConvert(user_id=1, account="trading", source_ccys=("SOL",), target_ccy="USDT"))
    inject(driver, "borrow-refused", 3, reason="POOL_EXHAUSTED", ppm=999_999, seed=7)
    driver.do(c.ManualBorrow(user_id=4, ccy="USDC", amount=atoms("30")))
    driver.do(c.ClearFaults(fault_ids=(3,)))
    driver.do(c.ManualBorrow(user_id=4, ccy="USDC", amount=atoms("300")))
    driver.deposit("USDC", "-300", 4)
    inject(driver, "interest-late", 6, user_id=4, ms=60_000, count=1)
    driver.wait(2 * HOUR_MS)
    inject(driver, "repay-stays-running", 4, leg=2, count=1)
    inject(driver, "repay-leg-partly-filled", 5, leg=1, share=ONE // 3)
    driver.do(c.RepayDebt(user_id=4, debt_ccy="USDC", repay_ccys=("USDC", "ETH")))
    driver.wait(60_000)
    driver.do(c.ClearFaults(fault_ids=(1, 2, 4, 5)))
    driver.wait(60_000)


def loans(driver: Driver) -> None:
    """Opened, settled later, given more collateral, repaid from coins and from collateral, warned, sold by force."""
    driver.user(5)
    for ccy, amount in (("BTC", "2"), ("ETH", "20"), ("USDT", "1000")):
        driver.deposit(ccy, amount, 5, "funding")
    lend = c.BorrowLoan(
        user_id=5,
        loan_id=0,
        ccy="SOL",
        amount=atoms("100"),
        collateral=(("BTC", atoms("0.2")), ("ETH", atoms("4"))),
        client_order_id="l1",
    )
    driver.do(lend)
    loan_id = driver.state.last_loan_id
    driver.do(c.AdjustCollateral(user_id=5, loan_id=loan_id, add=True, ccy="ETH", amount=atoms("1")))
    driver.do(
        c.RepayLoanWithCollateral(
            user_id=5, loan_id=loan_id, ccy="SOL", amount=atoms("50"), collateral_ccys=("ETH", "BTC")
        )
    )
    later = c.RepayLoan(
        user_id=5, loan_id=loan_id, ccy="SOL", amount=atoms("30"), client_order_id="l2", settles_later=True
    )
    driver.do(later)
    driver.wait(5_000)
    driver.do(c.RepayLoan(user_id=5, loan_id=loan_id, ccy="SOL", amount=atoms("10"), client_order_id="l3"))
    driver.do(
        msgspec.structs.replace(
            lend, ccy="USDT", amount=atoms("7000"), collateral=(("BTC", atoms("0.2")),), client_order_id="l4"
        )
    )
    driver.price("BTC-USDT", "43000")
    driver.price("BTC-USDT", "37000")
    driver.do(c.MovePool(ccy="SOL", delta=-atoms("1")))
    driver.do(c.ReleaseMarket(instrument="BTC-USDT"))


def trouble(driver: Driver) -> None:
    """Accounts that are warned, liquidated, and not able to pay; a coin of which too much stands behind debts."""
    driver.do(c.MoveFund(delta=10 - driver.state.ledger["insurance"]["USDT"]))
    for user_id, coin, amount in ((6, "USDT", "25000"), (7, "USDC", "40000")):
        driver.price("BTC-USDT", "60000")
        driver.user(user_id, BTC="1")
        driver.do(c.ManualBorrow(user_id=user_id, ccy=coin, amount=atoms(amount)))
        driver.deposit(coin, f"-{amount}", user_id)
    set_number(driver, "collateral_limit", atoms("50000"), "currencies", "BTC")
    driver.price("BTC-USDT", "27100")
    driver.price("BTC-USDT", "25000")


def old_prices(driver: Driver) -> None:
    set_number(driver, "price_age_max_ms", 2 * HOUR_MS)
    driver.wait(3 * HOUR_MS)


def listings(driver: Driver) -> None:
    """A coin with a pool, its pair, and a price for it."""
    parameters = driver.state.parameters
    coin = msgspec.structs.replace(parameters.currencies["SOL"], ccy="XRP", name="XRP", pool=atoms("1000"))
    pair = msgspec.structs.replace(
        parameters.instruments["SOL-USDT"], instrument="XRP-USDC", base_ccy="XRP", quote_ccy="USDC"
    )
    driver.do(listing.ListCoins(currencies=(coin,), instruments=(pair,)))
    driver.price("XRP-USDC", "0.5")


def left_open(driver: Driver) -> None:
    """One of everything that waits in the state: an order and a timer, a quote, a loan and a request, a repay run."""
    prices(driver)
    driver.price("BTC-USDT", "61000")
    driver.do(c.MoveFund(delta=atoms("1000")))
    place(driver, "buy", "0.02", "40000", "left")
    driver.do(c.SetCancelTimer(user_id=1, timeout_ms=60_000))
    driver.do(c.AskQuote(user_id=1, base_ccy="BTC", quote_ccy="USDT", side="buy", size=atoms("50"), size_ccy="USDT"))
    lend = c.BorrowLoan(
        user_id=5,
        loan_id=0,
        ccy="USDT",
        amount=atoms("900"),
        collateral=(("ETH", atoms("2")),),
        client_order_id="l5",
    )
    driver.do(lend)
    driver.do(msgspec.structs.replace(lend, client_order_id="l6", settles_later=True))
    driver.do(c.ManualBorrow(user_id=4, ccy="USDC", amount=atoms("100")))
    driver.deposit("USDC", "-100", 4)
    driver.do(c.RepayDebt(user_id=4, debt_ccy="USDC", repay_ccys=("USDC", "ETH")))


STORY = (
    prices,
    accounts,
    account_modes,
    exchanged,
    orders,
    debts,
    repaid_at_once,
    converts,
    faults,
    loans,
    trouble,
    old_prices,
    listings,
    left_open,
)


def play() -> Driver:
    driver = Driver(START_MS)
    for part in STORY:
        part(driver)
    return driver


def lines_of(driver: Driver) -> list[bytes]:
    """The state before the first entry, then each entry: number, time, command, events, hash in hex."""
    genesis = core.encode_state(core.new_state(driver.parameters, START_MS)).decode()
    previous, lines = genesis_hash(genesis), [msgspec.json.encode(genesis)]
    for stamp, command, events in driver.entries:
        entry = seal(previous, stamp.seq, stamp.at_ms, encode_command(command), encode_events(command, events))
        previous = entry.hash
        told = (entry.seq, entry.at_ms, entry.command.decode(), entry.events.decode(), entry.hash.hex())
        lines.append(msgspec.json.encode(told))
    return lines


def read(number: int) -> tuple[str, list[Entry]]:
    """The state before the first entry, and the entries, as they were written in that format."""
    first, *others = path_of(number).read_bytes().splitlines()
    entries = [
        Entry(seq=seq, at_ms=at_ms, command=command.encode(), events=events.encode(), hash=bytes.fromhex(sealed))
        for seq, at_ms, command, events, sealed in map(msgspec.json.decode, others)
    ]
    return msgspec.json.decode(first), entries


def brought(number: int) -> MemoryStore:
    """The golden journal of that format, by the steps that a start takes brought to the present one."""
    genesis, entries = read(number)
    way = [STEPS[step] for step in range(number, FORMAT)]
    if way:
        for step in way:
            genesis = step.genesis(genesis)
        previous, old, entries = genesis_hash(genesis), entries, []
        rewrites = [step.entries() for step in way]
        for entry in old:
            command, events = entry.command, entry.events
            for rewrite in rewrites:
                command, events = rewrite(command, events)
            entries.append(seal(previous, entry.seq, entry.at_ms, command, events))
            previous = entries[-1].hash
    store = MemoryStore()
    store.write(WriteBatch(settings={GENESIS: genesis}, entries=entries))
    return store


# ---- what later versions are held against


def told(record: Any) -> Any:
    """A record with the name of every field, which the form on disk does not have."""
    if isinstance(record, msgspec.Struct):
        fields = {name: told(getattr(record, name)) for name in record.__struct_fields__}
        return {"": type(record).__name__} | fields
    return [told(one) for one in record] if isinstance(record, tuple | list) else record


def digest(lines: Iterable[Any]) -> str:
    return hashlib.sha256(b"\n".join(map(msgspec.json.encode, lines))).hexdigest()


def reading(store: Reader) -> dict[str, str]:
    """Digests of all that follows from a journal: its records by name, the state, and the rows of the histories."""
    state, rows = recovery.starting_state(store), []
    records = []
    for entry in checked_entries(store):
        stamp, events = core.Stamp(entry.seq, entry.at_ms), events_of(entry)
        records.append((told(command_of(entry)), told(events)))
        core.fold(state, stamp, events)
        rows += rows_of(stamp, events, state)
    rows.sort(key=lambda row: (row.table, row.user_id, row.key, row.id))
    return {"records": digest(records), "rows": digest(rows), "state": core.state_hash(state)}


def main() -> None:
    path = path_of(FORMAT)
    if path.exists() and sys.argv[1:] != ["again"]:
        raise SystemExit(f"{path.name} is there, and is kept: a changed form has another number (decisions/034)")
    path.write_bytes(b"".join(line + b"\n" for line in lines_of(play())))
    print(path.name, *(f'"{name}": "{value}",' for name, value in reading(brought(FORMAT)).items()), sep="\n")


if __name__ == "__main__":
    main()
