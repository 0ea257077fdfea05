// What surrounds a page of rules or decisions: the colours that were chosen, and for a Chinese reader of an English page
// the way to its Chinese, or that there is none.

import { el } from "./dom.js";
import { colours } from "./looks.js";
import { say, speak, tongue } from "./words.js";

colours();
speak(tongue());
const about = document.getElementById("of");
const chinese = about.dataset.chinese;
if (tongue() === "zh" && document.documentElement.lang === "en") {
  const said = chinese ? el("a", { href: chinese + location.hash }, say("rules in chinese")) : say("english only");
  about.append(el("span", { lang: "zh-CN" }, " ", said));
}
