"""Answers of the control calls as typed records.

Made by `python -m docs.client_levers` from the control calls; not edited by hand.
"""

from __future__ import annotations

from tallystick.client.readers import (
    MaybeShaped,
    Shaped,
    amount,
    anything,
    flag,
    listed,
    mapped,
    moment,
    paired,
    text,
    whole,
)
from tallystick.client.records import Record


class Advancing(Record):
    """An advance under way, and the per cent of it that are done."""

    __slots__ = ()

    since = Shaped(moment)
    to = Shaped(moment)
    percent = Shaped(whole)


class Clock(Record):
    """The venue's time, ISO 8601 and Unix ms, and the mode and speed of its clock."""

    __slots__ = ()

    now = Shaped(moment)
    now_ms = Shaped(whole)
    mode = Shaped(text)
    speed = Shaped(whole)
    advancing = MaybeShaped(Advancing)


class Price(Record):
    """Answer with instId, px."""

    __slots__ = ()

    instId = Shaped(text)
    px = Shaped(amount)


class Prices(Record):
    """Answer with prices."""

    __slots__ = ()

    prices = Shaped(mapped(text))


class Instrument(Record):
    """Answer with instId."""

    __slots__ = ()

    instId = Shaped(text)


class Shown(Record):
    """One parameter as shown. `source` and `note` belong to the packaged value, which is shown beside a changed one."""

    __slots__ = ()

    value = Shaped(anything)
    source = Shaped(text)
    note = Shaped(text)
    changed = Shaped(flag)
    packaged = Shaped(anything, default=None)
    changed_at_ms = Shaped(whole, default=0)
    least = Shaped(text, default="")
    most = Shaped(text, default="")
    fixed = Shaped(text, default="")


class Meaning(Record):
    """Description of one parameter and of its unit, in both languages; a name or a flag has no unit."""

    __slots__ = ()

    about = Shaped(text)
    about_zh = Shaped(text)
    unit = Shaped(text)
    unit_zh = Shaped(text)


class Parts(Record):
    """All parameters by table, row and field; constants have no rows. `meanings` are by table and field."""

    __slots__ = ()

    instruments = Shaped(mapped(mapped(Shown)))
    currencies = Shaped(mapped(mapped(Shown)))
    constants = Shaped(mapped(Shown))
    meanings = Shaped(mapped(mapped(Meaning)))


class Changed(Record):
    """Path and new value of each parameter that changed."""

    __slots__ = ()

    changed = Shaped(mapped(anything))


class EndpointSource(Record):
    """Source of an endpoint's declaration. `where` is the anchor of the document, the recording, or the decision."""

    __slots__ = ()

    name = Shaped(text)
    method = Shaped(text)
    path = Shaped(text)
    source = Shaped(text)
    where = Shaped(text)


class Decision(Record):
    """Page of docs/decisions. `settings` are the parameters that change the choice; "*" is any row."""

    __slots__ = ()

    page = Shaped(text)
    title = Shaped(text)
    settings = Shaped(listed(text))
    title_zh = Shaped(text)
    source = Shaped(text)


class ParameterSource(Record):
    """Source of a parameter. `fixed` says why it cannot be changed at run time; empty means that it can."""

    __slots__ = ()

    name = Shaped(text)
    value = Shaped(anything)
    source = Shaped(text)
    note = Shaped(text)
    fixed = Shaped(text)


class Fidelity(Record):
    """Answer with endpoints, decisions, parameters."""

    __slots__ = ()

    endpoints = Shaped(listed(EndpointSource))
    decisions = Shaped(listed(Decision))
    parameters = Shaped(listed(ParameterSource))


class ListedCoins(Record):
    """Names of the coins and pairs that were listed."""

    __slots__ = ()

    currencies = Shaped(listed(text))
    instruments = Shaped(listed(text))


class MadeAccount(Record):
    """Coins that a user's trading account now holds and owes, as decimal text by coin."""

    __slots__ = ()

    name = Shaped(text)
    held = Shaped(mapped(amount))
    owed = Shaped(mapped(amount))


class User(Record):
    """A user; a sub-account names its main account as `master`."""

    __slots__ = ()

    name = Shaped(text)
    uid = Shaped(text)
    master = MaybeShaped(text)


class Users(Record):
    """Answer with users."""

    __slots__ = ()

    users = Shaped(listed(User))


