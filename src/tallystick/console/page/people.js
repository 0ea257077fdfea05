// Users and sub-accounts: made, given coins and keys, and let borrow.

import { action, choose } from "./action.js";
import { el } from "./dom.js";
import { readUsers, stale } from "./reading.js";
import { on, state } from "./store.js";
import { say } from "./words.js";

const LEVELS = ["Lv1", "Lv2", "Lv3", "Lv4", "Lv5", ...Array.from({ length: 9 }, (_, place) => `VIP${place + 1}`)];

export function people(part) {
  const names = () => state.users.map(({ name }) => name);
  const mains = () => [["", say("none")], ...state.users.filter(({ master }) => !master).map(({ name }) => [name, name])];
  const user = () => ({ name: "name", label: say("user"), kind: "select", choices: names(), value: state.user });
  const post = (parts, fields) => ({ method: "POST", path: ["users", ...parts], fields });
  const after = () => {
    readUsers();
    stale();
  };
  const making = action({
    title: say("make a user"),
    fields: [{ name: "name", label: say("name") }, { name: "master", label: say("main account"), kind: "select", choices: mains() }],
    make: ({ name, master }) => (name ? post([], master ? { name, master } : { name }) : null),
    done: ({ name, uid }) => say("user made", name, uid),
    after,
  });
  const key = action({
    title: say("make a key"),
    about: say("make a key about"),
    fields: [user(), { name: "trade", label: say("may trade"), kind: "check", value: true }],
    make: ({ name, trade }) => post([name, "keys"], { permissions: trade ? ["read", "trade"] : ["read"] }),
    done: (made) => [say("key made"), el("pre", { tabindex: "0", "aria-label": say("key") }, `${made.api_key}\n${made.secret_key}\n${made.passphrase}`)],
    after,
  });
  const balance = action({
    title: say("give coins"),
    about: say("give coins about"),
    fields: [
      user(),
      { name: "account", label: say("account"), kind: "select", choices: [["trading", say("trading")], ["funding", say("funding")]] },
      { name: "ccy", label: say("coin"), value: "USDT" },
      { name: "amt", label: say("amount"), kind: "amount" },
    ],
    make: ({ name, account, ccy, amt }) => (amt ? post([name, "balance"], { account, ccy, amt }) : null),
    after,
  });
  const borrowing = action({
    title: say("switch borrowing"),
    verb: say("switch"),
    about: say("may borrow"),
    fields: [user(), { name: "to", label: say("switch to"), kind: "select", choices: [["on", say("turned on")], ["off", say("turned off")]] }],
    make: ({ name, to }) => post([name, "spot-borrow"], { enabled: to === "on" }),
    after,
  });
  const level = action({
    title: say("set a level"),
    about: say("set a level about"),
    fields: [user(), { name: "level", label: say("level"), kind: "select", value: "VIP1", choices: LEVELS }],
    make: ({ name, level: to }) => (to ? post([name, "level"], { level: to }) : null),
    after,
  });
  part.append(el("div", { class: "actions" }, making.form, key.form, balance.form, borrowing.form, level.form));
  return on("users", () => {
    for (const each of [key, balance, borrowing, level]) choose(each.inputs.name, names());
    choose(making.inputs.master, mains());
  });
}
