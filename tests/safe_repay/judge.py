"""Judgement of one call: what was sent and said, against what is true by the venue's own books."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final, Literal, TypeAlias

import msgspec
from msgspec import Struct

from tests.safe_repay.accounts import WRITES
from tests.safe_repay.network import SECOND_COPY, Network, Sent
from tests.safe_repay.truth import NOTHING, Truth

SETTLED_MS: Final = 240_000
"""After that nothing is under way any more: no run, no late request, no loan to be settled."""
REPEAT_WITHIN_MS: Final = 45_000
"""A request with a client number may be repeated for so long (issue: the number protects for 60 s)."""
TWICE: Final = ("double-delivery", SECOND_COPY)
"""Faults after which a request is carried out twice by the network's doing."""

Kind: TypeAlias = Literal["repaid", "partly", "not", "running", "unknown", "not sent"]


class Claim(Struct, frozen=True, kw_only=True):
    """What a client says of a call. `repaid` is what was sold of a conversion, and `bought` what came for it.

    None is an amount that it does not tell. `code` is the exchange's where it refused.
    """

    kind: Kind
    repaid: Decimal | None = None
    bought: Decimal | None = None
    left: Decimal | None = None
    code: str = ""
    note: str = ""

    def __str__(self) -> str:
        return f"{self.kind} (repaid {self.repaid}, left {self.left}, code {self.code!r}: {self.note})"


class Held(Struct, frozen=True, kw_only=True):
    """The truth at one moment."""

    accepted: int
    repaid: Decimal
    sold: Decimal
    bought: Decimal
    owed: Decimal

    @classmethod
    def of(cls, truth: Truth) -> Held:
        truth.look()
        return cls(
            accepted=len(truth.accepted),
            repaid=truth.repaid,
            sold=truth.sold,
            bought=truth.bought,
            owed=truth.owed(),
        )


def complaints(net: Network, truth: Truth, claim: Claim) -> list[str]:
    """All that is wrong with a call that has just returned. Lets time pass, and sends its request once more."""
    said = Held.of(truth)
    writes = [sent for sent in net.sent if sent.name == WRITES[truth.call.method]]
    found = [*_sent_too_often(net, truth, writes), *_false(truth, claim, said, len(writes))]
    found += _still_possible(net, truth, claim, said, writes)
    net.pass_ms(SETTLED_MS)
    later = Held.of(truth)
    copied = net.fault is not None and net.fault.kind == SECOND_COPY
    if not found and not copied and claim.kind != "running":
        found += [f"{claim} was said, and {later} came of it"] if _moved(said, later) else []
    return found


def _moved(before: Held, after: Held) -> bool:
    return (before.accepted, before.repaid, before.sold) != (after.accepted, after.repaid, after.sold)


def _sent_too_often(net: Network, truth: Truth, writes: list[Sent]) -> Iterator[str]:
    """No second repayment by the client's doing."""
    by_network = net.fault is not None and net.fault.kind in TWICE
    if len(truth.accepted) > 1 and not by_network:
        yield f"{len(truth.accepted)} requests were carried out"
    if len(writes) > 1:
        numbers = {msgspec.json.decode(sent.step.body).get("clOrdId") for sent in writes}
        if truth.call.method != "repay_loan":
            # The exchange told of each but the last that nothing happened, or it was not sent at all.
            if not _harmless_repeat(net):
                yield f"{len(writes)} requests to {WRITES[truth.call.method]} were sent"
        elif len(numbers) > 1 or None in numbers:
            yield f"a request was repeated under another client number: {numbers}"
        elif writes[-1].at_ms - writes[0].at_ms > REPEAT_WITHIN_MS:
            yield f"a request was repeated after {writes[-1].at_ms - writes[0].at_ms} ms"


def _harmless_repeat(net: Network) -> bool:
    """True where the fault said that the request had no effect, and was right: too many, or a wrong timestamp."""
    return net.fault is not None and net.fault.kind in ("50011", "429", "50102", "50061")


def _false(truth: Truth, claim: Claim, said: Held, writes: int) -> Iterator[str]:
    """No false outcome and no wrong sum."""
    if claim.kind == "not sent":
        if writes or said.accepted:
            yield f"{claim} was said, and {writes} requests were sent"
        return
    if claim.kind in ("unknown", "running"):
        yield f"{claim} where the history can be read"
        if claim.repaid is not None and claim.repaid > said.repaid + said.sold:
            yield f"{claim} where {said.repaid + said.sold} was repaid"
        return
    if truth.call.method == "convert":
        yield from _false_conversion(claim, said)
        return
    if claim.repaid is not None and claim.repaid != said.repaid:
        yield f"{claim} where {said.repaid} was repaid"
    if claim.left is not None and (said.repaid, claim.left) not in truth.debts:
        yield f"{claim} where {said.owed} was left"
    kind = "repaid" if said.owed == 0 else "partly" if said.repaid > 0 else "not"
    if claim.kind != kind:
        yield f"{claim} where {kind} is true"


def _false_conversion(claim: Claim, said: Held) -> Iterator[str]:
    if claim.kind != ("repaid" if said.sold else "not"):
        yield f"{claim} where {said.sold} was sold for {said.bought}"
    elif claim.kind == "repaid" and (claim.repaid, claim.bought) != (said.sold, said.bought):
        yield f"{claim} for {claim.bought} where {said.sold} was sold for {said.bought}"


def _still_possible(net: Network, truth: Truth, claim: Claim, said: Held, writes: list[Sent]) -> Iterator[str]:
    """`NotRepaid` is said only when the request can no longer be accepted: here it comes once more."""
    if claim.kind != "not" or claim.code or not writes or said.accepted:
        return
    net.deliver(writes[-1].step)
    net.pass_ms(5_000)
    if len(truth.accepted) > said.accepted:
        yield f"{claim} was said while the request could still be accepted"
        # What came of this copy is the judge's doing.
        truth.accepted.pop()
    assert truth.repaid >= NOTHING
