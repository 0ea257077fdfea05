"""Control calls of users: names, level, keys, balances, borrowing and loans."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import ip_network
from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Struct, UnsetType

from tallystick.contract.core import Doc, doc
from tallystick.contract.flexible_loan import LoanHistoryRow
from tallystick.engine import account_group, commands
from tallystick.engine.events import LoanMoved
from tallystick.engine.kinds import AccountMode
from tallystick.engine.state import State
from tallystick.server.control.form import Body, Called, Coins, ControlEndpoint, Empty, Spelling, Wrong
from tallystick.server.control.text import amount, signed_amount
from tallystick.views import flexible_loan

NAME_FORM = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
PERMISSIONS = {"read": "read_only", "trade": "trade", "withdraw": "withdraw"}

USER = doc("User", "用户")
OpenedMode: TypeAlias = Literal["3", "4"]
"""Mode that a control call opens: multi-currency margin, portfolio margin."""

# ---- what is sent


class UserBody(Body, frozen=True, kw_only=True):
    """A new user; `master` is the name of the main account, for a sub-account; `modes` are open from the start."""

    name: Annotated[str, doc("Name of the new user", "新用户的名字")]
    master: Annotated[str | None, doc("Name of its main account, for a sub-account", "子账户所属母账户的名字")] = None
    modes: Annotated[
        tuple[OpenedMode, ...],
        doc("Mode that is open from the start: 3 or 4", "一开始就开放的模式：3 或 4"),
    ] = ()


class LevelBody(Body, frozen=True, kw_only=True):
    level: Annotated[str, doc("Level, such as VIP1", "等级，如 VIP1")]


class KeyBody(Body, frozen=True, kw_only=True):
    """A new API key; `ips` are addresses and networks that may use it, all without any."""

    permissions: Annotated[list[Literal["read", "trade", "withdraw"]], doc("Permissions of the key", "密钥的权限")]
    ips: Annotated[tuple[str, ...], doc("Address or network that may use it", "允许使用的地址或网段")] = ()
    label: Annotated[str, doc("Label of the key", "密钥的备注")] = ""


class BalanceBody(Body, frozen=True, kw_only=True):
    """Change of a balance; `amt` is signed decimal text that is added to it."""

    account: Annotated[Literal["trading", "funding"], doc("Account", "账户")]
    ccy: Annotated[str, doc("Coin", "币种")]
    amt: Annotated[Coins, doc("Amount to add; with a minus to take out", "存入的数量，负数为取出")]


class SpotBorrowBody(Body, frozen=True, kw_only=True):
    enabled: Annotated[bool, doc("Switch on or off", "开或关")]


class CollateralRepayBody(Body, frozen=True, kw_only=True):
    """Repayment of `amt` of the loan coin `ccy`; `collateral` names the coins that may be sold."""

    ordId: Annotated[str, doc("Number of the loan", "借币订单号")]
    ccy: Annotated[str, doc("Coin of the debt", "负债的币种")]
    amt: Annotated[Coins, doc("Amount to repay", "还币数量")]
    collateral: Annotated[list[str], doc("Coins that may be sold", "可以卖出的质押币种")]


# ---- what is answered


class User(Struct, frozen=True, kw_only=True):
    """A user; a sub-account names its main account as `master`."""

    name: str
    uid: str
    master: str | UnsetType = UNSET


class Users(Struct, frozen=True, kw_only=True):
    users: list[User]


class Level(Struct, frozen=True, kw_only=True):
    name: str
    level: str


class Key(Struct, frozen=True, kw_only=True):
    """A new API key. No later answer has its secret and passphrase."""

    api_key: str
    secret_key: str
    passphrase: str
    permissions: list[str]


class Balance(Struct, frozen=True, kw_only=True):
    account: Literal["trading", "funding"]
    ccy: str
    amt: Coins


class SpotBorrow(Struct, frozen=True, kw_only=True):
    enabled: bool


class LoanRepaid(Struct, frozen=True, kw_only=True):
    """Rows that the repayment added to the loan's history."""

    ordId: str
    rows: list[LoanHistoryRow]


