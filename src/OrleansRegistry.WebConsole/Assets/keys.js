// Keys, and a palette that leads to what is on the page and to models. Everything can be reached without them.
const OFF = "registry-keys-off";
const MAX_FOUND = 12;
const isMac = navigator.platform.startsWith("Mac");

const areOn = () => localStorage.getItem(OFF) === null;
const link = (selector) => document.querySelector(selector);
const make = (name, fields, ...parts) => {
  const element = Object.assign(document.createElement(name), fields);
  element.append(...parts);
  return element;
};
const within = (element, attributes) => {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
};

// Menus
const items = (menu) => [...menu.querySelectorAll("[role=menuitem]")];

document.addEventListener("toggle", (event) => {
  if (event.newState === "open" && event.target.matches?.(".menu")) items(event.target)[0]?.focus();
}, true);

function moveInMenu(event, menu) {
  const all = items(menu);
  const at = all.indexOf(event.target);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  all[(to + all.length) % all.length].focus();
}

// Dialogs are made when somebody first asks for one. They close by Escape, and by a click beside them.
function dialog(label, ...parts) {
  const made = within(make("dialog", { className: "box" }, ...parts), { "aria-label": label });
  made.addEventListener("click", (event) => { if (event.target === made) made.close(); });
  document.body.append(made);
  return made;
}

// The palette: a combobox with a list, as the ARIA practices have it.
const SHOWN = "header nav a, .tabs a, .side a, .versions .version, main .button[href], .menu a[role=menuitem]";

function name(anchor) {
  const parts = [...anchor.childNodes].filter((part) => !part.matches?.("[aria-hidden]")).map((part) => part.textContent);
  const text = parts.join(" ").replace(/\s+/g, " ").trim();
  const group = anchor.closest(".menu, nav")?.getAttribute("aria-label") ?? "";
  return anchor.matches("[role=menuitem]") ? `${group.replace("Actions for ", "")}: ${text}` : anchor.closest(".tabs") ? `${group}: ${text}` : text;
}

function shown() {
  const found = new Map();
  for (const anchor of document.querySelectorAll(SHOWN)) {
    if (!anchor.matches(".menu .after")) found.set(`${name(anchor)} ${anchor.href}`, { text: name(anchor), href: anchor.href });
  }
  return [...found.values()];
}

// Hands over the models that the list of models finds: its own page is asked, so that it is searched in one way.
// Such a request parses the page without the right to make trusted HTML.
function askForModels(query, take) {
  const request = new XMLHttpRequest();
  request.open("GET", `/console?q=${encodeURIComponent(query)}`);
  request.setRequestHeader("Accept", "text/html");
  request.responseType = "document";
  request.addEventListener("load", () => {
    const found = request.response?.querySelectorAll("#models tbody th a") ?? [];
    take([...found].map((anchor) => ({ text: `Model: ${anchor.textContent}`, href: anchor.getAttribute("href") })));
  });
  request.send();
  return request;
}

let palette;
function openPalette() {
  palette ??= makePalette();
  if (!palette.open) palette.showModal();
  const field = palette.querySelector("input");
  field.select();
  field.dispatchEvent(new Event("input"));
}