class Level(Record):
    """Answer with name, level."""

    __slots__ = ()

    name = Shaped(text)
    level = Shaped(text)


class Key(Record):
    """A new API key. No later answer has its secret and passphrase."""

    __slots__ = ()

    api_key = Shaped(text)
    secret_key = Shaped(text)
    passphrase = Shaped(text)
    permissions = Shaped(listed(text))


class Balance(Record):
    """Answer with account, ccy, amt."""

    __slots__ = ()

    account = Shaped(text)
    ccy = Shaped(text)
    amt = Shaped(amount)


class SpotBorrow(Record):
    """Answer with enabled."""

    __slots__ = ()

    enabled = Shaped(flag)


class LoanHistoryRow(Record):
    """Answer with amt, ccy, refId, ts, type."""

    __slots__ = ()

    amt = Shaped(text)
    ccy = Shaped(text)
    refId = Shaped(text)
    ts = Shaped(text)
    type = Shaped(text)


class LoanRepaid(Record):
    """Rows that the repayment added to the loan's history."""

    __slots__ = ()

    ordId = Shaped(text)
    rows = Shaped(listed(LoanHistoryRow))


class Modes(Record):
    """Mode of a user, and the modes that are open to them."""

    __slots__ = ()

    name = Shaped(text)
    mode = Shaped(text)
    open = Shaped(listed(text))


class Obstacles(Record):
    """Answer with name, obstacles."""

    __slots__ = ()

    name = Shaped(text)
    obstacles = Shaped(listed(text))


class RequestAnswered(Record):
    """Answer of the API: its HTTP status, and its envelope."""

    __slots__ = ()

    status = Shaped(whole)
    answer = Shaped(anything)


class RateInForce(Record):
    """Rate of a coin."""

    __slots__ = ()

    ccy = Shaped(text)
    apr = Shaped(amount)
    next = Shaped(amount)
    by_hand = Shaped(flag)
    source = Shaped(text)
    bids = Shaped(listed(paired(amount, amount)))
    usage = Shaped(amount)


class Rates(Record):
    """Answer with rates."""

    __slots__ = ()

    rates = Shaped(listed(RateInForce))


class Rate(Record):
    """Answer with ccy, apr."""

    __slots__ = ()

    ccy = Shaped(text)
    apr = MaybeShaped(amount)


class Bids(Record):
    """Bids of a coin; `next` is the rate of borrowing from the next full hour on."""

    __slots__ = ()

    ccy = Shaped(text)
    bids = Shaped(listed(paired(amount, amount)))
    next = Shaped(amount)


class Pool(Record):
    """Lending pool of a coin: coins not lent, coins lent out with interest, and withdrawals that still wait."""

    __slots__ = ()

    ccy = Shaped(text)
    free = Shaped(amount)
    lent = Shaped(amount)
    waiting = Shaped(amount)


class Pools(Record):
    """Answer with pools."""

    __slots__ = ()

    pools = Shaped(listed(Pool))


class Backed(Record):
    """Debts in USD that a coin backs, and its limit, "" for none. The other fields are those of the API."""

    __slots__ = ()

    ccy = Shaped(text)
    backed = Shaped(amount)
    limit = MaybeShaped(amount)
    colRes = Shaped(text)
    colBorrAutoConversion = Shaped(text)


class Collateral(Record):
    """Answer with collateral."""

    __slots__ = ()

    collateral = Shaped(listed(Backed))


class Fund(Record):
    """Insurance fund: its `coins`, the `bad_debt` it could not pay so far; `borrowing` is halted while it is empty."""

    __slots__ = ()

    ccy = Shaped(text)
    amt = Shaped(amount)
    coins = Shaped(mapped(amount))
    bad_debt = Shaped(amount)
    borrowing = Shaped(text)


class FaultRule(Record):
    """A rule with all its values; `matched` requests or occasions met its conditions, `fired` of them were hit."""

    __slots__ = ()

    id = Shaped(whole)
    on = Shaped(text)
    fault = Shaped(text)
    user = MaybeShaped(text)
    key = MaybeShaped(text)
    method = MaybeShaped(text)
    nth = Shaped(whole, default=0)
    count = MaybeShaped(whole)
    from_ = MaybeShaped(moment, "from")
    until = MaybeShaped(moment)
    probability = MaybeShaped(amount)
    seed = MaybeShaped(whole)
    ms = MaybeShaped(whole)
    answer = MaybeShaped(text)
    code = MaybeShaped(text)
    leg = MaybeShaped(whole)
    share = MaybeShaped(amount)
    matched = Shaped(whole)
    fired = Shaped(whole)


