// Light or dark: the address (?theme=) goes first, then what was chosen here before, then the system's preference.

const KEY = "cw-sandbox-theme";
const system = matchMedia("(prefers-color-scheme: dark)");

function remembered() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

let chosen = new URLSearchParams(location.search).get("theme") ?? remembered();

/** "light" or "dark". */
export const theme = () => (["light", "dark"].includes(chosen) ? chosen : system.matches ? "dark" : "light");

const apply = () => {
  document.documentElement.dataset.theme = theme();
};

/** Applies the theme now and follows the system from now on. */
export function initTheme() {
  apply();
  system.addEventListener("change", apply);
}

/** The other one, from now on and at the next visit. */
export function toggleTheme() {
  chosen = theme() === "dark" ? "light" : "dark";
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    // A browser that forbids storage forgets the choice at the next visit; the toggle works all the same.
  }
  const address = new URL(location.href);
  if (address.searchParams.has("theme")) {
    address.searchParams.set("theme", chosen);
    history.replaceState(null, "", address);
  }
  apply();
}
