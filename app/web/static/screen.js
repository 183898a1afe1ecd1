/* The one screen: how its table is sorted outlives every refresh, and a lost connection is said. */
"use strict";
const sorted = { by: "red", down: true };

function sort() {
  const table = document.querySelector("table[data-sorts]");
  if (!table) return;
  for (const button of table.querySelectorAll("[data-sort]")) {
    const head = button.closest("th");
    if (button.dataset.sort !== sorted.by) head.removeAttribute("aria-sort");
    else head.setAttribute("aria-sort", sorted.down ? "descending" : "ascending");
  }
  if (sorted.by === "red" && sorted.down) return sortRows(table, ["red", "open"]);
  sortRows(table, [sorted.by]);
}

function sortRows(table, keys) {
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const compare = (one, other) => {
    for (const key of keys) {
      const gap = Number(one.dataset[key]) - Number(other.dataset[key]);
      if (gap) return sorted.down ? -gap : gap;
    }
    return Number(one.dataset.name) - Number(other.dataset.name);
  };
  const wanted = [...rows].sort(compare);
  if (wanted.some((row, index) => row !== rows[index])) body.append(...wanted);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-sort]");
  if (!button) return;
  const by = button.dataset.sort;
  sorted.down = by === sorted.by ? !sorted.down : by !== "name";
  sorted.by = by;
  sort();
});
document.addEventListener("htmx:after:swap", sort);

const told = document.getElementById("screen-live");
const tell = (how) => { told.className = `push live ${how}`; told.textContent = told.dataset[how]; };
document.addEventListener("htmx:sse:after:connection", () => tell("on"));
for (const lost of ["htmx:sse:error", "htmx:sse:close", "htmx:sse:before:connection"])
  document.addEventListener(lost, (event) => { if (event.detail?.connection?.attempt !== 0) tell("off"); });