class FaultRules(Record):
    """Answer with faults."""

    __slots__ = ()

    faults = Shaped(listed(FaultRule))


class Made(Record):
    """Answer with id."""

    __slots__ = ()

    id = Shaped(whole)


class KindParameter(Record):
    """Parameter of a kind: a whole number from `least` to `most`, or one of `words`."""

    __slots__ = ()

    name = Shaped(text)
    default = Shaped(anything)
    least = Shaped(whole, default=0)
    most = Shaped(whole, default=0)
    words = Shaped(listed(text), default=())


class Doc(Record):
    """Our own words for one thing, in both languages of the documents."""

    __slots__ = ()

    en = Shaped(text)
    zh = Shaped(text)


class FaultKind(Record):
    """A kind of fault. `sees` is what the client sees; `orders` tells if it can hit WebSocket order operations."""

    __slots__ = ()

    name = Shaped(text)
    place = Shaped(text)
    afterwards = Shaped(text)
    orders = Shaped(flag)
    parameters = Shaped(listed(KindParameter))
    operations = Shaped(listed(text), default=())
    sees = Shaped(Doc)
    words = Shaped(Doc)


class FaultKinds(Record):
    """Answer with kinds."""

    __slots__ = ()

    kinds = Shaped(listed(FaultKind))


class Progressing(Record):
    """How far a check is: so many of so many of what it looks at."""

    __slots__ = ()

    what = Shaped(text)
    done = Shaped(whole)
    of = Shaped(whole)


class Health(Record):
    """Health of the venue."""

    __slots__ = ()

    now = Shaped(moment)
    now_ms = Shaped(whole)
    mode = Shaped(text)
    speed = Shaped(whole)
    advancing = MaybeShaped(Advancing)
    generation = Shaped(whole)
    seq = Shaped(whole)
    borrowing = Shaped(text)
    verifying = MaybeShaped(Progressing)
    surface = MaybeShaped(text)
    market = MaybeShaped(text)
    limits = MaybeShaped(text)
    role = MaybeShaped(text)
    term = MaybeShaped(whole)


class StateHash(Record):
    """Answer with generation, seq, hash."""

    __slots__ = ()

    generation = Shaped(whole)
    seq = Shaped(whole)
    hash = Shaped(text)


class Entry(Record):
    """An entry of the journal, with its command and events as they are on disk."""

    __slots__ = ()

    generation = Shaped(whole)
    seq = Shaped(whole)
    at_ms = Shaped(whole)
    command = Shaped(anything)
    events = Shaped(anything)
    hash = Shaped(text)


class Entries(Record):
    """Entries of the journal, oldest first."""

    __slots__ = ()

    entries = Shaped(listed(Entry))


class Verdict(Record):
    """Result of `verify`. `seq` is the entry of the first difference, 0 if there is none."""

    __slots__ = ()

    ok = Shaped(flag)
    entries = Shaped(whole)
    state_hash = Shaped(text)
    problem = Shaped(text)
    seq = Shaped(whole)
    decisions_differ = Shaped(flag)
    snapshot_seq = Shaped(whole)
    rows = Shaped(whole)
    keys = Shaped(whole)
    saved = Shaped(whole)
    remark = Shaped(text)


class Begun(Record):
    """Start of a generation: its number, its time, and its users."""

    __slots__ = ()

    now = Shaped(moment)
    now_ms = Shaped(whole)
    mode = Shaped(text)
    speed = Shaped(whole)
    advancing = MaybeShaped(Advancing)
    generation = Shaped(whole)
    users = Shaped(listed(User))


class SavedSnapshot(Record):
    """Saved snapshot: the venue at the time `at`, after entry `seq` of a `generation`."""

    __slots__ = ()

    name = Shaped(text)
    at = Shaped(text)
    seq = Shaped(whole)
    generation = Shaped(whole)


class Snapshots(Record):
    """Saved snapshots, oldest first."""

    __slots__ = ()

    snapshots = Shaped(listed(SavedSnapshot))


class Packaged(Record):
    """Packaged scenario: its titles, what it is about, the market it needs, and the names of its variants."""

    __slots__ = ()

    name = Shaped(text)
    title = Shaped(text)
    title_zh = Shaped(text)
    about = Shaped(text)
    about_zh = Shaped(text)
    market = Shaped(text)
    variants = Shaped(listed(text))
    plays = Shaped(flag)


