// The story with ccxt in node, as with_ccxt.py has it: its own methods where there are any, implicit ones elsewhere.

import ccxt from 'ccxt';
import { run, stream, versionOf, watched } from './runner.mjs';

const symbol = ({ instId }) => instId.replace('-', '/');

class Ccxt {
  constructor(told, called) {
    const [apiKey, secret, password] = told.key;
    this.told = told;
    this.exchange = new ccxt.pro.okx({ apiKey, secret, password, enableRateLimit: false });
    this.exchange.urls.api = { rest: told.url, ws: `${told.stream}/ws/v5` };
    this.okx = watched(this.exchange, called);
  }

  async owed(ccy) {
    const { info } = await this.okx.fetchBalance();
    return info.data[0].details.find((row) => row.ccy === ccy).liab;
  }

  async inFunding() {
    return (await this.okx.fetchBalance({ type: 'funding' })).total;
  }

  async markets(todo) {
    const market = (await this.okx.loadMarkets())[symbol(todo)];
    return { tick: market.precision.price, lot: market.precision.amount, least: market.limits.amount.min };
  }

  async deposit() {
    const { total } = await this.okx.fetchBalance();
    return { trading: total, funding: await this.inFunding() };
  }

  async borrow({ ccy, amt }) {
    const { data } = await this.okx.privatePostAccountSpotManualBorrowRepay({ ccy, side: 'borrow', amt });
    return { ...data[0], owed: await this.owed(ccy) };
  }

  async order(todo) {
    const place = ({ side, sz, px }) => this.okx.createOrder(symbol(todo), 'limit', side, Number(sz), Number(px));
    const bought = await place(todo.bought);
    const cancelled = await place(todo.cancelled);
    await this.okx.cancelOrder(cancelled.id, symbol(todo));
    const seen = await this.okx.fetchOrder(bought.id, symbol(todo));
    const gone = await this.okx.fetchOrder(cancelled.id, symbol(todo));
    return {
      state: seen.info.state,
      sz: seen.filled,
      px: seen.average,
      fee: seen.fee.cost,
      owed: await this.owed('USDT'),
      cancelled: gone.status,
    };
  }

  async interest() {
    const rows = await this.okx.fetchBorrowInterest();
    return Object.fromEntries(rows.map((row) => [row.currency, [row.interest, row.amountBorrowed]]));
  }

  async auto_repay({ ccy, amt }) {
    const on = await this.okx.privatePostAccountSetAutoRepay({ autoRepay: true });
    await this.okx.transfer(ccy, Number(amt), 'funding', 'trading');
    const newest = (await this.okx.privateGetAccountSpotBorrowRepayHistory()).data[0];
    await this.okx.privatePostAccountSetAutoRepay({ autoRepay: false });
    return { on: on.data[0].autoRepay, type: newest.type, amt: newest.amt, owed: newest.accBorrowed };
  }

  async one_click(todo) {
    const listed = (await this.okx.privateGetTradeOneClickRepayCurrencyListV2()).data[0];
    const row = (await this.okx.privatePostTradeOneClickRepayV2(todo)).data[0];
    const debts = Object.fromEntries(listed.debtData.map((one) => [one.debtCcy, one.debtAmt]));
    return { debts, debtCcy: row.debtCcy, repayCcyList: row.repayCcyList };
  }

  async one_click_history(todo) {
    const first = (await this.okx.privateGetTradeOneClickRepayHistoryV2()).data[0];
    await this.okx.privatePostTradeOneClickRepayV2(todo);
    const second = (await this.okx.privateGetTradeOneClickRepayHistoryV2()).data[0];
    return {
      status: first.status,
      repaid: first.fillDebtSz,
      legs: first.ordIdInfo.map((leg) => [leg.instId, leg.side, leg.fillPx, leg.fillSz]),
      second: [second.status, second.fillDebtSz],
    };
  }

  async convert({ from, to, sz }) {
    const quote = await this.okx.fetchConvertQuote(from, to, Number(sz));
    const trade = await this.okx.createConvertTrade(quote.id, from, to, Number(sz));
    return { received: trade.toAmount };
  }

  async convert_history(todo) {
    const received = await this.convert(todo);
    const rows = (await this.okx.fetchConvertTradeHistory()).sort((one, other) => other.timestamp - one.timestamp);
    return { ...received, history: rows.map((row) => [row.fromAmount, row.toAmount]) };
  }

