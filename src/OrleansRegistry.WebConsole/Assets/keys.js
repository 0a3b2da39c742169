// Keys, and a palette that leads to what is on the page and to models. Everything can be reached without them.
const OFF = "registry-keys-off";
const MAX_FOUND = 12;
const SETTLES = 150;
const isMac = navigator.platform.startsWith("Mac");

// A browser may keep nothing for a page: then the switch holds for as long as the page is open.
let off = false;
try { off = localStorage.getItem(OFF) !== null; } catch { /* It keeps nothing. */ }
function turn(on) {
  off = !on;
  try { if (on) localStorage.removeItem(OFF); else localStorage.setItem(OFF, ""); } catch { /* It keeps nothing. */ }
}

// Enter and arrows belong to an input method while it composes; Safari says so by the code alone.
const isComposing = (event) => event.isComposing || event.keyCode === 229;
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
  made.addEventListener("pointerdown", (event) => {
    const box = made.getBoundingClientRect();
    const isWithin = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (event.target === made && !isWithin) made.close();
  });
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

// Hands over the models that the list of models finds, or null when it can't say: its own page is asked, so that it is
// searched in one way. Such a request parses the page without the right to make trusted HTML.
function askForModels(query, take) {
  const request = new XMLHttpRequest();
  request.open("GET", `/console?q=${encodeURIComponent(query)}`);
  request.setRequestHeader("Accept", "text/html");
  request.responseType = "document";
  request.addEventListener("load", () => {
    // Where the session has ended, it is the page that signs in.
    if (request.status !== 200 || new URL(request.responseURL).pathname !== "/console") return take(null);
    const found = [...request.response.querySelectorAll("#models tbody th a")];
    const wanted = query.toLowerCase();
    const rank = (anchor) => {
      const name = anchor.textContent.toLowerCase();
      return name === wanted ? 0 : name.startsWith(wanted) ? 1 : 2;
    };
    take(found.sort((a, b) => rank(a) - rank(b)).map((anchor) => ({ text: `Model: ${anchor.textContent}`, href: anchor.getAttribute("href") })));
  });
  request.addEventListener("error", () => take(null));
  request.send();
  return request;
}

// What had the focus gets it back, unless it is in a menu, which closes.
function showDialog(made) {
  link(".menu:popover-open")?.hidePopover();
  if (!made.open) made.showModal();
}

let palette;
function openPalette() {
  palette ??= makePalette();
  showDialog(palette);
  const field = palette.querySelector("input");
  field.select();
  field.dispatchEvent(new Event("input"));
}

function makePalette() {
  const list = within(make("ul", { id: "palette-list" }), { role: "listbox", "aria-label": "Places" });
  const field = within(make("input", { type: "text", placeholder: "Go to a model, a version, a page…" }), {
    role: "combobox", "aria-label": "Go to", "aria-expanded": "false", "aria-controls": list.id, "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false",
  });
  const status = within(make("p", { className: "quiet" }), { role: "status" });
  let at = 0;
  let asked;
  let settling;

  const mark = (to) => {
    const options = [...list.children];
    at = options.length === 0 ? 0 : (to + options.length) % options.length;
    options.forEach((option, index) => option.setAttribute("aria-selected", String(index === at)));
    if (options[at]) field.setAttribute("aria-activedescendant", options[at].id);
    else field.removeAttribute("aria-activedescendant");
    options[at]?.scrollIntoView({ block: "nearest" });
  };
  const show = (found, otherwise, keep = 0) => {
    list.replaceChildren(...found.slice(0, MAX_FOUND).map((entry, index) => {
      const option = within(make("li", { id: `palette-${index}` }, entry.text), { role: "option" });
      option.addEventListener("click", entry.go ?? (() => { palette.close(); location.assign(entry.href); }));
      return option;
    }));
    field.setAttribute("aria-expanded", String(found.length > 0));
    status.textContent = found.length > 0 ? `${list.children.length} found` : otherwise;
    mark(keep);
  };
  // Models come behind what the page has, so that what is marked stays where it is.
  const search = () => {
    asked?.abort();
    clearTimeout(settling);
    const query = field.value.trim();
    const words = query.toLowerCase().split(/\s+/);
    const here = [...shown(), { text: "Keys", go: openHelp }]
      .filter((entry) => words.every((word) => entry.text.toLowerCase().includes(word)))
      .slice(0, query.length > 0 ? MAX_FOUND / 2 : MAX_FOUND);
    show(here, query.length > 0 ? "Searching…" : "");
    if (query.length === 0) return;
    settling = setTimeout(() => {
      asked = askForModels(query, (found) => show([...here, ...found ?? []], found ? "Nothing is like that." : "Models can't be searched now.", at));
    }, SETTLES);
  };
  field.addEventListener("input", search);
  field.addEventListener("keydown", (event) => {
    if (isComposing(event)) return;
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
  showDialog(help);
}

function makeHelp() {
  const keys = make("dl", { className: "facts" });
  for (const [key, does] of KEYS) keys.append(make("dt", {}, make("kbd", {}, key)), make("dd", {}, does));
  const on = make("input", { type: "checkbox", checked: !off });
  on.addEventListener("change", () => turn(on.checked));
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
  let at = all.findIndex((row) => row.closest("li, tr") === current);
  if (at === -1) at = all.findIndex((row) => row.closest(".current"));
  all[Math.min(Math.max(at === -1 ? (by > 0 ? 0 : all.length - 1) : at + by, 0), all.length - 1)]?.focus();
}

function search(event) {
  const field = document.getElementById("q") ?? document.getElementById("number");
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
}

// Of a version that is shown and not in the list there are none: those of another one would be taken for its own.
function actions() {
  const dots = document.activeElement?.closest?.("li")?.querySelector(".dots") ?? link(".versions .current .dots")
    ?? (link(".content > h2.title") ? null : link(".versions .dots"));
  dots?.scrollIntoView({ block: "nearest" });
  dots?.click();
}

const SINGLE = { "/": search, j: () => moveRow(1), k: () => moveRow(-1), ".": actions, "?": openHelp };
const PLACES = { m: "models", e: "events", b: "billing", a: "access" };
let leading = -Infinity;

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(".menu");
  if (menu) moveInMenu(event, menu);
  if (event.defaultPrevented || isComposing(event) || event.altKey || !link("header nav")) return;
  const modified = event.ctrlKey || event.metaKey;
  if ((isMac ? event.metaKey : event.ctrlKey) && !event.shiftKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openPalette();
    return;
  }
  if (modified || event.repeat && event.key === "." || off || menu || event.target.matches?.("input, select, textarea") || link("dialog[open]")) return;
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
