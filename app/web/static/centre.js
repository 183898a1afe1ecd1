/* The centre's page: rows by keyboard, ticked units, claims that are kept, and what has left the list. */
"use strict";
const RENEW_AT = 2 / 3; // of a lease left: renewed every third of it
const TURN = 5000;
const queue = () => document.getElementById("queue");
const rows = () => [...queue().querySelectorAll("[data-unit]")];
const rowOf = (unit) => rows().find((row) => row.dataset.unit === unit);
const ticks = () => [...queue().querySelectorAll(".tick:checked")];
const ends = new Map(); // when a claimed unit's lease ends, by this window's own clock
const deeds = new Set(); // units that somebody has just acted on in this very window
let opened = document.getElementById("pane").dataset.unit || null;
let wanted = null; // the unit whose panel was asked for by its reader, who goes there then
let before = null;

/* ---- claims ------------------------------------------------------------------------------- */

const desk = () => `/v1/organisations/${encodeURIComponent(queue().dataset.code)}`;

async function send(path, body) {
  const answer = await fetch(path, {
    method: "POST", body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", "Idempotency-Key": `${Date.now()}-${Math.random()}`,
               "Accept-Language": document.documentElement.lang },
  });
  if (!answer.ok) throw await refusal(answer);
  return answer.json();
}

function note(seconds) {
  if (seconds < 60) return say(`${Math.max(0, Math.round(seconds))} 秒`, `${Math.max(0, Math.round(seconds))} s`);
  return say(`${Math.round(seconds / 60)} 分钟`, `${Math.round(seconds / 60)} min`);
}

function measure() {
  ends.clear();
  for (const row of rows()) {
    if (row.dataset.left) ends.set(row.dataset.unit, performance.now() + Number(row.dataset.left) * 1000);
  }
}

const left = (unit) => (ends.get(unit) - performance.now()) / 1000;

/* A lease goes on while its unit is being worked on; one that has ended is looked at anew. */
async function keep() {
  const lease = Number(queue().dataset.lease);
  for (const row of rows().filter((one) => ends.has(one.dataset.unit))) {
    const text = row.querySelector(".lease");
    if (text) text.textContent = note(left(row.dataset.unit));
    if (left(row.dataset.unit) <= 0) {
      ends.delete(row.dataset.unit);
      document.getElementById("live").dispatchEvent(new CustomEvent("changed"));
    }
  }
  const row = opened && rowOf(opened);
  if (!row?.dataset.token || !(left(opened) < lease * RENEW_AT)) return;
  const unit = opened;
  try {
    const told = await send(`${desk()}/queue:renew`, { units: [{ unit, token: Number(row.dataset.token) }], lease });
    if (told.done) ends.set(unit, performance.now() + lease * 1000);
    else document.getElementById("live").dispatchEvent(new CustomEvent("changed"));
  } catch { /* The next turn tries again. */ }
}

/* ---- what became of many ------------------------------------------------------------------- */

function outcome(done, refused) {
  const box = document.getElementById("outcome");
  const told = say(`完成 ${done} 件` + (refused.length ? `, 被拒 ${refused.length} 件:` : "。"),
                   `${done} done` + (refused.length ? `, ${refused.length} refused:` : "."));
  toast(told);
  box.replaceChildren();
  if (!refused.length) return;
  const card = document.createElement("div");
  card.className = "fault";
  const head = document.createElement("b");
  head.textContent = told;
  const list = document.createElement("ul");
  for (const [number, why] of refused) {
    const item = document.createElement("li");
    const name = document.createElement("code");
    name.textContent = number;
    item.append(name, ` ${why}`);
    list.append(item);
  }
  const close = document.createElement("button");
  close.type = "button";
  close.className = "quiet";
  close.textContent = say("知道了", "Close");
  close.addEventListener("click", () => box.replaceChildren());
  card.append(head, list, close);
  box.append(card);
}

const told = (problem) => problem?.detail || problem?.title || say("网络不通, 请重试", "The network is away; try again");
const numberOf = (unit) => rowOf(unit)?.dataset.number || unit;
const refresh = (units) => document.body.dispatchEvent(new CustomEvent("acted", { detail: { items: units.map((id) => ({ id })) } }));

