"""Files of past market data, which the exchange hands out by day or month; this venue makes none."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from tallystick.contract.core import Either, Endpoint, Grammar, Limit, Many, Ms, Request, Row, doc, documented

SECTION = "data_files"
NAMES_MAX = 10

DataModule: TypeAlias = Literal["1", "2", "3", "4", "5", "6", "11"]
"""Trades, candles of a minute, funding rates, books of three depths, borrowing rates."""
Period: TypeAlias = Literal["daily", "monthly"]
InstIdOrAny: TypeAlias = Annotated[str, Grammar("instrument or ANY", r"ANY|[A-Z0-9_]{1,16}(?:-[A-Z0-9_]{1,16}){1,4}")]
FamilyOrAny: TypeAlias = Annotated[str, Grammar("family or ANY", r"ANY|[A-Z0-9_]{1,16}(?:-[A-Z0-9_]{1,16}){0,2}")]

FILES = doc("Files of it", "数据文件")
PERIOD = doc("Files by day or by month", "按日或按月的文件")


class MarketDataHistory(Request, frozen=True, kw_only=True):
    """Spot pairs are named by `instIdList`, all others by `instFamilyList`."""

    module: Annotated[DataModule, doc("Kind of data", "数据类型")]
    instType: Literal["SPOT", "FUTURES", "SWAP", "OPTION"]
    instIdList: Annotated[
        tuple[InstIdOrAny, ...], Many(most=NAMES_MAX), doc("Spot pairs, or ANY", "现货币对，或 ANY")
    ] = ()
    instFamilyList: Annotated[
        tuple[FamilyOrAny, ...], Many(most=NAMES_MAX), doc("Families of contracts, or ANY", "合约交易品种，或 ANY")
    ] = ()
    dateAggrType: Annotated[Period, PERIOD]
    begin: Annotated[Ms, doc("First day, Unix milliseconds", "起始日期，Unix 毫秒")]
    end: Annotated[Ms, doc("Last day, Unix milliseconds", "结束日期，Unix 毫秒")]


class DataFile(Row, frozen=True, kw_only=True):
    dateTs: Annotated[str, doc("Its day, Unix milliseconds", "数据日期，Unix 毫秒")]
    filename: Annotated[str, doc("Name of the file", "文件名")]
    sizeMB: Annotated[str, doc("Size in MB", "文件大小（MB）")]
    url: Annotated[str, doc("Where to download it", "下载链接")]


class DataGroup(Row, frozen=True, kw_only=True):
    dateRangeEnd: Annotated[str, doc("Last day there is, Unix milliseconds", "数据结束日期，Unix 毫秒")]
    dateRangeStart: Annotated[str, doc("First day there is, Unix milliseconds", "数据起始日期，Unix 毫秒")]
    groupDetails: Annotated[tuple[DataFile, ...], FILES]
    groupSizeMB: Annotated[str, doc("Size of the group in MB", "数据组大小（MB）")]
    instFamily: str
    instId: str
    instType: str


class MarketDataHistoryRow(Row, frozen=True, kw_only=True):
    dateAggrType: Annotated[Period, PERIOD]
    details: Annotated[tuple[DataGroup, ...], FILES]
    totalSizeMB: Annotated[str, doc("Size of all in MB", "全部文件大小（MB）")]
    ts: str


MARKET_DATA_HISTORY = Endpoint(
    name="market_data_history",
    method="GET",
    path="/api/v5/public/market-data-history",
    section=SECTION,
    title=doc("Files of past market data; there are none here", "历史市场数据文件，本平台没有"),
    request=MarketDataHistory,
    answer=MarketDataHistoryRow,
    permission=None,
    limits=(Limit(5, 2_000, "ip"),),
    either=(Either(("instIdList", "instFamilyList")),),
    source=documented("public-data-rest-api-get-historical-market-data"),
)

ENDPOINTS = (MARKET_DATA_HISTORY,)
