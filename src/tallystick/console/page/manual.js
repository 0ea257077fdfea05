// What surrounds a page of rules or decisions: the colours that were chosen, and in Chinese that the page is English.

import { el } from "./dom.js";
import { colours } from "./looks.js";
import { say, tongue, use } from "./words.js";

colours();
use(tongue());
document.documentElement.lang = "en"; // as the page itself is
const about = document.getElementById("of");
if (tongue() === "zh") about.append(el("span", { lang: "zh-CN" }, ` ${say("english only")}`));