async function takeTicked() {
  const units = ticks().map((tick) => tick.value);
  const refused = [];
  for (const unit of units) {
    try { await send(`${desk()}/queue:take`, { unit }); }
    catch (problem) { refused.push([numberOf(unit), told(problem)]); }
  }
  outcome(units.length - refused.length, refused);
  untick();
  refresh(units);
}

async function releaseTicked() {
  const mine = ticks().map((tick) => rowOf(tick.value)).filter((row) => row.dataset.token);
  if (!mine.length) return toast(say("所选单元都不是您领取的", "None of these is in your hands"));
  const units = mine.map((row) => ({ unit: row.dataset.unit, token: Number(row.dataset.token) }));
  const names = new Map(mine.map((row) => [row.dataset.unit, row.dataset.number]));
  try {
    const answer = await send(`${desk()}/queue:release`, { units });
    outcome(answer.done, answer.items.filter((one) => one.problem).map((one) => [names.get(one.unit), told(one.problem)]));
  } catch (problem) { toast(told(problem)); }
  untick();
  refresh(units.map((one) => one.unit));
}

/* ---- ticked units ----------------------------------------------------------------------------- */

function count() {
  const bar = document.getElementById("ticked");
  if (!bar) return;
  const many = ticks().length;
  document.getElementById("ticked-count").textContent = many;
  bar.hidden = !many;
  const all = document.getElementById("tick-all");
  if (all) all.checked = many > 0 && many === queue().querySelectorAll(".tick").length;
}

function untick() {
  for (const tick of ticks()) tick.checked = false;
  count();
}

async function bulk(path) {
  const units = ticks().map((tick) => `unit=${tick.value}`).join("&");
  await htmx.ajax("GET", `${path}?${units}`, { target: "#bulk-form", swap: "innerHTML" });
  document.getElementById("bulk").showModal();
}

/* What the chosen action needs is asked for, and nothing else. */
function needs(select) {
  const form = select.form;
  const asked = (select.selectedOptions[0]?.dataset.needs || "").split(" ");
  for (const part of form.querySelectorAll("[data-need]")) {
    const isAsked = asked.includes(part.dataset.need);
    part.hidden = !isAsked;
    for (const field of part.querySelectorAll("input")) { field.disabled = !isAsked; field.required = isAsked; }
  }
  form.elements.namedItem("reason").required = asked.includes("reason");
  form.querySelector("[data-optional]").hidden = asked.includes("reason");
}

/* ---- the pane ----------------------------------------------------------------------------------- */

function mark() {
  for (const row of rows()) {
    row.classList.toggle("chosen", row.dataset.unit === opened);
    const link = row.querySelector("a.opens");
    if (row.dataset.unit === opened) link?.setAttribute("aria-current", "true");
    else link?.removeAttribute("aria-current");
  }
}

function open(unit) {
  wanted = unit;
  htmx.ajax("GET", `/units/${unit}/panel`, { target: "#pane", swap: "innerHTML" });
}

function address(unit) {
  const here = new URL(location.href);
  if (unit) here.searchParams.set("unit", unit);
  else here.searchParams.delete("unit");
  history.replaceState(null, "", here);
}

function arrive() {
  opened = wanted;
  wanted = null;
  document.getElementById("pane-box").classList.add("open");
  document.getElementById("pane").scrollTop = 0;
  document.getElementById("pane").focus({ preventScroll: true });
  address(opened);
  mark();
  rowOf(opened)?.scrollIntoView({ block: "nearest" });
}

function back() {
  const link = (opened && rowOf(opened)?.querySelector("a.opens")) || queue().querySelector("a.opens") || document.getElementById("queue-title");
  // On a narrow screen the pane lies over the list.
  if (matchMedia("(max-width: 1100px)").matches) document.getElementById("pane-box").classList.remove("open");
  link.focus();
}

function shut() {
  back();
  document.getElementById("pane-box").classList.remove("open");
  document.getElementById("pane").replaceChildren(document.getElementById("pane-empty").content.cloneNode(true));
  opened = null;
  address(null);
  mark();
}

/* ---- the list moves under its reader ------------------------------------------------------------ */

