/* Sheets go to the API as the bytes they are: <form data-sheet="/v1/drafts" data-go="/lists/drafts/{name}" data-busy="…">.
   Its file is the body, its other fields the query. A refused sheet's faults become a table: row, column, what. */
"use strict";
const TYPES = {
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", csv: "text/csv", toml: "application/toml",
};

/* How many faults the API lists. */
const LISTED = 100;

function cell(row, kind, text) {
  const made = row.appendChild(document.createElement(kind));
  made.textContent = text;
  if (kind === "th") made.scope = "col";
}

function tell(form, problem) {
  show(form, problem);
  const faults = problem.errors || [];
  if (!faults.length) return;
  const box = document.createElement("div");
  box.className = "faults";
  box.tabIndex = 0;
  const table = box.appendChild(document.createElement("table"));
  table.createCaption().textContent = faults.length < LISTED ? say("各处错误", "The faults") : say(`前 ${LISTED} 处错误`, `The first ${LISTED} faults`);
  const head = table.createTHead().insertRow();
  for (const text of [say("行", "Row"), say("列", "Column"), say("错误", "What")]) cell(head, "th", text);
  const body = table.createTBody();
  for (const { row, field, message } of faults) {
    const line = body.insertRow();
    for (const text of [row ?? "", field === "file" ? say("整份文件", "the file") : field, message]) cell(line, "td", text);
  }
  form.querySelector(".fault").append(box);
}

async function send(form) {
  const [file] = form.elements.namedItem("file").files;
  if (!file || form.getAttribute("aria-busy") === "true") return;
  clear(form);
  form.setAttribute("aria-busy", "true");
  const busy = form.appendChild(document.createElement("p"));
  busy.className = "busy";
  busy.setAttribute("role", "status");
  busy.textContent = form.dataset.busy;
  const asked = new URLSearchParams();
  for (const field of form.elements) if (field.name && field.type !== "file" && field.value.trim()) asked.set(field.name, field.value.trim());
  const headers = {
    "Content-Type": TYPES[file.name.split(".").pop().toLowerCase()] || "application/octet-stream",
    "Accept-Language": document.documentElement.lang,
    "Idempotency-Key": (form.dataset.key ||= crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random()}`),
  };
  try {
    const answer = await fetch(`${form.dataset.sheet}?${asked}`, { method: "POST", headers, body: file });
    if (!answer.ok) throw await refusal(answer);
    const told = await answer.json();
    location.assign(form.dataset.go.replace("{name}", encodeURIComponent(told.name)));
  } catch (problem) {
    const known = problem && typeof problem.title === "string";
    if (isOver(problem)) delete form.dataset.key;
    tell(form, known ? problem : { title: say("未能送达", "Not delivered"), detail: say("文件读不到或网络不通, 请重试。", "The file cannot be read or the network is away; try again.") });
  } finally {
    busy.remove();
    form.removeAttribute("aria-busy");
  }
}

document.addEventListener("submit", (event) => {
  if (!event.target.dataset.sheet) return;
  event.preventDefault();
  send(event.target);
});

/* Another file or another part is another request. */
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-sheet]");
  if (form) delete form.dataset.key;
});

/* Long work that failed says so where its result was awaited. */
for (const name of ["htmx:response:error", "htmx:error"])
  document.addEventListener(name, (event) => {
    const box = event.target.closest?.(".waiting");
    if (!box) return;
    box.querySelector("progress")?.remove();
    box.querySelector("p").textContent = say("没有完成, 请重新载入本页再试。", "It was not finished; load the page again.");
  });