function makePalette() {
  const list = within(make("ul", { id: "palette-list" }), { role: "listbox", "aria-label": "Places" });
  const field = within(make("input", { type: "text", placeholder: "Go to a model, a version, a page…" }), {
    role: "combobox", "aria-label": "Go to", "aria-expanded": "true", "aria-controls": list.id, "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false",
  });
  const status = within(make("p", { className: "quiet" }), { role: "status" });
  let at = 0;
  let asked;

  const mark = (to) => {
    const options = [...list.children];
    at = options.length === 0 ? 0 : (to + options.length) % options.length;
    options.forEach((option, index) => option.setAttribute("aria-selected", String(index === at)));
    if (options[at]) field.setAttribute("aria-activedescendant", options[at].id);
    else field.removeAttribute("aria-activedescendant");
    options[at]?.scrollIntoView({ block: "nearest" });
  };
  const show = (found) => {
    list.replaceChildren(...found.slice(0, MAX_FOUND).map((entry, index) => {
      const option = within(make("li", { id: `palette-${index}` }, entry.text), { role: "option" });
      option.addEventListener("click", entry.go ?? (() => location.assign(entry.href)));
      return option;
    }));
    status.textContent = found.length === 0 ? "Nothing is like that." : "";
    mark(0);
  };
  const search = () => {
    asked?.abort();
    const query = field.value.trim().toLowerCase();
    const words = query.split(/\s+/);
    const here = [...shown(), { text: "Keys", go: openHelp }].filter((entry) => words.every((word) => entry.text.toLowerCase().includes(word)));
    show(here);
    if (query.length > 0) {
      asked = askForModels(query, (found) => { if (found.length > 0) show([...found.slice(0, MAX_FOUND / 2), ...here]); });
    }
  };
  field.addEventListener("input", search);
  field.addEventListener("keydown", (event) => {
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 }[event.key];
    if (to !== undefined) mark(to);
    else if (event.key === "Enter") list.children[at]?.click();
    else return;
    event.preventDefault();
  });
  const made = dialog("Go to", field, list, status);
  made.classList.add("palette");
  return made;
}

// Help
const KEYS = [
  [isMac ? "⌘ K" : "Ctrl K", "Go to a model, a version, a page, an action"],
  ["/", "Search of the page"],
  ["g m", "Models"],
  ["g e", "Events"],
  ["g b", "Billing"],
  ["g a", "Access"],
  ["j, k", "Next and previous version, or row"],
  [".", "Actions of the version"],
  ["?", "These keys"],
];

let help;
function openHelp() {
  palette?.close();
  help ??= makeHelp();
  if (!help.open) help.showModal();
}

function makeHelp() {
  const keys = make("dl", { className: "facts" });
  for (const [key, does] of KEYS) keys.append(make("dt", {}, make("kbd", {}, key)), make("dd", {}, does));
  const on = make("input", { type: "checkbox", checked: areOn() });
  on.addEventListener("change", () => { if (on.checked) localStorage.removeItem(OFF); else localStorage.setItem(OFF, ""); });
  const close = make("button", { type: "button" }, "Close");
  const made = dialog("Keys", make("h2", {}, "Keys"), keys, make("p", {}, make("label", {}, on, " Keys without Ctrl or ⌘, in this browser")), close);
  close.addEventListener("click", () => made.close());
  return made;
}

// Single keys
const rows = () => [...document.querySelectorAll(document.querySelector(".versions") ? ".versions .version" : "main tbody th a")];
function moveRow(by) {
  const all = rows();
  const current = document.activeElement?.closest?.("li, tr");
  const at = all.findIndex((row) => row.closest("li, tr") === current);
  all[Math.min(Math.max(at === -1 ? (by > 0 ? 0 : all.length - 1) : at + by, 0), all.length - 1)]?.focus();
}

function search(event) {
  const field = document.getElementById("q") ?? document.getElementById("number");
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
}

const dots = () => document.activeElement?.closest?.("li")?.querySelector(".dots") ?? link(".versions .current .dots") ?? link(".versions .dots");
const SINGLE = { "/": search, j: () => moveRow(1), k: () => moveRow(-1), ".": () => dots()?.click(), "?": openHelp };
const PLACES = { m: "models", e: "events", b: "billing", a: "access" };
let leading = -Infinity;

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(".menu");
  if (menu) moveInMenu(event, menu);
  if (event.defaultPrevented || event.isComposing || event.altKey || !link("header nav")) return;
  const modified = event.ctrlKey || event.metaKey;
  if (modified && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openPalette();
    return;
  }
  if (modified || event.repeat && event.key === "." || !areOn() || event.target.matches?.("input, select, textarea") || link("dialog[open]")) return;
  const place = event.timeStamp - leading < 1500 ? link(`header nav [data-key="${CSS.escape(PLACES[event.key] ?? "")}"]`) : null;
  leading = event.key === "g" ? event.timeStamp : -Infinity;
  if (place) place.click();
  else SINGLE[event.key]?.(event);
});

const opener = link("#keys");
if (opener) {
  opener.hidden = false;
  opener.addEventListener("click", openPalette);
}
