// Inside the process of a node client: carries out the steps it is told and reports what the client got.
//
// Told by one JSON document on standard input, reports one on standard output, as runner.py does for Python.

import { readFileSync } from 'node:fs';

const PAGES_MAX = 30;

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
  const headers = { Authorization: `Bearer ${told.control_token}` };
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