# ---- the calls


async def list_users(call: Called, body: Empty) -> Users:
    return Users(users=await call.venue.query(lambda state, _: users_of(state)))


async def create_user(call: Called, body: UserBody) -> User:
    if not NAME_FORM.fullmatch(body.name):
        raise Wrong(400, "a name has 1 to 32 characters of a-z, 0-9, _ and -, and begins with a letter or digit")
    return await call.venue.perform(
        lambda state, now_ms: commands.CreateUser(
            user_id=max(state.users, default=0) + 1,
            name=body.name,
            master_id=0 if body.master is None else id_of(state, body.master),
            modes=modes_of(body.modes),
        ),
        lambda stamp, events, state: User(
            name=body.name, uid=str(id_of(state, body.name)), master=UNSET if body.master is None else body.master
        ),
    )


async def set_level(call: Called, body: LevelBody) -> Level:
    """Set the level of a main account; its sub-accounts have the same."""
    return await call.venue.perform(
        lambda state, now_ms: commands.SetLevel(user_id=id_of(state, call.name), level=body.level),
        lambda stamp, events, state: Level(name=call.name, level=body.level),
    )


async def create_key(call: Called, body: KeyBody) -> Key:
    for entry in body.ips:
        try:
            ip_network(entry, strict=False)
        except ValueError:
            raise Wrong(400, f"{entry[:60]!r} is neither an address nor a network") from None
    if not body.permissions:
        raise Wrong(400, "a key needs a permission", "read, trade or both")
    if not re.fullmatch(r"[\x20-\x7e]{0,50}", body.label):
        raise Wrong(400, "a label is at most 50 printable ASCII characters")
    granted = dict.fromkeys(["read_only", *(PERMISSIONS[name] for name in body.permissions)])
    label = body.label or call.name
    made = await call.venue.make_key(
        tuple(granted), lambda state: id_of(state, call.name), label=label, ips=tuple(body.ips)
    )
    return Key(
        api_key=made.api_key,
        secret_key=made.secret_key,
        passphrase=made.passphrase,
        permissions=list(dict.fromkeys(["read", *body.permissions])),
    )


async def adjust_balance(call: Called, body: BalanceBody) -> Balance:
    delta = signed_amount(body.amt, "amt")
    return await call.venue.perform(
        lambda state, now_ms: commands.AdjustBalance(
            user_id=id_of(state, call.name), account=body.account, ccy=body.ccy, delta=delta
        ),
        lambda stamp, events, state: Balance(account=body.account, ccy=body.ccy, amt=body.amt),
    )


async def switch_spot_borrow(call: Called, body: SpotBorrowBody) -> SpotBorrow:
    return await call.venue.perform(
        lambda state, now_ms: commands.SwitchSpotBorrow(user_id=id_of(state, call.name), enabled=body.enabled),
        lambda stamp, events, state: SpotBorrow(enabled=body.enabled),
    )


async def repay_with_collateral(call: Called, body: CollateralRepayBody) -> LoanRepaid:
    """Sell collateral of a flexible loan to repay it; the most valuable coin is sold first."""
    if not re.fullmatch(r"[0-9]{1,20}", body.ordId):
        raise Wrong(400, "ordId must be a whole number", "borrow answers with it, and loan-info on the later surface")
    atoms = amount(body.amt, "amt")
    if atoms == 0:
        raise Wrong(400, "amt must be above zero")
    if len(set(body.collateral)) != len(body.collateral):
        raise Wrong(400, "collateral names a coin twice", "each coin is sold once")
    return await call.venue.perform(
        lambda state, now_ms: commands.RepayLoanWithCollateral(
            user_id=id_of(state, call.name),
            loan_id=int(body.ordId),
            ccy=body.ccy,
            amount=atoms,
            collateral_ccys=tuple(body.collateral),
        ),
        lambda stamp, events, state: LoanRepaid(
            ordId=body.ordId,
            rows=[flexible_loan.history_row(event, stamp.at_ms) for event in events if isinstance(event, LoanMoved)],
        ),
    )


