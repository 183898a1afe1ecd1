/* Units: my reports, my tasks, and one of either with what can be done now. */
const OF_TASKS = ["accept", "arrive", "resolve", "start", "contact", "return"];
const OF_REPORTS = ["rate", "attach", "urge", "reopen"];
const PAGE = 30;
const AHEAD = 20; // So many tasks are kept whole, to be read without a network.
const LISTS = {
  mine: { path: "/v1/me/events", empty: () => say("您还没有上报过。", "You have not reported anything yet."), unit: (one) => one.unit, said: (one) => one.event.text },
  tasks: { path: "/v1/me/tasks", empty: () => say("现在没有待办任务。", "There is nothing to do right now."), unit: (one) => one, said: (one, kept) => kept?.value.event?.text ?? "" },
};
const next = { mine: null, tasks: null };

/* The last answer, and whether it is of now: the network first, else what is kept. */
async function latest(name, path) {
  try {
    const value = (await call(path)).told;
    await keep.put(name, { value, at: present() });
    signedOut(false);
    return { value, at: null };
  } catch (error) {
    if (error instanceof SignedOut) { signedOut(true); return null; }
    if (error instanceof Refused) throw error;
    return (await keep.get(name)) ?? { value: null, at: null };
  }
}

function asOf(at) {
  return at ? say(`离线: 显示的是 ${brief(at)} 的内容`, `Offline: this is as of ${brief(at)}`) : "";
}

async function showList(kind) {
  const view = $(`view-${kind}`), list = view.querySelector(".cards");
  if (!page.me) return list.replaceChildren(empty(say("登录后显示", "Sign in to see it")));
  const known = await keep.get(kind);
  if (known && !list.children.length) draw(kind, known.value.items);
  if (!known && !list.children.length) list.replaceChildren(empty(say("正在读取…", "Loading…")));
  const found = await latest(kind, `${LISTS[kind].path}?limit=${PAGE}`);
  if (found === null) return list.replaceChildren(empty(say("登录后显示", "Sign in to see it")));
  view.querySelector(".asof").textContent = asOf(found.at);
  if (!found.value) return list.replaceChildren(empty(say("离线, 还没有可显示的内容。", "Offline, and nothing is kept yet.")));
  draw(kind, found.value.items);
  next[kind] = found.at ? null : found.value.next;
  view.querySelector(".more").hidden = !next[kind];
  if (kind === "tasks" && !found.at && (await keepTasks(found.value.items))) draw(kind, found.value.items);
}

async function showMore(kind) {
  const { told } = await call(`${LISTS[kind].path}?limit=${PAGE}&cursor=${encodeURIComponent(next[kind])}`);
  next[kind] = told.next;
  $(`view-${kind}`).querySelector(".more").hidden = !told.next;
  await draw(kind, told.items, true);
}

async function draw(kind, items, isMore = false) {
  const waiting = await outbox.all();
  const { unit, said, empty: nothing } = LISTS[kind];
  const kept = await Promise.all(items.map((one) => keep.get(`unit:${unit(one).id}`)));
  const cards = items.map((one, place) => unitCard(unit(one), said(one, kept[place]), waiting));
  const list = document.querySelector(`#view-${kind} .cards`);
  if (isMore) return list.append(...cards);
  list.replaceChildren(...(cards.length ? cards : [empty(nothing())]));
}

function unitCard(unit, said, waiting) {
  const doing = waiting.filter((item) => item.unit === unit.id && item.state === "waiting");
  return el("li", { className: "card" }, el("a", { href: `#unit/${unit.id}` },
    el("p", { className: "line" }, lamp(unit), unit.stage_due_at && unit.light ? el("span", {}, left(unit.stage_due_at)) : null, el("span", { className: "tag strong" }, word("state", unit.state))),
    el("p", { className: "said" }, el("b", {}, unit.title)),
    said && said !== unit.title ? el("p", { className: "said soft" }, said) : null,
    el("p", { className: "soft" }, [placeOf(unit), unit.holder.name].filter(Boolean).join(" · ")),
    el("p", { className: "soft" }, `${unit.number} · ${brief(unit.updated_at)}`),
    doing.length ? el("p", {}, el("span", { className: "tag" }, say("待发: ", "To be sent: ") + doing.map(kindOf).join(say("、", ", ")))) : null));
}

