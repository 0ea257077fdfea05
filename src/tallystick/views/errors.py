"""The exchange's codes for the engine's refusals. Codes that the public record does not name: decisions/005."""

from __future__ import annotations

from tallystick.contract.errors.form import coins_named
from tallystick.contract.surface import FIRST, TOO_FEW_COINS_FOR_LOAN, Rule
from tallystick.engine.amounts import text_from_atoms
from tallystick.engine.rejects import Reject, Rejected
from tallystick.views.core import Refusal

CODES: dict[Reject, str] = {
    Reject.UNKNOWN_USER: "50119",
    Reject.UNKNOWN_CCY: "51012",
    Reject.UNKNOWN_INSTRUMENT: "51001",
    Reject.AMOUNT_TOO_FINE: "51000",
    Reject.INSUFFICIENT_BALANCE: "51008",
    Reject.USER_EXISTS: "50071",
    Reject.WOULD_BE_NEGATIVE: "58350",
    Reject.PRICE_NOT_POSITIVE: "51000",
    Reject.DEBT_OUTSTANDING: "59001",
    Reject.NOT_A_MAIN_ACCOUNT: "51000",
    Reject.UNKNOWN_LEVEL: "51000",
    Reject.UNKNOWN_PARAMETER: "51000",
    Reject.PARAMETER_FIXED: "51000",
    Reject.PARAMETER_OUT_OF_RANGE: "51000",
    Reject.PARAMETERS_DISAGREE: "51000",
    Reject.LISTING_IMPOSSIBLE: "51000",
    Reject.TOO_MANY_BIDS: "51000",
    Reject.BID_IMPOSSIBLE: "51000",
    Reject.FAULT_IMPOSSIBLE: "51000",
    Reject.TOO_MANY_FAULTS: "51000",
    Reject.BORROWING_NOT_ENABLED: "51010",
    Reject.NOT_BORROWABLE: "59410",
    Reject.BELOW_MIN_BORROW: "59414",
    Reject.ABOVE_BORROW_LIMIT: "59412",
    Reject.POOL_EXHAUSTED: "59417",
    Reject.MARGIN_INSUFFICIENT: "59411",
    Reject.NO_DEBT: "59413",
    Reject.NOTHING_AVAILABLE: "51008",
    Reject.IN_LIQUIDATION: "50022",
    Reject.LEVERAGE_TOO_HIGH: "59102",
    Reject.LEVERAGE_TOO_LOW: "59105",
    Reject.LEVERAGE_ABOVE_TIER: "59104",
    Reject.LEVERAGE_MARGIN: "59109",
    Reject.SAME_ACCOUNT: "58123",
    Reject.DUPLICATE_CLIENT_ID: "52925",
    Reject.NO_SUCH_SUB_ACCOUNT: "58115",
    Reject.SAME_SUB_ACCOUNT: "59507",
    Reject.NOT_THE_GIVER: "58128",
    Reject.TRANSFER_OUT_OFF: "58119",
    Reject.OTHER_MODE: "51010",
    Reject.MODE_CLOSED: "51070",
    Reject.SWITCH_ASSETS: "59133",
    Reject.SWITCH_ORDERS: "59132",
    Reject.SWITCH_ALGOS: "59132",
    Reject.SWITCH_FIXED_LOAN: "59641",
    Reject.SWITCH_DEBTS: "59001",
    Reject.SWITCH_REGION: "59114",
    Reject.SWITCH_IDENTITY: "59113",
    Reject.SWITCH_MARGIN: "59139",
    Reject.ORDERS_BORROW: "59000",
    Reject.COIN_NOT_ELIGIBLE: "59658",
    Reject.COLLATERAL_FIXED: "59661",
    Reject.COLLATERAL_BORROWED: "59664",
    Reject.COLLATERAL_IN_ORDERS: "59662",
    Reject.COLLATERAL_NEEDED: "59665",
    Reject.NEGATIVE_BALANCES: "58117",
    Reject.TRANSFER_ABOVE_AVAILABLE: "58116",
    Reject.TRANSFER_RISK: "58121",
    Reject.SIZE_OFF_LOT: "51121",
    Reject.SIZE_BELOW_MIN: "51020",
    Reject.PRICE_OFF_TICK: "51150",
    Reject.DUPLICATE_ORDER_ID: "51016",
    Reject.TOO_MANY_ORDERS_HERE: "51174",
    Reject.TOO_MANY_ORDERS: "51025",
    Reject.UNKNOWN_ORDER: "51400",
    Reject.ORDER_CLOSED: "51400",
    Reject.POST_ONLY_WOULD_TAKE: "51511",
    Reject.STP_AGAINST_KIND: "50016",
    Reject.TOO_MANY_TIMERS: "51071",
    Reject.NO_PRICE: "51008",
    Reject.ORDER_ABOVE_TIER: "51017",
    Reject.CROSS_ORDER_ABOVE_TIER: "51008/tier",
    Reject.AUTO_LOAN_OFF: "51008/auto_loan",
    Reject.ORDER_LOWERS_EQUITY: "51008/delta",
    Reject.ORDER_ABOVE_QUOTA: "51008/quota",
    Reject.ORDER_POOL_EXHAUSTED: "51008/pool",
    Reject.ORDER_COLLATERAL_RESTRICTED: "51008/restricted",
    Reject.ORDER_BORROW_RESTRICTED: "51008/restricted_borrow",
    Reject.DEBT_NOT_BORROWABLE: "59142",
    Reject.COIN_UNSUPPORTED: "59125",
    Reject.REPAY_OFF: "59119",
    Reject.RUN_IN_PROGRESS: "59121",
    Reject.TOO_MANY_COINS: "59117",
    Reject.DEBT_COIN_NOT_FIRST: "59129",
    Reject.COIN_IS_DUST: "59130",
    Reject.COIN_NOT_COLLATERAL: "59140",
    Reject.BELOW_MIN_REPAYMENT: "59141",
    Reject.LOAN_REQUEST_UNDER_WAY: "51784",
    Reject.LOAN_REQUEST_DUPLICATE: "51016",
    Reject.TOO_MANY_LOAN_REQUESTS: "51759",
    Reject.UNKNOWN_LOAN: "51063",
    Reject.COLLATERAL_IS_LOAN_CCY: "51750",
    Reject.LOAN_CCY_NOT_BORROWABLE: "51751",
    Reject.CCY_NOT_COLLATERAL: "51752",
    Reject.COLLATERAL_MISSING: "50014",
    Reject.NOT_IN_COLLATERAL: "51753",
    Reject.LOAN_WITHOUT_DEBT: "51754",
    Reject.ABOVE_REDEEMABLE: "51756",
    Reject.ABOVE_LOAN_LIMIT: "51759",
    Reject.NOT_LOAN_CCY: "51754",
    Reject.NO_E_MODE_PAIR: "51785",
    Reject.COLLATERAL_TOO_LITTLE: "51757",
    Reject.FUNDING_INSUFFICIENT: "58350",
    Reject.NO_SUCH_PAIR: "58009",
    Reject.BELOW_CONVERT_MIN: "52917",
    Reject.ABOVE_CONVERT_MAX: "52918",
    Reject.RESULT_TOO_SMALL: "59689",
    Reject.UNKNOWN_QUOTE: "52927",
    Reject.QUOTE_EXPIRED: "52922",
    Reject.QUOTE_TRADED: "52921",
    Reject.QUOTE_ALTERED: "52919",
    Reject.ABOVE_QUOTED_SIZE: "52920",
    Reject.CCY_NOT_CONVERTIBLE: "59125",
    Reject.CONVERT_UNAVAILABLE: "59120",
    Reject.NOT_DUST: "59124",
}