function remember() {
  const row = document.activeElement?.closest?.("#queue [data-unit]");
  before = {
    unit: row?.dataset.unit, number: row?.dataset.number, place: row ? rows().indexOf(row) : -1,
    field: document.activeElement?.id, numbers: new Map(rows().map((one) => [one.dataset.unit, one.dataset.number])),
    ticked: ticks().map((tick) => tick.value),
  };
}

function settle() {
  const was = before;
  before = null;
  measure();
  mark();
  count();
  if (!was) return;
  const isGone = (unit) => unit && was.numbers.has(unit) && !rowOf(unit);
  const gone = new Set(was.ticked.filter(isGone));
  if (isGone(was.unit)) {
    const next = rows()[Math.min(was.place, rows().length - 1)];
    (next?.querySelector("a.opens") || document.getElementById("queue-title")).focus({ preventScroll: true });
    gone.add(was.unit);
  } else if (was.unit && !document.activeElement?.closest("#queue [data-unit]")) {
    (document.getElementById(was.field) || rowOf(was.unit).querySelector("a.opens")).focus({ preventScroll: true });
  }
  if (isGone(opened)) gone.add(opened);
  const others = [...gone].filter((unit) => !deeds.has(unit)).map((unit) => was.numbers.get(unit));
  if (others.length) {
    toast(say(`${others.join(", ")} 已不在此视图: 已由他人办理或状态已变`, `No longer in this view, for somebody else dealt with it: ${others.join(", ")}`));
  }
}

function done(event) {
  const { detail, target } = event;
  for (const one of [detail, ...(detail?.items || [])]) {
    if (one) deeds.add(one.unit && typeof one.unit === "string" ? one.unit : one.id);
  }
  setTimeout(() => deeds.clear(), 5000);
  if (target.id === "claim") {
    if (!detail.items.length) return toast(say("没有可领取的单元: 都已被领取, 或此视图为空", "Nothing to claim: all is in somebody's hands, or nothing is there"));
    toast(say(`已领取 ${detail.items.length} 件: `, `Claimed ${detail.items.length}: `) + detail.items.map((one) => one.number).join(", "));
    open(detail.items[0].id);
  } else if (target.id === "bulk-act") {
    const names = new Map([...target.querySelectorAll("[data-number]")].map((one) => [one.value, one.dataset.number]));
    outcome(detail.done, detail.items.filter((one) => one.problem).map((one) => [names.get(one.id), told(one.problem)]));
    untick();
  } else if (target.id?.startsWith("release-")) {
    const [one] = detail.items;
    toast(one.problem ? told(one.problem) : say("已放回", "Put back"));
  }
}

/* ---- by hand --------------------------------------------------------------------------------------- */

function move(row, by) {
  const all = rows().filter((one) => one.querySelector("a.opens"));
  all[Math.max(0, Math.min(all.length - 1, all.indexOf(row) + by))]?.querySelector("a.opens").focus();
}

const KEYS = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };

function key(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape" && event.target.closest("#pane-box")) return back();
  const row = event.target.closest("#queue [data-unit]");
  if (!row || event.target.matches("input:not([type=checkbox]), textarea, select")) return;
  if (event.key in KEYS) {
    event.preventDefault();
    move(row, KEYS[event.key]);
  } else if (event.key === "x") {
    row.querySelector(".tick")?.click();
  }
}

function click(event) {
  const link = event.target.closest("#queue a.opens");
  if (link && !event.ctrlKey && !event.metaKey) wanted = link.closest("[data-unit]").dataset.unit;
  if (event.target.closest("#pane-close")) shut();
  const button = event.target.closest("#ticked button");
  if (button?.dataset.bulk) bulk(button.dataset.bulk);
  else if (button && "take" in button.dataset) takeTicked();
  else if (button && "release" in button.dataset) releaseTicked();
  else if (button) untick();
  count();
}

document.addEventListener("click", click);
document.addEventListener("keydown", key);
document.addEventListener("change", (event) => event.target.id === "bulk-action" && needs(event.target));
document.addEventListener("acted", done);
document.addEventListener("htmx:before:swap", (event) => event.detail.ctx.target?.id === "queue" && remember());
document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx.target?.id === "queue") settle();
  else if (event.detail.ctx.target?.id === "pane" && wanted) arrive();
});
setInterval(keep, TURN);
measure();
mark();
count();
