"""Kinds of the text in answers: amounts, times, rates with their period, and plain text.

Every scalar is text on the wire, so a name says nothing about what may be computed with it. One name is of one
kind almost everywhere, so it stands here once; `OF_RECORD` names the records where it is of another kind.
"""

from __future__ import annotations

import enum
from typing import Final

from msgspec import Struct


class Kind(enum.Enum):
    """Kind of a value: its unit, or what stands in its place."""

    TEXT = "text"
    AMOUNT = "amount"
    """Decimal text: amounts, prices, sizes, shares and ratios."""
    WHOLE = "whole number"
    TIME = "Unix milliseconds"
    HOURLY = "rate an hour"
    DAILY = "rate a day"
    YEARLY = "rate a year"
    ISO = "ISO 8601 time"
    DURATION = "number and unit of time"
    OBJECTS = "objects without a declared form"


MAYBE_EMPTY: Final = "may be empty"
"""Mark of an answer's text that is "" where there is no value."""


def _names(kind: Kind, names: str) -> dict[str, Kind]:
    return dict.fromkeys(_words(names), kind)


def _words(text: str) -> list[str]:
    return text.split()


KINDS: Final[dict[str, Kind]] = {
    **_names(
        Kind.TIME,
        """
        auctionEndTime begin cTime contTdSwTime dateRangeEnd dateRangeStart dateTs depEstOpenTime effTime end expTime
        fillTime fundingTime listTime maxBalTs nextDiscountTime nextFundingTime nextInterestTime pTime preMktSwTime
        preOpenBegin quoteTime triggerTime ts uTime wdEstOpenTime
        """,
    ),
    **_names(Kind.DAILY, "rate"),
    **_names(Kind.HOURLY, "interestRate"),
    **_names(Kind.YEARLY, "apr earnApr estRate lendingRate preRate"),
    **_names(
        Kind.WHOLE,
        """
        accRateLimit actualDepBlkConfirm checksum count instIdCode minDepArrivalConfirm minWdUnlockConfirm
        nextAccRateLimit prevSeqId seqId ttlMs
        """,
    ),
    **_names(Kind.OBJECTS, "attachAlgoOrds closeOrderAlgo fiat posData"),
    **_names(
        Kind.TEXT,
        """
        addr adl adlType algoClOrdId algoId alias amendResult amendSource apiKey areaCodeFrom areaCodeTo atRiskIdx
        atRiskMgn attachAlgoClOrdId baseCcy billId bizRefId bizRefType borrowCcy cancelSource cancelSourceReason
        category ccy ccyList chain clOrdId clQReqId clTReqId clientId code colBorrAutoConversion collateralCcy ctAddr
        ctType ctValCcy debtCcy depId direction discountLv env exch exchId exchName feeCcy filename fillFeeCcy
        firstLvSubAcct formulaType from fromCcy fromWdId frozenFunc groupId href index instCategory instFamily instId
        instType ip isoMode label level levelTmp liabCcy liabChgCcy logoLink mainUid maintType method mgnCcy mgnMode
        mobile msg name note notes openType optType ordId outcome perm posCcy posId posList posSide pxType
        quickMgnType quoteCcy quoteId rebateCcy refId repayCcy repayCcyList reqId rfqSzCcy riskOffsetType rpiMinLevel
        ruleType sCode sMsg scheDesc seriesId serviceType settState settleCcy settleCcyList slTriggerPxType source
        spotInUseCcy spotOffsetType spotTraderInsts state stpId stpMode subAcct subCode subType subTypeDesc symbol
        system tag tgtCcy tier title to toAddrType toCcy toInstId tpTriggerPxType tradeId tradeQuoteCcy
        tradeQuoteCcyList traderInsts transId txId type typeDesc uid uly url verifiedName wdId estCompleteTime freq
        """,
    ),
    **_names(
        Kind.AMOUNT,
        """
        accAvgPx accBorrowed accFillSz acctAvailEq adjEq adjEqChg amt askPx askSz autoLendMtAmt availBal availBalChg
        availBuy availEq availLoan availPos availSell avgAmt avgAmtUsd avgPx avgRate bal balChg balance baseBal
        baseBorrowed baseCcyMax baseCcyMin baseInterest baseMaxLoan baseSz bePx bidPx bidSz borrowFroz burningFeeRate
        buyLmt c cashBal classic clSpotInUseAmt closeAvgPx closeTotalPos cnvPx cnvtPx coinUsdPrice
        collateralNotionalUsd crossLiab ctMult ctVal curLTV debt debtAmt decRate delivery delta deltaBS deltaLever
        deltaPA depQuotaFixed depQuoteDailyLayer2 disCcyEq disEq discountRate earn earnAmt elpMaker eq eqPx eqUsd
        estAvailQuoteTrans estAvailTrans estLiqPx estMaxAmt estMgn estQuoteMaxAmt estQuoteMgn exercise fee feeRate
        fillBaseSz fillDebtSz fillFee fillFromSz fillFwdPx fillIdxPx fillMarkPx fillMarkVol fillNotionalUsd fillPnl
        fillPx fillPxUsd fillPxVol fillQuoteSz fillRatio fillRepaySz fillSz fillToSz fillVol fixedBal floatPxLmtPct
        fromAmt frozenBal funding fundingFee fundingRate fwdPx gammaBS gammaPA groupSizeMB h hedgedPos high24h idxPx
        impactValue imr imrChg initPxLmtPct interest interestFreeLiab irDiscount isoEq isoLiab isoUpl l last lastPx
        lastSz lever liab liabChg liqLTV liqPenalty liqPenaltyRate liqPx liqPxDiff liqPxDiffRatio loan loanAlloc
        loanNotionalUsd loanQuota loanQuotaCoef longPosRemainingQuota lotSz low24h mainFillRatio maker makerU
        makerUSDC margin marginCallLTV markPx matchedSz max maxAmt maxBal maxBuy maxFee maxFeeForCtAddr
        maxFundingRate maxIcebergSz maxLever maxLmtAmt maxLmtSz maxLoan maxMktAmt maxMktSz maxPlatOICoinLmt
        maxPlatOILmt maxPx maxPxLmtPct maxRedeemAmt maxSell maxSpotInUse maxSpotInUseAmt maxStopSz maxSz maxTriggerSz
        maxTwapSz maxWd maxWdEx mgnRatio mgnRatioChg min minAmt minDep minDiscountRate minFee minFeeForCtAddr
        newValue
        minFundingRate minInternal minLever minPx minSz minWd mmr mmrChg nextFundingRate nonSettleAvgPx notionalLever
        notionalUsd notionalUsdForBorrow notionalUsdForFutures notionalUsdForOption notionalUsdForSwap o oi oiCcy
        oiUsd open24h openAvgPx openMaxPos optMgnFactor optVal ordFroz ordFrozen origRfqSz pendingCloseOrdLiabVal pnl
        pnlRatio pos posBal posBalChg posLmtAmt posLmtPct posLoan potentialBorrowingAmt premium px pxUsd pxVol quota
        quoteBal quoteBorrowed quoteCcyMax quoteCcyMin quoteInterest quoteMaxLoan quoteSz realizedPnl rebate
        remainingQuota repayAmt rewardBal rfqSz rpiMaker rpiMinPxBand sellLmt settFundingRate settle settledPnl
        shortPosRemainingQuota sizeMB slOrdPx slTriggerPx smtSyncEq sodUtc0 sodUtc8 spotBal spotCopyTradingEq
        spotInUseAmt spotIsoBal spotOffsetMaxWd spotOffsetMaxWdEx spotUpl spotUplRatio stgyEq stk surplusLmt symPx sz
        taker takerU takerUSDC thetaBS thetaPA tickSz total totalAsset totalBal totalEq totalLiab totalPnl
        totalPnlRatio totalSizeMB tpOrdPx tpTriggerPx trading triggerPx unmatchedSz upl uplLastPx uplLiab uplRatio
        uplRatioLastPx usdCny usdPx usedDepQuotaFixed usedLmt usedLoan usedWdQuota vegaBS vegaPA vol vol24h volCcy
        volCcy24h volCcyQuote volCny volUsd wdQuota wdTickSz wgt
        """,
    ),
}
"""Kind of each name that has a value of its own in an answer."""

