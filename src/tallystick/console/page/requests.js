// Requests of the API as the user who is looked at, each one control call.

import { state } from "./store.js";

export function asUser(path, body) {
  return { method: "POST", path: ["users", state.user, "request"], fields: { method: "POST", path, body } };
}

export function rowsOf(answer) {
  return answer.answer.data;
}
