// Decimal text, exactly: amounts are never numbers of the machine.

// [whole number, places] of decimal text such as -12.340; [0n, 0] of an empty one.
function parsed(text) {
  const found = /^(-?)(\d*)(?:\.(\d*))?$/.exec(String(text || "0").trim());
  if (!found) throw new RangeError(`${text} is no decimal number`);
  const [, sign, whole, part = ""] = found;
  return [BigInt(`${sign}${whole}${part}` === sign ? 0 : `${sign}${whole || "0"}${part}`), part.length];
}

function written(number, places) {
  const sign = number < 0n ? "-" : "";
  const digits = String(number < 0n ? -number : number).padStart(places + 1, "0");
  const whole = digits.slice(0, digits.length - places);
  const part = places ? digits.slice(-places).replace(/0+$/, "") : "";
  return sign + whole + (part ? `.${part}` : "");
}

export function isDecimal(text) {
  return /^-?(\d+(\.\d*)?|\.\d+)$/.test(String(text).trim());
}

export function sum(...texts) {
  const parts = texts.map(parsed);
  const places = Math.max(0, ...parts.map(([, own]) => own));
  return written(parts.reduce((total, [number, own]) => total + number * 10n ** BigInt(places - own), 0n), places);
}

export function product(one, other) {
  const [a, aPlaces] = parsed(one);
  const [b, bPlaces] = parsed(other);
  return written(a * b, aPlaces + bPlaces);
}

export function compare(one, other) {
  const [difference] = parsed(sum(one, negated(other)));
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export function negated(text) {
  const [number, places] = parsed(text);
  return written(-number, places);
}

// Cut to so many places, towards zero.
export function cut(text, places) {
  const [number, own] = parsed(text);
  return own <= places ? written(number, own) : written(number / 10n ** BigInt(own - places), places);
}

// The largest multiple of `step` that is not above.
export function toStep(text, step) {
  const [number, own] = parsed(text);
  const [each, eachOwn] = parsed(step);
  if (each <= 0n) return text;
  const places = Math.max(own, eachOwn);
  const one = each * 10n ** BigInt(places - eachOwn);
  return written(((number * 10n ** BigInt(places - own)) / one) * one, places);
}

// Pairs of decimal texts, such as "39990 1, 39980 2".
export function pairsOf(text) {
  return text.split(/[,;\n]/).map((pair) => pair.trim()).filter(Boolean).map((pair) => {
    const found = pair.split(/[\s@x×]+/);
    if (found.length !== 2 || !found.every(isDecimal)) throw new RangeError(`${pair} is no pair of numbers`);
    return found;
  });
}

// For the eye: groups of thousands, at most so many places. What is cut is marked.
export function shown(text, places = 8) {
  if (text === "" || text === null || text === undefined) return "–";
  const short = cut(text, places);
  const [whole, part] = short.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  const left = compare(short, text) !== 0 ? "…" : "";
  return grouped + (part ? `.${part}` : "") + left;
}

// A ratio as per cent, with two places.
export function percent(text, places = 2) {
  if (text === "" || text === null || text === undefined) return "–";
  const [whole, part = ""] = cut(product(text, "100"), places).split(".");
  return `${whole.replace(/\B(?=(\d{3})+(?!\d))/g, ",")}.${part.padEnd(places, "0")} %`;
}