/* Keeps the first tasks whole, for a tunnel; only what has changed is fetched. */
async function keepTasks(items) {
  let learnt = 0;
  const wanted = new Set(items.slice(0, AHEAD).map((one) => `unit:${one.id}`));
  for (const unit of items.slice(0, AHEAD)) {
    const known = await keep.get(`unit:${unit.id}`);
    if (known?.value?.version === unit.version && known.value.state === unit.state) continue;
    const got = await latest(`unit:${unit.id}`, `/v1/units/${unit.id}`).catch(() => null);
    if (!got || got.at) break;
    learnt += 1;
  }
  for (const name of await keep.names()) if (name.startsWith("unit:") && !wanted.has(name)) await keep.drop(name);
  return learnt;
}

function showDuty(me) {
  const { name, phone, on_duty: onDuty } = me.centre;
  const call = (number, who) => el("a", { className: "button wide", href: `tel:${number.replace(/[^+\d]/g, "")}` }, who, el("b", {}, ` ${number}`));
  $("duty").replaceChildren(...onDuty.filter((one) => one.phone).map((one) => call(one.phone, say(`值班 ${one.person}`, `On duty: ${one.person}`))), ...(phone ? [call(phone, name)] : []));
}

/* One unit: what it is, what can be done, what has been done. */
async function showUnit(id) {
  const view = $("view-unit");
  // A form that somebody has begun stays as it is, whatever is new: a camera makes the page look anew.
  if (view.dataset.unit === id && view.querySelector("form[data-begun]")) return;
  if (view.dataset.unit !== id) view.replaceChildren(el("p", { className: "empty" }, say("正在读取…", "Loading…")));
  view.dataset.unit = id;
  let found = null;
  try {
    found = await latest(`unit:${id}`, `/v1/units/${id}`);
  } catch (error) {
    return view.replaceChildren(back(), el("p", { className: "fault" }, why(error.problem)));
  }
  if (view.dataset.unit !== id) return;
  if (!page.me || found === null) return view.replaceChildren(back(), el("p", { className: "empty" }, say("登录后显示", "Sign in to see it")));
  if (!found?.value) {
    const kept = await listed(id);
    if (!kept) return view.replaceChildren(back(), el("p", { className: "empty" }, say("离线, 手机上没有这一件的详情。", "Offline, and this one is not kept on the phone.")));
    found = kept;
  }
  const unit = found.value, waiting = (await outbox.all()).filter((item) => item.unit === id);
  view.replaceChildren(
    back(),
    el("p", { className: "asof soft" }, asOf(found.at)),
    el("p", { className: "line" }, lamp(unit), unit.stage_due_at && unit.light ? el("span", {}, left(unit.stage_due_at)) : null, el("span", { className: "tag strong" }, word("state", unit.state))),
    el("h2", {}, unit.title),
    unit.event?.text && unit.event.text !== unit.title ? el("p", { className: "said" }, unit.event.text) : null,
    facts(unit),
    doings(unit, waiting, Boolean(found.at) || !unit.actions),
    el("div", { id: "shown" }), el("div", { id: "log" }));
  if (!found.at) { showLog(id); showPhotos(id); }
}

/* A task of the list, or a report of it, where its details are not kept. */
async function listed(id) {
  for (const kind of ["tasks", "mine"]) {
    const known = await keep.get(kind);
    const one = known?.value.items.map(LISTS[kind].unit).find((unit) => unit.id === id);
    if (one) return { value: one, at: known.at };
  }
  return null;
}

function back() {
  return el("p", {}, el("button", { type: "button", className: "quiet", onclick: () => history.back() }, say("‹ 返回", "‹ Back")));
}

