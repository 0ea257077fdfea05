// The Node peer: a bare HTTP server that answers `account/config` from memory, with the venue's checks in their order.
// No framework and no database: the least that a server in Node can do for a small signed GET.
// Keys and switches are read once from a JSON file (`PEER_DATABASE`), which bench/world.py writes.

import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const WINDOW_MS = 30_000;
const CONFIG = "/api/v5/account/config";
const { keys: rows, fixed } = JSON.parse(readFileSync(process.env.PEER_DATABASE, "utf8"));
const keys = new Map(
  rows.map((row) => [
    row.api_key,
    {
      ...row,
      salt: Buffer.from(row.salt, "hex"),
      passphrase_hash: Buffer.from(row.passphrase_hash, "hex"),
      permissions: new Set(row.permissions.split(",")),
      ips: new Set(row.ips.split(",").filter(Boolean)),
    },
  ]),
);

class Refused extends Error {
  constructor(code, message, status) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

function timestampMs(text) {
  const right = text.length === 24 && text[23] === "Z" && text[10] === "T" && text[19] === ".";
  const found = right ? Date.parse(text) : NaN;
  if (Number.isNaN(found)) throw new Refused("50112", "Invalid OK-ACCESS-TIMESTAMP.", 401);
  return found;
}

function same(one, other) {
  return one.length === other.length && timingSafeEqual(one, other);
}

function authenticate(request) {
  const headers = request.headers;
  const apiKey = headers["ok-access-key"];
  if (!apiKey) throw new Refused("50103", 'Request header "OK-ACCESS-KEY" cannot be empty.', 401);
  const passphrase = headers["ok-access-passphrase"];
  if (!passphrase) throw new Refused("50104", 'Request header "OK-ACCESS-PASSPHRASE" cannot be empty.', 401);
  const signature = headers["ok-access-sign"];
  if (!signature) throw new Refused("50106", 'Request header "OK-ACCESS-SIGN" cannot be empty.', 401);
  const timestamp = headers["ok-access-timestamp"];
  if (!timestamp) throw new Refused("50107", 'Request header "OK-ACCESS-TIMESTAMP" cannot be empty.', 401);
  if (Math.abs(Date.now() - timestampMs(timestamp)) > WINDOW_MS) {
    throw new Refused("50102", "Timestamp request expired.", 401);
  }
  const key = keys.get(apiKey);
  if (key === undefined) throw new Refused("50119", "API key doesn't exist", 401);
  if (key.ips.size && !key.ips.has(request.socket.remoteAddress)) {
    throw new Refused("50110", "Your IP is not on the list of this API key", 401);
  }
  const hashed = createHash("sha256").update(key.salt).update(passphrase).digest();
  if (!same(hashed, key.passphrase_hash)) {
    throw new Refused("50105", 'Request header "OK-ACCESS-PASSPHRASE" incorrect.', 401);
  }
  const expected = createHmac("sha256", key.secret).update(`${timestamp}${request.method}${request.url}`).digest("base64");
  if (!same(Buffer.from(expected), Buffer.from(signature))) throw new Refused("50113", "Invalid Sign", 401);
  if (!key.permissions.has("read_only")) {
    throw new Refused("50120", "This API key doesn't have permission to use this function", 401);
  }
  return key;
}

function config(key) {
  return {
    uid: String(key.user_id),
    mainUid: String(key.user_id),
    acctLv: key.account_level,
    ...fixed,
    label: key.label,
    ip: [...key.ips].sort().join(","),
    perm: [...key.permissions].sort().join(","),
    enableSpotBorrow: key.spot_borrow,
    spotBorrowAutoRepay: key.auto_repay,
  };
}

function send(response, status, answer) {
  const body = JSON.stringify(answer);
  response.writeHead(status, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(body) });
  response.end(body);
}

const server = createServer((request, response) => {
  if (request.method !== "GET" || request.url !== CONFIG) return send(response, 404, { code: "404", msg: "" });
  try {
    send(response, 200, { code: "0", msg: "", data: [config(authenticate(request))] });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    send(response, error.status, { msg: error.message, code: error.code });
  }
});
server.keepAliveTimeout = 60_000;
server.listen(Number(process.argv[2]), "127.0.0.1");
process.on("SIGINT", () => process.exit(0));
