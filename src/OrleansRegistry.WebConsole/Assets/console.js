// Local times, copying, and pages that follow what happens. Everything works without it, but for these.
const policy = window.trustedTypes?.createPolicy("registry", { createHTML: (text) => text });
const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const ofDay = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

function localize(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    time.textContent = (time.closest(".log") ? ofDay : local).format(new Date(time.dateTime));
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  const text = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = text; }, 1500);
});

// Swaps the parts of the page that have changed. What somebody is in the middle of stays.
async function refresh() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  // Signed out: nobody may be here, so that it takes a click to sign in again.
  if (answer.redirected) return location.assign(answer.url);
  // Nothing to show: the next event asks again.
  if (!answer.ok) return;
  const text = await answer.text();
  const next = new DOMParser().parseFromString(policy ? policy.createHTML(text) : text, "text/html");
  localize(next);
  // When a dialog closes, what had the focus before gets it back: until then that stays.
  const over = document.querySelector("dialog[open]");
  if (over) return over.addEventListener("close", changed, { once: true });
  for (const part of document.querySelectorAll("[data-refresh]")) {
    const changed = next.getElementById(part.id);
    const busy = part.querySelector(":popover-open") || (part.contains(document.activeElement) && document.activeElement.matches("input, select"));
    if (!changed || busy || part.isEqualNode(changed)) continue;
    const focused = part.contains(document.activeElement) ? document.activeElement : null;
    const place = focused && (focused.getAttribute("href") ?? focused.getAttribute("popovertarget"));
    part.replaceWith(changed);
    if (place) changed.querySelector(`[href="${CSS.escape(place)}"], [popovertarget="${CSS.escape(place)}"]`)?.focus();
  }
}

let pending;
const changed = () => { pending ??= setTimeout(() => { pending = undefined; refresh(); }, 150); };

// One stream for all tabs: a browser has few connections to a host.
async function follow(address, channel) {
  for (;;) {
    try {
      const answer = await fetch(address, { headers: { Accept: "text/event-stream" } });
      if (!answer.ok || answer.redirected) return;
      await read(answer, () => { channel.postMessage("changed"); changed(); });
    } catch { /* The node or the network is away; the next try finds it. */ }
    await new Promise((resolve) => { setTimeout(resolve, 1000 + Math.random() * 2000); });
    channel.postMessage("changed");
    changed();
  }
}

// Hands over the events of a stream until it ends.
async function read(answer, take) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    const events = (text + chunk.value).split("\n\n");
    text = events.pop();
    for (const event of events) {
      const data = /^data: (.*)$/m.exec(event);
      if (data) take(JSON.parse(data[1]));
    }
  }
}

// Adds the lines of a log that are written, while somebody looks. A browser has few connections: a hidden tab gives its own back.
const MAX_LINES = 1000;
async function tail(log) {
  const add = (line) => {
    const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 4;
    const time = Object.assign(document.createElement("time"), { dateTime: line.at, title: line.at });
    const item = document.createElement("p");
    item.append(time, " " + line.text);
    log.append(item);
    localize(item);
    log.dataset.after = line.number;
    if (log.children.length > MAX_LINES) log.firstElementChild.remove();
    document.getElementById("no-lines")?.remove();
    if (atEnd) log.scrollTop = log.scrollHeight;
  };
  log.scrollTop = log.scrollHeight;
  for (;;) {
    if (document.hidden) await new Promise((seen) => { document.addEventListener("visibilitychange", seen, { once: true }); });
    const end = new AbortController();
    const hide = () => end.abort();
    document.addEventListener("visibilitychange", hide, { once: true });
    try {
      const headers = { Accept: "text/event-stream" };
      const answer = await fetch(`${log.dataset.log}?after=${log.dataset.after}`, { headers, signal: end.signal });
      if (!answer.ok || answer.redirected) return;
      await read(answer, add);
    } catch { /* The tab is hidden, or the node is away. */ }
    document.removeEventListener("visibilitychange", hide);
    await new Promise((resolve) => { setTimeout(resolve, 2000); });
  }
}

// A second click sends nothing again.
document.addEventListener("submit", (event) => {
  const sent = event.submitter;
  if (sent) setTimeout(() => { sent.disabled = true; });
});
window.addEventListener("pageshow", () => { for (const sent of document.querySelectorAll("button:disabled")) sent.disabled = false; });

// The button says which version comes next.
const successor = document.getElementById("promote_to");
const button = document.querySelector("[data-successor]");
if (successor && button) {
  const say = () => { button.textContent = button.dataset.successor.replace("{}", () => successor.selectedOptions[0].textContent); };
  successor.addEventListener("change", say);
  say();
}

localize(document);
const log = document.querySelector("[data-log]");
if (log) tail(log);
const live = document.body.dataset.live;
if (live && document.querySelector("[data-refresh]")) {
  const channel = new BroadcastChannel("registry");
  channel.onmessage = changed;
  navigator.locks?.request("registry-live", () => follow(live, channel));
}
