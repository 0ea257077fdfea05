// Inside the process of a node client: carries out the steps it is told and reports what the client got.
//
// Told by one JSON document on standard input, reports one on standard output, as runner.py does for Python.

import { readFileSync } from 'node:fs';

const PAGES_MAX = 30;
const HEARD_MS_MAX = 30_000;

// A client that keeps the names of the methods called on it in `called`.
export function watched(client, called) {
  return new Proxy(client, {
    get(target, name) {
      const value = target[name];
      if (typeof value !== 'function') return value;
      return (...given) => {
        if (!called.includes(name)) called.push(name);
        return value.apply(target, given);
      };
    },
  });
}

// The version of an installed package.
export function versionOf(name) {
  return JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url))).version;
}

async function control(told, path, body) {
  const headers = { Authorization: `Bearer ${told.control_token}`, 'Content-Type': 'application/json' };
  const answer = await fetch(`${told.url}/tally/v1/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
}

// Follow the cursor of the last row until a page is empty; the fields `history` names of every row.
async function page(client, todo) {
  const { fetch, cursor, columns } = client.history(todo.history);
  const rows = [];
  let after = {};
  for (let turn = 0; turn < PAGES_MAX; turn++) {
    const found = await fetch(todo.limit, after);
    if (!found.length) return { rows: rows.map((row) => columns.map((column) => row[column])) };
    if (found.length > todo.limit) throw new Error(`a page of ${found.length} rows`);
    rows.push(...found);
    // Cursors are longer than the whole numbers of JavaScript.
    const oldest = BigInt(found.at(-1)[cursor]);
    after = { after: String(todo.inclusive ? oldest - 1n : oldest) };
  }
  throw new Error('the history has no end');
}

// What streams have said of the USDT owed and held, every change in order, and of the order at last.
export class Heard {
  owed = [];
  cash = [];
  order = [];
  #changed = () => {};
  // Listening has ended: by itself while somebody waits, or because it was closed.
  fail = () => {};

  account(details) {
    for (const row of details) if (row.ccy === 'USDT') this.note(this.owed, row.liab);
  }

  coins(rows) {
    for (const row of rows) if (row.ccy === 'USDT') this.note(this.cash, row.cashBal);
  }

  note(said, value) {
    if (said.at(-1) !== value) said.push(value);
    this.#changed();
  }

  done(...order) {
    this.order = order;
    this.#changed();
  }

  // Until debt and coins have been told so often, and the order has come to `state` where one is given.
  until(changes, state) {
    return new Promise((resolve, reject) => {
      this.fail = reject;
      const late = setTimeout(() => reject(new Error(`heard only ${JSON.stringify(this)}`)), HEARD_MS_MAX);
      this.#changed = () => {
        if (Math.min(this.owed.length, this.cash.length) < changes || (state && this.order[0] !== state)) return;
        clearTimeout(late);
        resolve();
      };
      this.#changed();
    });
  }
}

// The step of a client that listens in `listen`, and by REST switches auto repay and sells.
export async function stream(client, todo) {
  const heard = new Heard();
  await client.listen(heard);
  await heard.until(1);
  await client.switch(true);
  await heard.until(2);
  await client.sell(todo);
  await heard.until(3, 'filled');
  await client.switch(false);
  return { order: heard.order, owed: heard.owed, cash: heard.cash };
}

// `make` is given what the process was told and the list of called methods; a step is a method of what it returns.
export async function run(version, make) {
  const told = JSON.parse(readFileSync(0, 'utf-8'));
  const called = [];
  const client = make(told, called);
  const steps = {};
  for (const step of told.steps) {
    const paged = step.name.startsWith('page_');
    if (!paged && !client[step.name]) continue;
    for (const [path, body] of step.control) await control(told, path, body);
    called.length = 0;
    try {
      steps[step.name] = { got: await (paged ? page(client, step.do) : client[step.name](step.do)) };
    } catch (error) {
      steps[step.name] = { error: error.stack ?? JSON.stringify(error) };
    }
    steps[step.name].called = [...called];
    if (steps[step.name].error) break;
  }
  await client.close?.();
  process.stdout.write(JSON.stringify({ version, steps }), () => process.exit(0));
}
