// Colours of the page: as the system has them, light or dark.

const KEPT = "tallystick.theme";

export const THEMES = ["system", "light", "dark"];

// The colours this browser chose last.
export function chosenColours() {
  const kept = localStorage.getItem(KEPT);
  return THEMES.includes(kept) ? kept : THEMES[0];
}

// Show these colours from now on.
export function colours(name = chosenColours()) {
  localStorage.setItem(KEPT, name);
  if (name === "system") document.documentElement.removeAttribute("data-theme");
  else document.documentElement.dataset.theme = name;
}
