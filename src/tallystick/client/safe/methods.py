"""Safe repay as methods of both halves."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from tallystick.client import safe
from tallystick.client.halves import AsyncHalf, Half

if TYPE_CHECKING:
    from tallystick.client.safe.outcomes import Converted, NotConverted, Outcome, Plan, StillRunning, UnknownOutcome

WAIT_S: Final = 120.0


def listed(using: Iterable[str]) -> tuple[str, ...]:
    """Coins to repay with. Raises TypeError: one text in place of a list."""
    if isinstance(using, str):
        raise TypeError(f"using is a list of coins, the first first: using=[{using!r}]")
    return tuple(using)


class SafeRepay(Half):
    """Repayments that plan, act once, and say what happened."""

    def plan_repay(self, *, debt: str, using: Iterable[str]) -> Plan:
        """Plan of a one-click repay of this debt with these coins, by the prices of the moment. Sends no write."""
        return self._run(safe.plans.planned(self._session, debt, listed(using)))

    def repay(self, *, debt: str, using: Iterable[str], wait: float = WAIT_S) -> Outcome:
        """Repay a debt with a list of coins, the first first, and wait up to `wait` seconds for the outcome.

        Sends one request, never a second. Raises IntentOpen where an earlier repay of this debt has no known outcome,
        and NotSent where nothing was sent; what happens after sending is told by the outcome. Raises TypeError for a
        list that is one text ("BTC" has the letters B, T and C), BadParameter for a coin that is not traded here.
        """
        return self._run(safe.one_click.repay(self._session, debt, listed(using), wait))

    def repay_spot(self, *, ccy: str, amt: Decimal | int | str | None = None, wait: float = WAIT_S) -> Outcome:
        """Repay a debt by hand from coins at hand. Without `amt` everything, with the interest of this second.

        Raises ValueError for an amount that is no decimal above zero, TypeError for a float, as `convert` and
        `repay_loan` do; BadParameter for a coin that is not traded here. Then nothing was sent.
        """
        return self._run(safe.by_hand.repay_spot(self._session, ccy, amt, wait))

    def convert(
        self, *, sell: str, buy: str, amt: Decimal | int | str, wait: float = WAIT_S
    ) -> Converted | NotConverted | StillRunning | UnknownOutcome:
        """Sell `amt` of one coin for another: one quote, one trade against it."""
        return self._run(safe.converting.convert(self._session, sell, buy, amt, wait))

    def repay_loan(self, *, ord_id: str | int, ccy: str, amt: Decimal | int | str, wait: float = WAIT_S) -> Outcome:
        """Repay a flexible loan. Its client number protects for 60 s: it is repeated within 45 s, later never."""
        return self._run(safe.loans.repay_loan(self._session, str(ord_id), ccy, amt, wait))

    def resume(self, *, wait: float = WAIT_S) -> list[Outcome | Converted | NotConverted]:
        """Outcomes of all intents of this key that were left without one, after a crash or a StillRunning."""
        return self._run(safe.resuming.resume(self._session, wait))


class AsyncSafeRepay(AsyncHalf):
    """Repayments that plan, act once, and say what happened, awaited."""

    async def plan_repay(self, *, debt: str, using: Iterable[str]) -> Plan:
        """Plan of a one-click repay of this debt with these coins, by the prices of the moment. Sends no write."""
        return await self._run(safe.plans.planned(self._session, debt, listed(using)))

    async def repay(self, *, debt: str, using: Iterable[str], wait: float = WAIT_S) -> Outcome:
        """Repay a debt with a list of coins, see `SafeRepay.repay`."""
        return await self._run(safe.one_click.repay(self._session, debt, listed(using), wait))

    async def repay_spot(self, *, ccy: str, amt: Decimal | int | str | None = None, wait: float = WAIT_S) -> Outcome:
        """Repay a debt by hand from coins at hand. Without `amt` everything, with the interest of this second."""
        return await self._run(safe.by_hand.repay_spot(self._session, ccy, amt, wait))

    async def convert(
        self, *, sell: str, buy: str, amt: Decimal | int | str, wait: float = WAIT_S
    ) -> Converted | NotConverted | StillRunning | UnknownOutcome:
        """Sell `amt` of one coin for another: one quote, one trade against it."""
        return await self._run(safe.converting.convert(self._session, sell, buy, amt, wait))

    async def repay_loan(
        self, *, ord_id: str | int, ccy: str, amt: Decimal | int | str, wait: float = WAIT_S
    ) -> Outcome:
        """Repay a flexible loan. Its client number protects for 60 s: it is repeated within 45 s, later never."""
        return await self._run(safe.loans.repay_loan(self._session, str(ord_id), ccy, amt, wait))

    async def resume(self, *, wait: float = WAIT_S) -> list[Outcome | Converted | NotConverted]:
        """Outcomes of all intents of this key that were left without one, after a crash or a StillRunning."""
        return await self._run(safe.resuming.resume(self._session, wait))
