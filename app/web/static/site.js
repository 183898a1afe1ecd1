/* Forms that act: they speak to the API itself, once however often they are sent.

   <form data-act="/v1/units/…:accept" data-version="3" data-token="…" data-method="POST"
         data-done="said when done" data-go="/where/to/go/then">
   Fields are named as the API names them: `reason`, `tasks.0.holder`. `data-kind` says what a value is:
   number, moment (datetime-local in the city's time), list (one a line), boolean, json, files (uploaded first; they
   show what data-phase says, or the select beside them; inputs of one name are one list).
   Empty fields are left out. A refusal is shown in the form's `.fault` and at the fields it names.
   Once done the form is emptied, closed with the `details.act` it lies in, and `acted` bubbles from it; `refused` if not.

   Fields that many pages need: within `[data-rows]` a `[data-adds]` button adds the template's row, `__row__` being its
   number, and `[data-removes]` takes one away. An `input[data-finds="/address?…"]` fills the select after it with what
   the address answers to `&q=` what was typed; what was chosen stays to be chosen. */
"use strict";
const english = document.documentElement.lang === "en";
const say = (zh, en) => (english ? en : zh);

function toast(text) {
  const box = document.createElement("p");
  box.className = "toast";
  box.textContent = text;
  document.getElementById("toasts").append(box);
  setTimeout(() => box.remove(), 6000);
}

function put(target, path, value) {
  const steps = path.split(".");
  let here = target;
  steps.forEach((step, index) => {
    if (index === steps.length - 1) here[step] = value;
    else here = here[step] ??= /^\d+$/.test(steps[index + 1]) ? [] : {};
  });
}

/* Arrays lose the places that were left empty. */
function dense(value) {
  if (Array.isArray(value)) return value.filter((one) => one !== undefined).map(dense);
  if (value && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, dense(one)]));
  return value;
}

async function upload(file, key) {
  const answer = await fetch(`/v1/attachments?name=${encodeURIComponent(file.name)}`, {
    method: "POST", body: file,
    headers: { "Content-Type": file.type || "application/octet-stream", "Idempotency-Key": key,
               "Accept-Language": document.documentElement.lang },
  });
  if (!answer.ok) throw await refusal(answer);
  return (await answer.json()).id;
}

async function valueOf(field, key) {
  switch (field.dataset.kind) {
    case "number": return Number(field.value);
    case "moment": return `${field.value.length === 16 ? `${field.value}:00` : field.value}${document.body.dataset.offset}`;
    case "list": return field.value.split(/[\n,，;；]/).map((one) => one.trim()).filter(Boolean);
    case "boolean": return field.type === "checkbox" ? field.checked : field.value === "true";
    case "json": return JSON.parse(field.value);
    case "files": {
      const phase = field.dataset.phase || field.closest(".files")?.querySelector("select")?.value || "after";
      const sent = [...field.files].map(async (file, index) => ({ id: await upload(file, `${key}-${phase}-${index}`), phase }));
      return Promise.all(sent);
    }
    default: return field.value.trim();
  }
}

async function bodyOf(form, key) {
  const body = {};
  for (const field of form.elements) {
    if (!field.name || field.disabled) continue;
    if (field.type === "radio" && !field.checked) continue;
    if (field.type === "checkbox" && field.dataset.kind !== "boolean") {
      if (field.checked) put(body, field.name, [...(body[field.name] ?? []), field.value]);
      continue;
    }
    if (field.type === "file" ? !field.files.length : field.type !== "checkbox" && !field.value.trim()) continue;
    const value = await valueOf(field, key);
    const isMore = field.type === "file" && body[field.name];
    put(body, field.name, isMore ? [...body[field.name], ...value] : value);
  }
  return dense(body);
}

async function refusal(answer) {
  try { return await answer.json(); }
  catch { return { title: say("请求失败", "The request failed"), detail: `HTTP ${answer.status}`, status: answer.status, errors: [] }; }
}

/* A refusal ends a request. What a proxy says on the way, or a service in trouble, does not: it may have been done. */
const isOver = (problem) => typeof problem?.title === "string" && !(problem.status >= 500);

function clear(form) {
  form.querySelector(".fault")?.remove();
  for (const field of form.querySelectorAll("[aria-invalid]")) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
}

/* The inputs that a refusal speaks of: the field itself, those within it, or the one it is within. */
function meant(form, field) {
  const inputs = [...form.elements].filter((one) => one.name && one.type !== "hidden");
  for (const fits of [(name) => name === field, (name) => name.startsWith(`${field}.`),
                      (name) => name === field.split(".")[0], (name) => name.endsWith(`.${field}`)]) {
    const found = inputs.filter((one) => fits(one.name));
    if (found.length) return found;
  }
  return [];
}

function show(form, problem) {
  const box = document.createElement("div");
  box.className = "fault";
  box.setAttribute("role", "alert");
  const head = document.createElement("b");
  head.textContent = problem.title || "";
  box.append(head, document.createElement("br"), problem.detail || "");
  if (problem.allowed?.length) {
    box.append(document.createElement("br"), `${say("允许", "Allowed")}: ${problem.allowed.join(", ")}`);
  }
  form.append(box);
  box.id = `fault-${form.id || "form"}`;
  const wrong = (problem.errors || []).flatMap(({ field }) => meant(form, field || ""));
  for (const input of wrong) {
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", box.id);
    const folded = input.closest("details");
    if (folded && form.contains(folded)) folded.open = true;
  }
  wrong[0]?.focus();
}

