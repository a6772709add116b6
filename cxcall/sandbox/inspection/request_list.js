
"use strict";
// Everything from a request is untrusted: it is only ever set as text, never parsed as HTML.
const MOST = 2000;
const PERIOD = 1000;
const at = (id) => document.getElementById(id);
const entries = new Map();
const items = new Map();
const counts = { accepted: 0, placed: 0, refused: 0 };
let newest = 0, lastEvent = 0, eventCount = 0, selected = 0, isPaused = false, timer = 0;

function make(name, style, text) {
  const made = document.createElement(name);
  if (style) made.className = style;
  if (text !== undefined && text !== null) made.textContent = text;
  return made;
}

function prose(style, text) { // names between backticks are set as code
  const made = make("p", style);
  text.split(/`([^`]+)`/).forEach((each, place) => made.append(place % 2 ? make("code", "", each) : each));
  return made;
}

function localTime(text) {
  return new Date(text).toLocaleTimeString([], { hour12: false });
}

function styleOf(entry) {
  if (entry.rings) return "call";
  return entry.verdict === "refused" ? "bad" : "ok";
}

function matches(entry) {
  const words = at("find").value.toLowerCase().split(/\s+/).filter(Boolean);
  const text = [entry.method, entry.path, entry.operation, entry.status, entry.verdict, entry.engagementId, entry.correlationId, entry.fault, ...entry.numbers].join(" ").toLowerCase();
  const method = at("method").value, verdict = at("verdict").value;
  return words.every((word) => text.includes(word)) && (!method || entry.method === method) && (!verdict || entry.verdict === verdict);
}

function itemOf(entry) {
  const item = make("li"), button = make("button");
  button.type = "button";
  button.dataset.number = entry.number;
  const spans = [
    make("span", "method", entry.method), make("span", "path mono", entry.path), make("span", "time", localTime(entry.at)),
    make("span", "status mono", entry.status === null ? "—" : entry.status), make("span", "name", entry.operation || (entry.verdict === "token issued" ? "token" : entry.status === 302 ? "login" : "unknown operation")),
    make("span", `chip ${styleOf(entry)}`, entry.verdict),
  ];
  button.append(...spans.flatMap((span) => [span, " "])); // the spaces separate them for screen readers
  button.querySelector(".status").title = entry.status === null ? "no response was sent" : "status";
  button.addEventListener("click", () => select(entry.number));
  item.append(button);
  return item;
}

function count(entry, change) {
  counts.accepted += entry.accepted ? change : 0;
  counts.placed += entry.rings ? change : 0;
  counts.refused += entry.verdict === "refused" ? change : 0;
}

function add(entry) {
  entries.set(entry.number, entry);
  count(entry, 1);
  newest = Math.max(newest, entry.number);
  const item = itemOf(entry);
  items.set(entry.number, item);
  item.hidden = !matches(entry);
  at("requests").prepend(item);
  const methods = at("method");
  if (![...methods.options].some((option) => option.value === entry.method)) {
    methods.append(new Option(entry.method, entry.method));
  }
  if (entries.size > MOST) remove(entries.keys().next().value);
}

function remove(number) {
  count(entries.get(number), -1);
  items.get(number).remove();
  entries.delete(number);
  items.delete(number);
}

function showCounts() {
  const size = entries.size, visible = [...items.values()].filter((item) => !item.hidden).length;
  at("count-all").textContent = size.toLocaleString("en");
  for (const name of Object.keys(counts)) at(`count-${name}`).textContent = counts[name].toLocaleString("en");
  at("empty").hidden = size > 0;
  at("none").hidden = size === 0 || visible > 0;
  at("requests").hidden = visible === 0;
  at("shown").textContent = size && visible < size ? `${visible} of ${size}` : "";
}

function filter() {
  for (const [number, item] of items) item.hidden = !matches(entries.get(number));
  showCounts();
}

function visibleButtons() {
  return [...at("requests").querySelectorAll("li:not([hidden]) button")];
}

async function read(path) {
  const response = await fetch(path, { headers: { Accept: "application/json" }, cache: "no-store" });
  if (!response.ok) throw new Error(String(response.status));
  return response;
}

async function poll() {
  clearTimeout(timer);
  try {
    const found = await (await read(`/sandbox/requests?after=${newest}&limit=${MOST}`)).json();
    if (found.last !== null && found.last < newest) return restart();
    const kept = found.first === null ? Infinity : found.first;
    for (const number of [...entries.keys()]) if (number < kept) remove(number);
    if (selected && !entries.has(selected)) close();
    found.requests.forEach(add);
    showCounts();
    const events = await (await read(`/sandbox/events?after=${lastEvent}`)).text();
    events.split("\n").filter(Boolean).map((line) => JSON.parse(line)).forEach(addEvent);
    setState("live", "live");
  } catch {
    setState("lost", "not connected");
  }
  if (!isPaused) timer = setTimeout(poll, PERIOD);
}

function restart() { // another sandbox listens here now
  newest = lastEvent = eventCount = 0;
  for (const number of [...entries.keys()]) remove(number);
  at("events").replaceChildren();
  return poll();
}

function setState(style, text) {
  const state = at("state");
  const [name, shown] = isPaused ? ["", "paused"] : [style, text];
  if (state.textContent !== shown) state.textContent = shown;
  state.className = `state ${name}`;
}

function addEvent(event) {
  lastEvent = Math.max(lastEvent, event.id);
  eventCount += 1;
  const item = make("li");
  const of = event.engagementId ? `engagement ${event.engagementId}` : `contact ${event.contactId} of campaign ${event.campaignId}`;
  item.append(make("span", "soft", localTime(event.at)), make("span", `chip ${event.outcome === "connected" ? "ok" : "warning"}`, event.outcome), make("span", "mono", of), make("span", "mono", event.number));
  at("events").prepend(item);
  if (at("events").childElementCount > 200) at("events").lastElementChild.remove();
  at("events-none").hidden = true;
  at("events-count").textContent = eventCount.toLocaleString("en");
  at("events").tabIndex = 0;
}

async function select(number) {
  items.get(selected)?.firstChild.removeAttribute("aria-current");
  selected = number;
  items.get(number)?.firstChild.setAttribute("aria-current", "true");
  at("panes").classList.add("open");
  try {
    const detail = await (await read(`/sandbox/requests/${number}`)).json();
    if (selected === number) show(detail);
  } catch {
    setState("lost", "not connected");
  }
}

function close() {
  const item = items.get(selected)?.firstChild;
  item?.removeAttribute("aria-current");
  selected = 0;
  at("panes").classList.remove("open");
  at("content").hidden = true;
  at("placeholder").hidden = false;
  item?.focus();
}

function move(step) {
  const buttons = visibleButtons();
  if (!buttons.length) return;
  const here = buttons.findIndex((button) => Number(button.dataset.number) === selected);
  const next = buttons[Math.min(Math.max(here + step, 0), buttons.length - 1)];
  next.focus();
  select(Number(next.dataset.number));
}

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.matches("input, select");
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape" && selected) close();
  else if (event.key === "/" && !isTyping) { event.preventDefault(); at("find").focus(); }
  else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !isTyping && !event.target.matches("pre, #events")) {
    event.preventDefault();
    move(event.key === "ArrowDown" ? 1 : -1);
  }
});
for (const id of ["find", "method", "verdict"]) at(id).addEventListener("input", filter);
at("pause").addEventListener("click", () => {
  isPaused = !isPaused;
  at("pause").setAttribute("aria-pressed", String(isPaused));
  setState("", "paused");
  if (!isPaused) poll();
  else clearTimeout(timer);
});
at("clear").addEventListener("click", async () => {
  await fetch("/sandbox/requests", { method: "DELETE" });
  poll();
});
at("origin").textContent = location.origin;
at("setup").textContent = at("setup").textContent.replace("{origin}", location.origin);
poll();
