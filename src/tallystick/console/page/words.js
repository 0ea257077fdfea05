// Every text of the page, in English and Chinese.

import { tell } from "./store.js";
import { WORDS } from "./texts.js";

export const TONGUES = { en: "English", zh: "中文" };
const KEPT = "tallystick.language";

let spoken = "en";

// The language this browser chose last, or prefers.
export function tongue() {
  const kept = localStorage.getItem(KEPT);
  if (kept in TONGUES) return kept;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

// Say everything in this language from now on.
export function speak(code) {
  spoken = code;
}

// The same, kept by this browser and told to the page.
export function use(code) {
  speak(code);
  localStorage.setItem(KEPT, code);
  document.documentElement.lang = code === "zh" ? "zh-CN" : "en";
  tell("language");
}

// A text, with its blanks {0}, {1} filled in.
export function say(key, ...values) {
  const found = WORDS[key];
  if (!found) throw new Error(`no words for ${key}`);
  const text = found[spoken === "zh" ? 1 : 0];
  return text.replace(/\{(\d)\}/g, (_, place) => String(values[Number(place)] ?? ""));
}

// What an event or a note tells, in the language that is spoken.
export function lineOf({ words, words_zh: zh }) {
  return either(words, zh);
}

// Of a thing that comes in both languages, the one that is spoken.
export function either(en, zh) {
  return spoken === "zh" && zh ? zh : en;
}