function facts(unit) {
  const point = unit.event?.body?.place?.point, address = unit.event?.body?.place?.address;
  const rows = [
    [say("编号", "Number"), unit.number],
    [say("地点", "Place"), [placeOf(unit), address].filter(Boolean).join(" · ")],
    [say("坐标", "Position"), point ? `${point.latitude.toFixed(5)}, ${point.longitude.toFixed(5)} (${point.datum ?? DATUM})` : ""],
    [say("承办", "With"), unit.holder.name],
    [say("环节期限", "Stage due"), unit.stage_due_at ? brief(unit.stage_due_at) : ""],
    [say("处置期限", "Due"), unit.due_at ? brief(unit.due_at) : ""],
    [say("结案条件", "Done when"), unit.entry?.closing ?? ""],
    [say("评价", "Rated"), unit.satisfaction ? word("grade", unit.satisfaction) : ""],
  ];
  return el("dl", { className: "facts" }, rows.filter(([, value]) => value).map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

/* What can be done: as the service says; offline what is usual in the state, after what waits to be sent. */
function offers(unit, waiting, offline) {
  let { state } = unit;
  for (const item of waiting) state = MOVES[state]?.[item.kind]?.to ?? state;
  if (!offline && !waiting.length) return unit.actions;
  const known = Object.fromEntries((unit.actions ?? []).map((one) => [one.action, one]));
  if (unit.holder.code !== page.me?.organisation.code) return [];
  return Object.entries(MOVES[state] ?? {}).map(([action, { needs }]) => known[action] ?? { action, needs, isGuess: true });
}

function doings(unit, waiting, offline) {
  const ours = unit.holder.code === page.me?.organisation.code;
  const wanted = [...(ours ? OF_TASKS : []), ...OF_REPORTS];
  // Photos are offered where the report still owes them, not on everything.
  const isWanted = ({ action }) => wanted.includes(action) && (action !== "attach" || (unit.is_self_handled && unit.state === "resolved"));
  const offered = offers(unit, waiting, offline).filter(isWanted).sort((a, b) => wanted.indexOf(a.action) - wanted.indexOf(b.action));
  return el("div", { className: "doings" },
    waiting.map((item) => el("p", { className: "notice" }, `${kindOf(item)}: ${stateOf(item)} `, el("a", { href: "#outbox" }, say("见待发", "see the outbox")))),
    offered.map((one, place) => actForm(unit, one, place === 0)));
}

function actForm(unit, { action, needs, phases = [], isGuess = false }, isFirst) {
  const name = titled(word("action", action)), isBare = ["accept", "start"].includes(action);
  const form = el("form", { novalidate: true });
  form.dataset.action = action;
  const said = el("textarea", { id: `said-${action}`, rows: 3, maxLength: 4000 });
  const isAsked = needs.includes("reason") || action === "resolve";
  const grades = action === "rate" ? el("fieldset", {}, el("legend", {}, say("处理得怎么样", "How was it done?")), Object.keys(WORDS.grade).map((grade) =>
    el("label", { className: "check" }, el("input", { type: "radio", name: "grade", value: grade }), el("span", {}, word("grade", grade))))) : null;
  const boxes = [];
  // Begun, and kept: a phone that takes a photo may close the page meanwhile.
  const draft = `doing:${unit.id}:${action}`;
  const begun = () => {
    form.dataset.begun = "";
    keep.put(draft, { said: said.value, photos: boxes.flatMap((box) => box.photos.photos) });
  };
  if (action === "resolve" || action === "attach") {
    if (phases.includes("before")) boxes.push(photoBox("before", say("拍处置前的照片", "Photos from before"), begun));
    boxes.push(photoBox("after", say("拍处置后的照片", "Photos of it done"), begun));
  }
  form.addEventListener("input", begun);
  if (!isBare) keep.get(draft).then((kept) => {
    if (!kept || "begun" in form.dataset) return;
    said.value = kept.said;
    for (const box of boxes) box.photos.set(kept.photos.filter((one) => one.phase === box.dataset.phase));
    form.dataset.begun = "";
    if (form.parentElement?.tagName === "DETAILS") form.parentElement.open = true;
  });
  const label = { resolve: say("做了什么", "What was done?"), return: say("为什么退回", "Why is it returned?"), rate: say("说明 (不满意须填)", "In words (needed if unsatisfied)") }[action] ?? say("说明", "In words");
  if (!isBare) form.append(...[grades, el("label", { htmlFor: said.id }, label, isAsked ? "" : el("span", { className: "soft" }, say(" 选填", " optional"))), said, ...boxes].filter(Boolean));
  const fault = el("p", { className: "fault", role: "alert", hidden: true });
  form.append(fault, el("button", { className: isFirst ? "primary big" : "big" }, name));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await Promise.all(boxes.map((box) => box.photos.ready));
    // A second tap is no second deed.
    if ("sent" in form.dataset) return;
    const reason = said.value.trim(), grade = form.elements.grade?.value ?? "";
    const photos = boxes.flatMap((box) => box.photos.photos);
    const missing = phases.filter((phase) => !photos.some((one) => one.phase === phase));
    let wrong = "";
    if (isAsked && !reason) wrong = `${label}?`;
    else if (action === "rate" && !grade) wrong = say("请选择评价", "Choose a grade");
    else if (grade === "unsatisfied" && !reason) wrong = say("请说明哪里不满意", "Say what is wrong");
    else if (missing.length) wrong = say(`须有照片: ${missing.map((one) => word("phase", one)).join("、")}`, `Photos are needed: ${missing.map((one) => word("phase", one)).join(", ")}`);
    else if (action === "attach" && !photos.length) wrong = say("请先拍照", "Take a photo first");
    fault.textContent = wrong;
    fault.hidden = !wrong;
    if (wrong) { if (!isBare) said.focus(); return; }
    // Whether its entry asks for photos, the phone learns from the service alone.
    const bare = say("多数任务办结须有处置后的照片, 没有可能被退回。仍然提交?", "Most tasks need a photo of it done and may be refused without. Send it all the same?");
    if (isGuess && action === "resolve" && !photos.length && !window.confirm(bare)) return;
    form.dataset.sent = "";
    try {
      await act(unit, action, { reason, ...(grade ? { grade } : {}) }, photos, draft);
    } finally {
      delete form.dataset.sent;
    }
  });
  if (isBare) return form;
  return isFirst ? el("div", { className: "card" }, form) : el("details", { className: "card" }, el("summary", {}, name), form);
}

