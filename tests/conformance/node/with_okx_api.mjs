// The story with okx-api in node. What it has no method for goes through its own getPrivate and postPrivate.

import { webcrypto } from 'node:crypto';
import { RestClient, WebsocketClient } from 'okx-api';
import { run, stream, versionOf, watched } from './runner.mjs';

// It signs with the crypto of browsers, which is no global of node 18 yet.
globalThis.crypto ??= webcrypto;

const ONE_CLICK = '/api/v5/trade/one-click-repay';
const LOAN = '/api/v5/finance/flexible-loan';
const FILL = ['instId', 'side', 'fillPx', 'fillSz'];

class OkxApi {
  constructor(told, called) {
    this.called = called;
    const [apiKey, apiSecret, apiPass] = told.key;
    this.told = told;
    this.okx = watched(new RestClient({ apiKey, apiSecret, apiPass, baseUrl: told.url }), called);
  }

  async owed(ccy) {
    const [account] = await this.okx.getBalance({ ccy });
    return account.details[0].liab;
  }

  async inFunding() {
    return Object.fromEntries((await this.okx.getBalances()).map((row) => [row.ccy, row.bal]));
  }

  async markets({ instId }) {
    const rows = await this.okx.getInstruments({ instType: 'SPOT' });
    const row = rows.find((one) => one.instId === instId);
    return { tick: row.tickSz, lot: row.lotSz, least: row.minSz };
  }

  async deposit() {
    const [{ details }] = await this.okx.getBalance();
    return { trading: Object.fromEntries(details.map((row) => [row.ccy, row.eq])), funding: await this.inFunding() };
  }

  async borrow({ ccy, amt }) {
    const [row] = await this.okx.manualBorrowRepay({ ccy, side: 'borrow', amt });
    return { ...row, owed: await this.owed(ccy) };
  }

  async order({ instId, bought, cancelled }) {
    const place = async (one) => {
      const [{ ordId }] = await this.okx.submitOrder({ instId, tdMode: 'cash', ordType: 'limit', ...one });
      return { instId, ordId };
    };
    const kept = await place(bought);
    const gone = await place(cancelled);
    await this.okx.cancelOrder(gone);
    const [seen] = await this.okx.getOrderDetails(kept);
    const [other] = await this.okx.getOrderDetails(gone);
    return {
      state: seen.state,
      sz: seen.accFillSz,
      px: seen.avgPx,
      fee: seen.fee.replace('-', ''),
      owed: await this.owed('USDT'),
      cancelled: other.state,
    };
  }

  async interest() {
    const rows = await this.okx.getInterestAccrued({});
    return Object.fromEntries(rows.map((row) => [row.ccy, [row.interest, row.liab]]));
  }

  async auto_repay({ ccy, amt }) {
    const [on] = await this.okx.setAutoRepay({ autoRepay: true });
    await this.okx.fundsTransfer({ ccy, amt, from: '6', to: '18' });
    const [newest] = await this.okx.getBorrowRepayHistory();
    await this.okx.setAutoRepay({ autoRepay: false });
    return { on: on.autoRepay, type: newest.type, amt: newest.amt, owed: newest.accBorrowed };
  }

  async one_click(todo) {
    const [listed] = await this.okx.getPrivate(`${ONE_CLICK}-currency-list-v2`);
    const [row] = await this.okx.postPrivate(`${ONE_CLICK}-v2`, todo);
    const debts = Object.fromEntries(listed.debtData.map((one) => [one.debtCcy, one.debtAmt]));
    return { debts, debtCcy: row.debtCcy, repayCcyList: row.repayCcyList };
  }

  async one_click_history(todo) {
    const [first] = await this.okx.getPrivate(`${ONE_CLICK}-history-v2`);
    await this.okx.postPrivate(`${ONE_CLICK}-v2`, todo);
    const [second] = await this.okx.getPrivate(`${ONE_CLICK}-history-v2`);
    return {
      status: first.status,
      repaid: first.fillDebtSz,
      legs: first.ordIdInfo.map((leg) => FILL.map((name) => leg[name])),
      second: [second.status, second.fillDebtSz],
    };
  }

  async convert({ from, to, sz }) {
    const pair = { baseCcy: from, quoteCcy: to, side: 'sell' };
    const [quote] = await this.okx.estimateConvertQuote({ ...pair, rfqSz: sz, rfqSzCcy: from });
    const [trade] = await this.okx.convertTrade({ ...pair, quoteId: quote.quoteId, sz, szCcy: from });
    return { received: trade.fillQuoteSz };
  }

  async convert_history(todo) {
    const received = await this.convert(todo);
    const rows = await this.converts({});
    return { ...received, history: rows.map((row) => [row.fillBaseSz, row.fillQuoteSz]) };
  }