OTHER_CODES: dict[str, dict[Reject, str]] = {
    "place_order": {Reject.MARGIN_INSUFFICIENT: "51008/margin"},
    "order_precheck": {Reject.MARGIN_INSUFFICIENT: "51008/margin"},
    "amend_order": {
        Reject.UNKNOWN_ORDER: "51503",
        Reject.INSUFFICIENT_BALANCE: "51502/balance",
        Reject.ORDER_ABOVE_TIER: "51502/tier",
        Reject.CROSS_ORDER_ABOVE_TIER: "51502/tier",
        Reject.AUTO_LOAN_OFF: "51502/balance",
        Reject.ORDER_LOWERS_EQUITY: "51502",
        Reject.ORDER_ABOVE_QUOTA: "51502/quota",
        Reject.ORDER_POOL_EXHAUSTED: "51502/pool",
        Reject.MARGIN_INSUFFICIENT: "51502",
        Reject.ORDER_COLLATERAL_RESTRICTED: "51502",
        Reject.ORDER_BORROW_RESTRICTED: "51502",
    },
    "easy_convert": {Reject.MARGIN_INSUFFICIENT: "51008/margin"},
    "convert_estimate_quote": {Reject.AMOUNT_TOO_FINE: "52928"},
    "convert_trade": {
        Reject.INSUFFICIENT_BALANCE: "52914",
        Reject.MARGIN_INSUFFICIENT: "52914",
        Reject.AMOUNT_TOO_FINE: "52928",
    },
    "transfer": {Reject.MARGIN_INSUFFICIENT: "58116", Reject.DUPLICATE_CLIENT_ID: "51000"},
    "subaccount_transfer": {Reject.MARGIN_INSUFFICIENT: "58116"},
}
"""Endpoint -> codes it uses in place of those above."""

OF_COINS = (Reject.COIN_NOT_ELIGIBLE, Reject.COLLATERAL_IN_ORDERS, Reject.COLLATERAL_BORROWED)
"""Refusals whose text names all coins that they are about."""

LATER_CODES: dict[Reject, tuple[Rule, str]] = {Reject.FUNDING_INSUFFICIENT: (TOO_FEW_COINS_FOR_LOAN, "51764")}
"""Codes that came after the default surface, each with the rule that says for which endpoints and since when."""


def refusal_of(endpoint: str, rejected: Rejected, amount_field: str, surface: str = FIRST) -> Refusal:
    """Code and details of a rejection by this endpoint on this surface. Order codes are the same on both surfaces."""
    reject = rejected.reject
    code = OTHER_CODES.get(endpoint, {}).get(reject) or CODES[reject]
    rule, later = LATER_CODES.get(reject, (None, ""))
    if rule is not None and endpoint in rule.endpoints and rule.holds(surface):
        code = later
    details = {
        name.removesuffix("_atoms"): text_from_atoms(int(value)) if name.endswith("_atoms") else value
        for name, value in rejected.details.items()
    }
    if code == "51000":
        details.setdefault("param", "clientId" if reject is Reject.DUPLICATE_CLIENT_ID else amount_field or "amt")
    if reject in OF_COINS:
        code, named = coins_named(code, details["ccy"].split(", "))
        details |= named
    if reject is Reject.STP_AGAINST_KIND:
        details |= {"param": "stpMode", "other": "ordType"}
    if reject is Reject.COLLATERAL_MISSING:
        details["param"] = "collateralData"
    if reject is Reject.MARGIN_INSUFFICIENT and code == "51008/margin":
        details.setdefault("ccy", "USD")
    return Refusal(code, **details)