OF_RECORD: Final[dict[tuple[str, str], Kind]] = {
    ("FundingRateRow", "interestRate"): Kind.AMOUNT,
    ("LendingRateHistoryRow", "rate"): Kind.YEARLY,
    ("LendingRateSummaryRow", "avgRate"): Kind.YEARLY,
    ("LoanInterestAccruedRow", "interestRate"): Kind.YEARLY,
}
"""Kinds by record and name, where they differ from that of the name. Rates of funding have periods of their own."""


ONE_ROW: Final[frozenset[str]] = frozenset(
    _words("""
    place_order cancel_order get_order amend_order cancel_all_after mass_cancel account_rate_limit order_precheck
    close_position one_click_repay_currency_list_v2 one_click_repay_v2 balance config set_leverage adjust_leverage
    set_account_level switch_preset switch_precheck set_position_mode set_isolated_mode set_settle_ccy set_fee_type
    set_trading_config set_auto_earn set_auto_loan set_collateral_assets risk_state position_risk set_auto_repay
    spot_manual_borrow_repay interest_limits transfer transfer_state asset_valuation withdrawal cancel_withdrawal
    subaccount_balance subaccount_transfer convert_currency_pair convert_estimate_quote convert_trade
    easy_convert_currency_list loan_max_loan loan_borrow loan_repay time ticker
    books books_full books_lite books_rpi exchange_rate platform_volume price_limit loan_quotas contract_coin
    market_data_history
    """)
)
"""Endpoints whose answer has exactly one row, by the documented samples."""


def kind(record: type[Struct], name: str) -> Kind:
    """Kind of a field of an answer. Raises KeyError for a name without one, which a test finds first."""
    return OF_RECORD.get((record.__name__, name)) or KINDS[name]
