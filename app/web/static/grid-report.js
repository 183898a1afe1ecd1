/* Reporting: the form, its draft (a phone that takes a photo may close the page meanwhile), the place. */
const DATUM = "WGS-84"; // What a browser's geolocation gives, by its specification.
const report = { id: null, fix: null, category: null, made: null };
const before = new Photos($("photos"), () => drafted());
const after = new Photos($("photos-after"), () => drafted());
const nowhere = $("area").options[0];
let categories = [];

function drafted() {
  keep.put("draft", {
    ...report, text: $("text").value, area: $("area").value, address: $("address").value,
    handled: $("handled").checked, how: $("how").value, before: before.photos, after: after.photos,
  });
}

function fill(draft) {
  Object.assign(report, { id: draft.id ?? null, fix: draft.fix ?? null, category: draft.category ?? null, made: draft.made ?? null });
  $("text").value = draft.text ?? "";
  $("address").value = draft.address ?? "";
  $("handled").checked = draft.handled ?? false;
  $("how").value = draft.how ?? "";
  if (draft.area !== undefined) choose(draft.area);
  before.set(draft.before ?? []);
  after.set(draft.after ?? []);
  $("mending").hidden = !report.id;
  showHandling();
  showFix();
  showCategory();
}

/* An area of before that the list has no more stays what it was: the service says what is wrong. */
function choose(code) {
  const select = $("area");
  if (code && ![...select.options].some((one) => one.value === code)) select.append(new Option(code, code));
  select.value = code;
}

function showPlaces(me) {
  const select = $("area"), chosen = select.value || null;
  select.replaceChildren(...me.places.map((one) => new Option(one.name, one.code)), nowhere);
  choose(chosen ?? me.places[0]?.code ?? "");
}

function showFix(text = "") {
  const { fix } = report;
  $("forget").hidden = !fix;
  $("locate").textContent = fix ? say("重新定位", "Locate again") : say("手机定位", "Use my position");
  $("spot").textContent = text || (fix
    ? say(
      `已定位 ${fix.latitude.toFixed(5)}, ${fix.longitude.toFixed(5)} (${DATUM}), 精度约 ${fix.accuracy} 米, ${brief(fix.at)}`,
      `At ${fix.latitude.toFixed(5)}, ${fix.longitude.toFixed(5)} (${DATUM}), to about ${fix.accuracy} m, ${brief(fix.at)}`)
    : "");
}

function locate() {
  if (!navigator.geolocation) return showFix(say("此浏览器不能定位, 请选网格或写位置。", "No positions here: choose a grid or write the place."));
  showFix(say("正在定位…", "Locating…"));
  $("locate").disabled = true;
  navigator.geolocation.getCurrentPosition(({ coords }) => {
    $("locate").disabled = false;
    report.fix = { longitude: coords.longitude, latitude: coords.latitude, accuracy: Math.round(coords.accuracy), at: present() };
    showFix();
    drafted();
  }, (error) => {
    $("locate").disabled = false;
    showFix(error.code === error.PERMISSION_DENIED
      ? say("未获准定位, 请选网格或写位置。", "Not allowed: choose a grid or write the place.")
      : say("没有定到位, 请选网格或写位置。", "No position: choose a grid or write the place."));
  }, { enableHighAccuracy: true, timeout: 20_000, maximumAge: 10_000 });
}

/* Where it is allowed already, the place is there before it is asked for; an old one is taken anew. */
async function locateIfAllowed() {
  if (report.id || (report.fix && present() - report.fix.at < 60_000)) return;
  const asked = await navigator.permissions?.query({ name: "geolocation" }).catch(() => null);
  if (asked?.state === "granted") locate();
}

function showCategory() {
  const chosen = report.category;
  $("chosen").textContent = chosen ? chosen.name : say("选填, 系统会自动判断", "optional: the service finds it");
}

async function showFound() {
  const asked = $("find").value.trim().toLowerCase();
  const used = (await keep.get("used")) ?? [];
  const shown = asked ? categories.filter((one) => one.name.toLowerCase().includes(asked)).slice(0, 12) : used.slice(0, 6);
  const pick = (one) => () => {
    report.category = one;
    $("find").value = "";
    $("sort").open = false;
    showCategory();
    drafted();
    $("sort").querySelector("summary").focus();
  };
  const items = shown.map((one) => el("li", {}, el("button", { type: "button", onclick: pick(one) }, one.name, el("small", {}, one.class_))));
  if (report.category) items.unshift(el("li", {}, el("button", { type: "button", onclick: pick(null) }, say("不指定类别", "No category"))));
  if (!items.length && asked) items.push(empty(categories.length ? say("没有这样的类别", "No such category") : say("类别尚未下载, 联网后可选", "Not here yet: choose when online")));
  $("found").replaceChildren(...items);
}