class Playing(Record):
    """Playing of a scenario, the last one that was begun."""

    __slots__ = ()

    name = Shaped(text)
    variant = Shaped(text)
    state = Shaped(text)
    percent = Shaped(whole)
    generation = Shaped(whole)
    held = Shaped(listed(text))
    complaints = Shaped(listed(text))


class Scenarios(Record):
    """Packaged scenarios by name, and the last playing, under way or over."""

    __slots__ = ()

    scenarios = Shaped(listed(Packaged))
    playing = MaybeShaped(Playing)


class Why(Record):
    """Reason of a refusal, in both languages. `numbers` are the facts that decided it, `levers` what changes them."""

    __slots__ = ()

    reason = Shaped(text)
    reason_zh = Shaped(text)
    levers = Shaped(listed(text))
    numbers = Shaped(mapped(text))
    item = Shaped(whole)


class Request(Record):
    """A request the server has answered. `user` is "" without a key, `us` the time to its answer in microseconds."""

    __slots__ = ()

    number = Shaped(whole)
    at = Shaped(moment)
    at_ms = Shaped(whole)
    user = Shaped(text)
    method = Shaped(text)
    operation = Shaped(text)
    target = Shaped(text)
    status = Shaped(whole)
    code = Shaped(text)
    us = Shaped(whole)
    why = Shaped(listed(Why))
    lint = Shaped(text)
    fault = Shaped(text)


class Requests(Record):
    """Requests, oldest first. `newest` is the number of the last one there is."""

    __slots__ = ()

    requests = Shaped(listed(Request))
    newest = Shaped(whole)


class Note(Record):
    """A line, in both languages, about what no request did: `kind` is interest, of hours that passed, or long work."""

    __slots__ = ()

    number = Shaped(whole)
    at = Shaped(moment)
    at_ms = Shaped(whole)
    kind = Shaped(text)
    words = Shaped(text)
    words_zh = Shaped(text)


class Notes(Record):
    """Notes, oldest first. `newest` is the number of the last one there is."""

    __slots__ = ()

    notes = Shaped(listed(Note))
    newest = Shaped(whole)


class Event(Record):
    """An event of entry `seq`, with a line of words in both languages. `user` is "" for one that belongs to nobody."""

    __slots__ = ()

    seq = Shaped(whole)
    at = Shaped(moment)
    at_ms = Shaped(whole)
    kind = Shaped(text)
    user = Shaped(text)
    words = Shaped(text)
    words_zh = Shaped(text)
    fields = Shaped(anything)


class Events(Record):
    """Events, oldest first. `next` is the number to ask after for more; with nothing new it is the one asked after."""

    __slots__ = ()

    generation = Shaped(whole)
    events = Shaped(listed(Event))
    next = Shaped(whole)


class BalanceDetail(Record):
    """One currency. `availEq` must stay "" in Spot mode: ccxt takes a filled one for the free balance."""

    __slots__ = ()

    autoLendStatus = Shaped(text)
    autoLendMtAmt = Shaped(text)
    availBal = Shaped(text)
    availEq = Shaped(text)
    borrowFroz = Shaped(text)
    cashBal = Shaped(text)
    ccy = Shaped(text)
    crossLiab = Shaped(text)
    colRes = Shaped(text)
    collateralEnabled = Shaped(flag)
    collateralRestrict = Shaped(flag)
    colBorrAutoConversion = Shaped(text)
    disEq = Shaped(text)
    eq = Shaped(text)
    eqUsd = Shaped(text)
    smtSyncEq = Shaped(text)
    spotCopyTradingEq = Shaped(text)
    fixedBal = Shaped(text)
    frozenBal = Shaped(text)
    frpType = Shaped(text)
    imr = Shaped(text)
    interest = Shaped(text)
    isoEq = Shaped(text)
    isoLiab = Shaped(text)
    isoUpl = Shaped(text)
    liab = Shaped(text)
    maxLoan = Shaped(text)
    mgnRatio = Shaped(text)
    mmr = Shaped(text)
    notionalLever = Shaped(text)
    ordFrozen = Shaped(text)
    rewardBal = Shaped(text)
    spotInUseAmt = Shaped(text)
    clSpotInUseAmt = Shaped(text)
    maxSpotInUse = Shaped(text)
    spotIsoBal = Shaped(text)
    stgyEq = Shaped(text)
    twap = Shaped(text)
    uTime = Shaped(text)
    upl = Shaped(text)
    uplLiab = Shaped(text)
    spotBal = Shaped(text)
    openAvgPx = Shaped(text)
    accAvgPx = Shaped(text)
    spotUpl = Shaped(text)
    spotUplRatio = Shaped(text)
    totalPnl = Shaped(text)
    totalPnlRatio = Shaped(text)