function forget(form) {
  delete form.dataset.key;
  delete form.dataset.seen;
}

async function act(form, submitter) {
  if (form.getAttribute("aria-busy") === "true") return;
  if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) return;
  clear(form);
  form.setAttribute("aria-busy", "true");
  // The same key until it succeeds or is refused: a lost answer is not a second deed.
  const key = (form.dataset.key ||= crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random()}`);
  const { method = "POST", done, go } = form.dataset;
  // And what was seen when it was sent first: a request by the same key is the same request.
  const [version, token] = JSON.parse((form.dataset.seen ||= JSON.stringify([form.dataset.version ?? "", form.dataset.token ?? ""])));
  const headers = { "Content-Type": "application/json", "Accept-Language": document.documentElement.lang };
  if (method === "POST") headers["Idempotency-Key"] = key;
  if (version) headers["If-Match"] = `"${version}"`;
  if (token) headers["Claim-Token"] = token;
  try {
    const body = await bodyOf(form, key);
    if (submitter?.name) put(body, submitter.name, submitter.value);
    const answer = await fetch(form.dataset.act, { method, headers, body: JSON.stringify(body) });
    if (!answer.ok) throw await refusal(answer);
    const told = answer.status === 204 ? null : await answer.json();
    if (told?.done === 0 && told.refused === 1) throw told.items[0].problem;
    forget(form);
    form.reset();
    form.closest("dialog")?.close();
    form.closest("details.act")?.removeAttribute("open");
    // An empty `data-done`: the page says it itself when it hears `acted`.
    if (done !== "") toast(done || say("已完成", "Done"));
    form.dispatchEvent(new CustomEvent("acted", { bubbles: true, detail: told }));
    if (go) location.assign(go.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(told?.[name] ?? "")));
  } catch (problem) {
    const known = problem && typeof problem.title === "string";
    if (isOver(problem)) forget(form);
    show(form, known ? problem : { title: say("未能送达", "Not delivered"), detail: say("网络不通, 请重试; 重试不会重复办理。", "The network is away; try again, it will not be done twice.") });
    if (known) form.dispatchEvent(new CustomEvent("refused", { bubbles: true, detail: problem }));
  } finally {
    form.removeAttribute("aria-busy");
  }
}

document.addEventListener("submit", (event) => {
  if (!event.target.dataset.act) return;
  event.preventDefault();
  act(event.target, event.submitter);
});

function addRow(rows) {
  const template = rows.querySelector("template");
  const number = (rows.dataset.rows = Math.max(Number(rows.dataset.rows) || 0, rows.querySelectorAll("[data-row]").length) + 1);
  template.insertAdjacentHTML("beforebegin", template.innerHTML.replaceAll("__row__", number));
  template.previousElementSibling.querySelector("input:not([type=search]), select")?.focus();
}

/* Of many, those that fit what was typed. */
const waiting = new WeakMap();
async function find(input) {
  const select = input.parentElement.querySelector("select");
  const asked = input.value.trim();
  const answer = await fetch(`${input.dataset.finds}&q=${encodeURIComponent(asked)}`, { headers: { "HX-Request": "true" } });
  if (!answer.ok || asked !== input.value.trim()) return;
  const [chosen] = select.selectedOptions;
  select.innerHTML = await answer.text();
  const count = select.options.length;
  const head = new Option(asked ? say(`找到 ${count} 个, 请选择`, `${count} found: choose`) : say("请选择", "Choose"), "");
  select.prepend(head);
  if (chosen?.value && ![...select.options].some((one) => one.value === chosen.value)) head.after(chosen);
  select.value = chosen?.value || (asked && count === 1 ? select.options[1].value : "");
}

document.addEventListener("input", ({ target }) => {
  if (!target.dataset?.finds) return;
  clearTimeout(waiting.get(target));
  waiting.set(target, setTimeout(() => find(target), 250));
});

/* Enter, in a search, goes on to what was found; it does not send the form. */
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.dataset?.finds) return;
  event.preventDefault();
  event.target.parentElement.querySelector("select").focus();
});

/* Of what may be done the next in the loop is open, unless somebody has opened another. */
document.addEventListener("htmx:after:swap", () => {
  for (const acts of document.querySelectorAll(".acts")) {
    if (!acts.querySelector("details.act[open]")) acts.querySelector("details.first")?.setAttribute("open", "");
  }
});

/* A button opens the dialog it names, and dialogs close by their own buttons. */
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens)?.showModal();
  if (event.target.closest("[data-closes]")) event.target.closest("dialog")?.close();
  const adds = event.target.closest("[data-adds]");
  if (adds) addRow(adds.closest("[data-rows]"));
  event.target.closest("[data-removes]")?.closest("[data-row]").remove();
  const all = event.target.closest("[data-checks]");
  if (all) for (const box of document.querySelectorAll(all.dataset.checks)) box.checked = all.checked;
});

/* A part of the page that could not be had is said, and the page stays as it was. */
document.addEventListener("htmx:response:error", () => toast(say("刷新失败, 显示的是之前的内容", "Could not refresh: this is how it was before")));