  async loan({ loan, collateral, add, reduce }) {
    const request = { loanData: loan, collateralData: [collateral], clOrdId: 'story1' };
    this.loanId = (await this.okx.privatePostFinanceFlexibleLoanBorrow(request)).data[0].ordId;
    for (const [type, collateralAmt] of Object.entries({ add, reduce })) {
      const change = { type, collateralCcy: collateral.ccy, collateralAmt };
      await this.okx.privatePostFinanceFlexibleLoanAdjustCollateral(change);
    }
    const info = (await this.okx.privateGetFinanceFlexibleLoanLoanInfo()).data[0];
    const [[owed], [pledged]] = [info.loanData, info.collateralData];
    return { loan: [owed.ccy, owed.amt], collateral: [pledged.ccy, pledged.amt] };
  }

  async loan_repay(todo) {
    const info = (await this.okx.privateGetFinanceFlexibleLoanLoanInfo()).data[0];
    await this.okx.privatePostFinanceFlexibleLoanRepay({ ...todo, ordId: this.loanId, clOrdId: 'story2' });
    const left = (await this.okx.privateGetFinanceFlexibleLoanLoanInfo()).data;
    return { owed: info.loanData[0].amt, open: left.length, funding: await this.inFunding() };
  }

  history(name) {
    const { okx } = this;
    const unified = {
      orders: [(...p) => okx.fetchClosedOrders(undefined, ...p), 'ordId', ['instId', 'side', 'accFillSz']],
      fills: [(...p) => okx.fetchMyTrades(undefined, ...p), 'billId', ['instId', 'side', 'fillPx', 'fillSz']],
      interest: [(...p) => okx.fetchBorrowInterest('USDT', undefined, ...p), 'ts', ['interest']],
      converts: [(...p) => okx.fetchConvertTradeHistory(undefined, ...p), 'ts', CONVERT],
    }[name];
    if (unified) {
      const [call, cursor, columns] = unified;
      // ccxt turns every page round, and keeps what it was answered in `info`.
      const order = (one, other) => (BigInt(other[cursor]) > BigInt(one[cursor]) ? 1 : -1);
      const fetch = async (limit, after) =>
        (await call(undefined, limit, after)).map((row) => row.info).sort(order);
      return { fetch, cursor, columns };
    }
    const [call, cursor, columns] = {
      // fetchLedger cannot leave out instType=SPOT, and finds the bills of trades only.
      bills: [(p) => okx.privateGetAccountBills(p), 'billId', ['type', 'subType', 'ccy', 'balChg']],
      borrows: [(p) => okx.privateGetAccountSpotBorrowRepayHistory(p), 'ts', ['type', 'ccy', 'amt', 'accBorrowed']],
      loans: [(p) => okx.privateGetFinanceFlexibleLoanLoanHistory(p), 'refId', ['type', 'ccy', 'amt']],
      one_clicks: [(p) => okx.privateGetTradeOneClickRepayHistoryV2(p), 'ts', ['debtCcy', 'fillDebtSz']],
    }[name];
    return { fetch: async (limit, after) => (await call({ limit: String(limit), ...after })).data, cursor, columns };
  }

  stream(todo) {
    return stream(this, todo);
  }

  // It has no method for balance_and_position; coins are told by the account channel too.
  async listen(heard) {
    // Without it ccxt takes every address without TLS for one that needs a proxy, and refuses.
    await this.okx.loadHttpProxyAgent();
    const forever = async (watch, hear) => {
      for (;;) hear(await watch());
    };
    const balances = forever(
      () => this.okx.watchBalance(),
      ({ info }) => {
        for (const { details } of info.data) {
          heard.coins(details);
          heard.account(details);
        }
      },
    );
    const orders = forever(
      () => this.okx.watchOrders(),
      (rows) => rows.forEach((row) => heard.done(row.info.state, row.average, row.filled)),
    );
    for (const listening of [balances, orders]) listening.catch((error) => heard.fail(error));
  }

  switch(on) {
    return this.okx.privatePostAccountSetAutoRepay({ autoRepay: on });
  }

  sell(todo) {
    return this.okx.createOrder(symbol(todo), 'market', 'sell', Number(todo.sz));
  }

  async by_itself() {
    const gone = await this.okx.borrowCrossMargin('USDT', 10).catch((error) => error.constructor.name);
    const ledger = await this.okx.fetchLedger();
    const orders = await this.okx.fetchClosedOrders();
    return {
      vip_loan: gone,
      ledger_types: [...new Set(ledger.map((row) => row.info.type))].sort(),
      first_order: orders[0].symbol,
    };
  }

  close() {
    return this.exchange.close();
  }
}

const CONVERT = ['instId', 'side', 'fillBaseSz', 'fillQuoteSz'];

run(versionOf('ccxt'), (told, called) => new Ccxt(told, called));