  // It puts a tag of its own on every trade, and trades with a tag are found by their tag only.
  converts(asked) {
    return this.okx.getConvertHistory({ ...asked, tag: TAG });
  }

  async loan({ loan, collateral, add, reduce }) {
    const request = { loanData: loan, collateralData: [collateral], clOrdId: 'story1' };
    const [{ ordId }] = await this.okx.postPrivate(`${LOAN}/borrow`, request);
    this.loanId = ordId;
    await this.okx.adjustCollateral({ type: 'add', collateralCcy: collateral.ccy, collateralAmt: add });
    await this.okx.adjustCollateral({ type: 'reduce', collateralCcy: collateral.ccy, collateralAmt: reduce });
    const [info] = await this.okx.getLoanInfo();
    const [[owed], [pledged]] = [info.loanData, info.collateralData];
    return { loan: [owed.ccy, owed.amt], collateral: [pledged.ccy, pledged.amt] };
  }

  async loan_repay(todo) {
    const [info] = await this.okx.getLoanInfo();
    await this.okx.postPrivate(`${LOAN}/repay`, { ...todo, ordId: this.loanId, clOrdId: 'story2' });
    const left = await this.okx.getLoanInfo();
    return { owed: info.loanData[0].amt, open: left.length, funding: await this.inFunding() };
  }

  stream(todo) {
    return stream(this, todo);
  }

  listen(heard) {
    const [apiKey, apiSecret, apiPass] = this.told.key;
    const accounts = [{ apiKey, apiSecret, apiPass }];
    // One address for all it wants, so it must be one that has everything.
    const socket = new WebsocketClient({ accounts, wsUrl: `${this.told.stream}/tally/v1/stream` }, SILENT);
    this.socket = watched(socket, this.called);
    this.socket.on('update', ({ arg, data }) => {
      for (const row of data) {
        if (arg.channel === 'account') heard.account(row.details);
        else if (arg.channel === 'balance_and_position') heard.coins(row.balData);
        else if (arg.channel === 'orders') heard.done(row.state, row.avgPx, row.accFillSz);
      }
    });
    const channels = [{ channel: 'account' }, { channel: 'balance_and_position' }];
    return Promise.all(this.socket.subscribe([...channels, { channel: 'orders', instType: 'SPOT' }]));
  }

  switch(on) {
    return this.okx.setAutoRepay({ autoRepay: on });
  }

  sell({ instId, sz }) {
    return this.okx.submitOrder({ instId, tdMode: 'cash', side: 'sell', ordType: 'market', sz });
  }

  close() {
    this.socket?.closeAll();
  }

  async by_itself() {
    const refused = (error) => error.code;
    const untagged = await this.okx.getConvertHistory();
    return {
      vip_loan: await this.okx.borrowRepayVIPLoan({ ccy: 'USDT', side: 'borrow', amt: '10' }).catch(refused),
      converts_without_tag: untagged.length,
      borrow_currencies: await this.okx.getBorrowableCurrencies().catch(refused),
      throws_errors: await this.okx.getPrivate('/api/v5/account/vip-interest').catch((error) => error instanceof Error),
    };
  }

  history(name) {
    const { okx } = this;
    const [call, cursor, columns] = {
      orders: [(p) => okx.getOrderHistory({ ...p, instType: 'SPOT' }), 'ordId', ['instId', 'side', 'accFillSz']],
      fills: [(p) => okx.getFillsHistory({ ...p, instType: 'SPOT' }), 'billId', FILL],
      bills: [(p) => okx.getBills(p), 'billId', ['type', 'subType', 'ccy', 'balChg']],
      borrows: [(p) => okx.getBorrowRepayHistory(p), 'ts', ['type', 'ccy', 'amt', 'accBorrowed']],
      interest: [(p) => okx.getInterestAccrued({ ...p, ccy: 'USDT' }), 'ts', ['interest']],
      loans: [(p) => okx.getLoanHistory(p), 'refId', ['type', 'ccy', 'amt']],
      converts: [(p) => this.converts(p), 'ts', ['instId', 'side', 'fillBaseSz', 'fillQuoteSz']],
      one_clicks: [(p) => okx.getPrivate(`${ONE_CLICK}-history-v2`, p), 'ts', ['debtCcy', 'fillDebtSz']],
    }[name];
    return { fetch: (limit, after) => call({ limit: String(limit), ...after }), cursor, columns };
  }
}

const SILENT = { trace() {}, info() {}, error: (...said) => console.error(...said) };
const TAG = '159881cb7207BCDE';

run(versionOf('okx-api'), (told, called) => new OkxApi(told, called));