def id_of(state: State, name: str) -> int:
    """Id of a user, asked at the turn of what is done with it: a reset gives numbers anew. Raises Wrong 404."""
    for user in state.users.values():
        if user.name == name:
            return user.user_id
    known = [user.name for user in state.users.values()][:20]
    raise Wrong(404, f"there is no user {name[:40]!r}", "there are: " + ", ".join(known))


def modes_of(named: Sequence[OpenedMode]) -> tuple[AccountMode, ...]:
    """Modes of the engine."""
    return tuple(3 if name == "3" else 4 for name in named)


def users_of(state: State) -> list[User]:
    return [
        User(
            name=user.name,
            uid=str(user.user_id),
            master=account_group.main_of(state, user.user_id).name if user.master_id else UNSET,
        )
        for user in state.users.values()
    ]


ENDPOINTS = (
    ControlEndpoint(
        "GET",
        "users",
        Empty,
        Users,
        list_users,
        Doc("List users", "列出用户"),
        spelling=Spelling("users list"),
    ),
    ControlEndpoint(
        "POST",
        "users",
        UserBody,
        User,
        create_user,
        Doc(
            "Make a user; with `master` a sub-account, which has its own keys, balances and borrowing switch",
            "创建用户；带 `master` 则为子账户，它有自己的密钥、余额和借币开关",
        ),
        ('{"name": "carol"}', '{"name": "carol-bot", "master": "carol"}'),
        spelling=Spelling("users add", ("name",)),
    ),
    ControlEndpoint(
        "POST",
        "users/*/level",
        LevelBody,
        Level,
        set_level,
        Doc(
            "Set the level of a main account; it multiplies the borrowing quota shared with its sub-accounts",
            "设定母账户的等级，决定它与子账户共用的借币额度的倍数",
        ),
        ('{"level": "VIP1"}',),
        spelling=Spelling("users level", ("level",), USER),
    ),
    ControlEndpoint(
        "POST",
        "users/*/keys",
        KeyBody,
        Key,
        create_key,
        Doc("Make an API key; only this answer has its secret", "创建 API key，Secret Key 只在此时给出"),
        ('{"permissions": ["read", "trade"], "ips": [], "label": "bot"}',),
        spelling=Spelling("users key", ("permissions",), USER),
    ),
    ControlEndpoint(
        "POST",
        "users/*/balance",
        BalanceBody,
        Balance,
        adjust_balance,
        Doc("Add coins to an account; a negative amount takes them out", "向账户存入币，负数为取出"),
        ('{"account": "trading", "ccy": "BTC", "amt": "1"}',),
        spelling=Spelling("users balance", ("account", "ccy", "amt"), USER),
    ),
    ControlEndpoint(
        "POST",
        "users/*/spot-borrow",
        SpotBorrowBody,
        SpotBorrow,
        switch_spot_borrow,
        Doc("Switch borrowing in Spot mode", "开关现货模式借币"),
        ('{"enabled": true}',),
        spelling=Spelling("users spot-borrow", ("enabled",), USER),
    ),
    ControlEndpoint(
        "POST",
        "users/*/loans/repay-with-collateral",
        CollateralRepayBody,
        LoanRepaid,
        repay_with_collateral,
        Doc(
            "Sell collateral of a flexible loan to repay it; borrow and loan-info tell its `ordId`",
            "卖出活期借币的质押物来还币；`ordId` 见 borrow 和 loan-info 的返回",
        ),
        ('{"ordId": "4119257", "ccy": "USDT", "amt": "500", "collateral": ["BTC"]}',),
        spelling=Spelling("users repay-with-collateral", ("ordId", "ccy", "amt", "collateral"), USER),
    ),
)