/* The categories are fetched when there is time, once a version of the list. */
async function learnCategories(me) {
  let known = await keep.get("categories");
  if (known?.rulebook !== me.rulebook) {
    try {
      known = (await call("/grid/categories")).told;
      await keep.put("categories", known);
    } catch (error) {
      if (!known) return;
    }
  }
  categories = known.groups.flatMap(({ scheme, class_, categories: some }) => some.map(([code, name]) => ({ scheme, class_, code, name })));
}

async function noteUse(category) {
  const used = ((await keep.get("used")) ?? []).filter((one) => one.code !== category.code);
  await keep.put("used", [category, ...used].slice(0, 20));
}

function showHandling() {
  $("handling").hidden = !$("handled").checked;
}

function faultOfReport() {
  if (!$("text").value.trim()) return ["text", say("请写下看到了什么", "Write what you see")];
  if (!$("area").value && !report.fix && !$("address").value.trim()) return ["address", say("请定位、选网格或写位置", "Say where: by position, grid or words")];
  if ($("handled").checked && !$("how").value.trim()) return ["how", say("请写明怎样处理的", "Write what you did")];
  return null;
}

function bodyOfReport(now) {
  const { fix, category } = report;
  const code = $("area").value, address = $("address").value.trim();
  const place = {};
  if (code) place.code = code;
  if (fix) place.point = { longitude: fix.longitude, latitude: fix.latitude, datum: DATUM };
  if (address) place.address = address;
  const body = { source: "grid", occurred_at: now, text: $("text").value.trim(), place };
  if (fix) body.attributes = { accuracy_m: String(fix.accuracy) };
  if (category) body.category = { scheme: category.scheme, class: category.class_, code: category.code };
  if ($("handled").checked) body.resolved = { how: $("how").value.trim(), at: now };
  return body;
}

let isSubmitting = false;

/* A second tap, before the form is empty, is no second report; a photo that is being shrunk is waited for. */
async function submitReport(event) {
  event.preventDefault();
  if (isSubmitting) return;
  isSubmitting = true;
  try {
    await Promise.all([before.ready, after.ready]);
    if (!(await putReport())) return;
  } catch {
    // No room, or no leave: it is not in the outbox, and the form keeps it.
    $("report-fault").hidden = false;
    $("report-fault").textContent = say("手机没有空间存下, 尚未进入待发; 内容还在表单里", "The phone has no room for it: it does not wait to be sent, and stays in the form");
    return;
  } finally {
    isSubmitting = false;
  }
  $("main").focus({ preventScroll: true });
  window.scrollTo(0, 0);
  await queued();
}

/* Puts the report in the outbox and empties the form; tells whether it did. */
async function putReport() {
  const fault = faultOfReport();
  for (const field of $("report").querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  $("report-fault").hidden = !fault;
  if (fault) {
    $("report-fault").textContent = fault[1];
    $(fault[0]).setAttribute("aria-invalid", "true");
    $(fault[0]).focus();
    return false;
  }
  if (!page.me) return false;
  const id = report.id ?? uuid(), made = report.made ?? present();
  const photos = $("handled").checked ? [...before.photos, ...after.photos] : before.photos;
  const body = { id, ...bodyOfReport(new Date(made).toISOString()) };
  const draft = { fix: report.fix, category: report.category, area: $("area").value, address: $("address").value };
  await outbox.put({ id, kind: "report", path: "/v1/events", owner: page.me.account, made, title: body.text, body, photos, draft, state: "waiting", problem: null });
  if (report.category) await noteUse(report.category);
  await startOver();
  return true;
}

async function startOver() {
  const area = $("area").value;
  fill({ area });
  await keep.drop("draft");
  locateIfAllowed();
}

/* A refused report comes back into the form; its photos are uploaded anew, for they may be the reason. */
async function mend(item) {
  const isBegun = report.id !== item.id && ($("text").value.trim() || before.photos.length);
  if (isBegun && !window.confirm(say("正在填写的上报会被替换。确定?", "The report you have begun will be replaced. Go on?"))) return;
  const photos = item.photos.map(({ attachment, ...photo }) => ({ ...photo, n: uuid().slice(-12) }));
  fill({
    ...item.draft, id: item.id, made: item.made, text: item.body.text,
    handled: Boolean(item.body.resolved), how: item.body.resolved?.how ?? "",
    before: photos.filter((one) => one.phase === "before"), after: photos.filter((one) => one.phase === "after"),
  });
  drafted();
  location.hash = "report";
}

$("report").addEventListener("submit", submitReport);
$("report").addEventListener("input", drafted);
$("text").addEventListener("focus", locateIfAllowed);
$("locate").addEventListener("click", locate);
$("forget").addEventListener("click", () => { report.fix = null; showFix(); drafted(); });
$("handled").addEventListener("change", showHandling);
$("find").addEventListener("input", showFound);
$("sort").addEventListener("toggle", showFound);
$("drop").addEventListener("click", () => {
  if (($("text").value || before.photos.length) && !window.confirm(say("清空已填内容?", "Empty the form?"))) return;
  startOver();
  $("text").focus();
});
