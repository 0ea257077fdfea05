// What goes to the console's server: the code for a token, calls, and the feed. The token stands in a header alone.

const KEPT = "tallystick.console";
const AGAIN_MS = 1000;

export class Refused extends Error {
  constructor(status, { message, hint }) {
    super(message);
    this.status = status;
    this.hint = hint;
  }
}

async function ask(method, path, body) {
  const headers = { Authorization: `Bearer ${localStorage.getItem(KEPT) ?? ""}` };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const answer = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  const said = await answer.json();
  if (!answer.ok) throw new Refused(answer.status, said.error ?? { message: answer.statusText, hint: "" });
  return said;
}

// Whether this browser may call; the answer says what commands need. Null where the code is to be given.
export async function session() {
  try {
    return await ask("GET", "/session");
  } catch (problem) {
    if (problem instanceof Refused && problem.status === 401) return null;
    throw problem;
  }
}

export async function begin(code) {
  const { token } = await ask("POST", "/session", { code });
  localStorage.setItem(KEPT, token);
}

// One control call: {outcome: done | refused | not-sent | unknown, us, answer, message, hint}.
export async function call({ method, path, fields = {} }) {
  try {
    return await ask("POST", "/call", { method, path, fields });
  } catch (problem) {
    if (problem instanceof Refused) return { outcome: "not-sent", us: 0, message: problem.message, hint: problem.hint };
    // A fetch that failed may have arrived: only a read is sure to have done nothing.
    return { outcome: method === "GET" ? "not-sent" : "unknown", us: 0, message: String(problem.message), hint: "" };
  }
}

// The rows of an endpoint of the API, asked as this user. Throws Refused with the code and text of the answer.
export async function asUser(user, path) {
  const told = await call({ method: "POST", path: ["users", user, "request"], fields: { method: "GET", path } });
  if (told.outcome !== "done") throw new Refused(0, told);
  const { code, msg, data } = told.answer.answer;
  if (code !== "0") throw new Refused(Number(code), { message: `${code} ${msg}`, hint: "" });
  return data;
}

// Read the feed for as long as the page is open: `heard` gets every message, `lost` why there is none, with the status
// of a refusal; without a status the console itself is not there.
export async function listen(heard, lost) {
  for (;;) {
    try {
      const answer = await fetch("/feed", { headers: { Authorization: `Bearer ${localStorage.getItem(KEPT) ?? ""}` } });
      if (!answer.ok) throw new Refused(answer.status, (await answer.json()).error);
      await lines(answer.body, heard);
    } catch (problem) {
      lost([problem.message, problem.hint].filter(Boolean).join("; "), problem.status);
      if (problem.status === 401) return;
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

async function lines(body, heard) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n");
    rest = parts.pop();
    for (const part of parts) heard(JSON.parse(part));
  }
}