async function act(unit, action, body, photos, draft) {
  if (!page.me) return;
  const waiting = (await outbox.all()).filter((item) => item.unit === unit.id && item.owner === page.me.account);
  // What was refused has been done anew by this; what waits comes first, and gives this its version.
  for (const item of waiting.filter((one) => one.state === "refused")) await outbox.drop(item.id, {});
  const line = waiting.filter((one) => one.state === "waiting");
  const first = line.find((one) => !line.some((other) => other.after === one.id)) ?? null;
  const isLoose = ["attach", "urge"].includes(action);
  const path = action === "attach" ? `/v1/events/${unit.id}:attach` : `/v1/units/${unit.id}:${action}`;
  await outbox.put({
    id: uuid(), kind: action, path, unit: unit.id, owner: page.me.account, made: present(),
    title: `${unit.title} ${unit.number}`, body, photos, state: "waiting", problem: null,
    version: isLoose || first ? null : unit.version, after: first?.id ?? null,
  });
  await keep.drop(draft);
  // What is offered now is another thing, and what came of this is told at the top.
  delete $("view-unit").dataset.unit;
  $("main").focus({ preventScroll: true });
  window.scrollTo(0, 0);
  await queued();
}

async function showLog(id) {
  const { told } = await call(`/v1/units/${id}/steps?limit=100`).catch(() => ({}));
  const log = $("log");
  if (!told || !log) return;
  log.replaceChildren(el("h3", {}, say("办理经过", "What has happened")), el("ol", { className: "log" }, told.items.reverse().map((one) => el("li", {},
    el("span", { className: "soft" }, brief(one.at)), " ", el("b", {}, word("action", one.action)), " ", one.organisation?.name ?? "", one.actor ? ` ${one.actor}` : "",
    one.reason ? el("p", { className: "said" }, one.reason) : null))));
}

async function showPhotos(id) {
  const { told } = await call(`/v1/units/${id}/attachments`).catch(() => ({}));
  const box = $("shown");
  if (!told?.items.length || !box) return;
  const look = () => box.replaceChildren(el("h3", {}, say("照片", "Photos")), el("ul", { className: "shown" }, told.items.map((one) => el("li", {},
    one.type === "application/pdf" ? el("a", { href: `/v1/attachments/${one.id}` }, one.name)
      : el("img", { src: `/v1/attachments/${one.id}`, alt: `${one.phase ? word("phase", one.phase) : ""} ${one.name}`, loading: "lazy" }),
    el("span", { className: "soft" }, one.phase ? word("phase", one.phase) : "")))));
  // On a bad line nobody pays for pictures they have not asked for.
  box.replaceChildren(el("button", { type: "button", className: "wide", onclick: look }, say(`看照片 (${told.items.length})`, `Show photos (${told.items.length})`)));
}

for (const kind of ["mine", "tasks"]) $(`view-${kind}`).querySelector(".more").addEventListener("click", () => showMore(kind).catch(() => notice("line", say("没有网络", "No network"))));