class BalanceRow(Record):
    """Answer with adjEq, availEq, borrowFroz, delta, deltaLever, deltaNeutralStatus, details and more."""

    __slots__ = ()

    adjEq = Shaped(text)
    availEq = Shaped(text)
    borrowFroz = Shaped(text)
    delta = Shaped(text)
    deltaLever = Shaped(text)
    deltaNeutralStatus = Shaped(text)
    details = Shaped(listed(BalanceDetail))
    imr = Shaped(text)
    isoEq = Shaped(text)
    mgnRatio = Shaped(text)
    mmr = Shaped(text)
    notionalUsd = Shaped(text)
    notionalUsdForBorrow = Shaped(text)
    notionalUsdForFutures = Shaped(text)
    notionalUsdForOption = Shaped(text)
    notionalUsdForSwap = Shaped(text)
    ordFroz = Shaped(text)
    totalEq = Shaped(text)
    uTime = Shaped(text)
    upl = Shaped(text)


class AssetBalancesRow(Record):
    """Answer with availBal, bal, ccy, frozenBal."""

    __slots__ = ()

    availBal = Shaped(text)
    bal = Shaped(text)
    ccy = Shaped(text)
    frozenBal = Shaped(text)


class LoanCcyAmount(Record):
    """Answer with amt, ccy."""

    __slots__ = ()

    amt = Shaped(text)
    ccy = Shaped(text)


class LoanRiskWarning(Record):
    """Answer with instId, liqPx."""

    __slots__ = ()

    instId = Shaped(text)
    liqPx = Shaped(text)


class LoanInfoRow(Record):
    """Answer with ordId, collateralData, collateralNotionalUsd, curLTV, liqLTV, loanData, loanNotionalUsd and more."""

    __slots__ = ()

    ordId = MaybeShaped(text)
    collateralData = Shaped(listed(LoanCcyAmount))
    collateralNotionalUsd = Shaped(text)
    curLTV = Shaped(text)
    liqLTV = Shaped(text)
    loanData = Shaped(listed(LoanCcyAmount))
    loanNotionalUsd = Shaped(text)
    marginCallLTV = Shaped(text)
    riskWarningData = Shaped(LoanRiskWarning)


class Past(Record):
    """A user after entry `seq`, in the API's own rows, with the prices that judged debts then."""

    __slots__ = ()

    seq = Shaped(whole)
    newest = Shaped(whole)
    at = Shaped(moment)
    at_ms = Shaped(whole)
    hash = Shaped(text)
    prices = Shaped(mapped(text))
    balance = Shaped(listed(BalanceRow))
    funding = Shaped(listed(AssetBalancesRow))
    loans = Shaped(listed(LoanInfoRow))


class Ordered(Record):
    """Command of an entry: its name, a line of words in both languages, and its fields with decimal text."""

    __slots__ = ()

    name = Shaped(text)
    user = Shaped(text)
    words = Shaped(text)
    words_zh = Shaped(text)
    fields = Shaped(anything)


class Ruled(Record):
    """Rule with its place in docs/rules, such as interest.md#charge, and its words and source in both languages."""

    __slots__ = ()

    place = Shaped(text)
    words = Shaped(text)
    words_zh = Shaped(text)
    source = Shaped(text)
    source_zh = Shaped(text)


class Decided(Record):
    """Page of docs/decisions with its title and source."""

    __slots__ = ()

    page = Shaped(text)
    title = Shaped(text)
    title_zh = Shaped(text)
    source = Shaped(text)


class Explanation(Record):
    """Reasons of an entry: the command, all that it made happen, the user before and after, and what rules it."""

    __slots__ = ()

    seq = Shaped(whole)
    at = Shaped(moment)
    at_ms = Shaped(whole)
    command = Shaped(Ordered)
    events = Shaped(listed(Event))
    before = Shaped(Past)
    after = Shaped(Past)
    rules = Shaped(listed(Ruled))
    decisions = Shaped(listed(Decided))
