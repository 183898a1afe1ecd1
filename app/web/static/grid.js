/* The page itself: which view is open, who holds the phone, what is done when there is a network. */
const TITLES = { report: say("上报", "Report"), mine: say("我的上报", "My reports"), tasks: say("我的任务", "My tasks"), outbox: say("待发", "Outbox"), unit: say("详情", "Details") };
const page = { me: null };

function here() {
  const [name, id] = location.hash.slice(1).split("/");
  if (!(name in TITLES)) return [page.me && !page.me.may_report ? "tasks" : "report", ""];
  return [name, id];
}

async function show({ moves = false } = {}) {
  const [name, id] = here();
  $("title").textContent = TITLES[name];
  document.title = `${TITLES[name]} · ${say("一贯网格", "Yiguan grid")}`;
  for (const one of Object.keys(TITLES)) $(`view-${one}`).hidden = one !== name;
  for (const tab of document.querySelectorAll(".tabs a")) {
    if (tab.hash === `#${name}`) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  if (moves) { notice("sent"); delete $("view-unit").dataset.unit; window.scrollTo(0, 0); $("main").focus({ preventScroll: true }); }
  if (name === "mine" || name === "tasks") await showList(name);
  if (name === "unit") await showUnit(id);
  if (name === "report") locateIfAllowed();
  await showOutbox();
}

/* The outbox has changed: what is open shows it, but no form is taken from under somebody's hands. */
async function changed() {
  CHANNEL?.postMessage({ changed: "outbox" });
  const mine = await showOutbox();
  const [name, id] = here();
  if (name === "unit") await showUnit(id);
  return mine;
}

self.heard = async (message) => {
  if ("sending" in message) sending = message.sending;
  if (message.sent) arrived(message.sent, message.unit);
  if (message.changed === "person") return location.reload();
  await showOutbox();
};
CHANNEL?.addEventListener("message", ({ data }) => self.heard(data));

function signedOut(isSo) {
  if (!isSo) { keep.drop("signed-out"); return notice("signed-out"); }
  keep.put("signed-out", true);
  notice("signed-out",
    say("登录已失效, 待发内容都还在手机上。", "You are signed out; what is to be sent is still on the phone."),
    el("a", { className: "button primary", href: `/sign-in?next=${encodeURIComponent("/grid")}` }, say("登录", "Sign in")));
}

function showMe(me) {
  page.me = me;
  $("who").textContent = `${me.name} · ${me.organisation.name}`;
  $("self").hidden = !me.may_handle;
  $("tab-report").hidden = !me.may_report;
  $("office").hidden = me.is_grid_worker;
  showPlaces(me);
  showDuty(me);
}

async function meet() {
  try {
    const me = await whoami();
    signedOut(false);
    showMe(me);
    return me;
  } catch (error) {
    if (error instanceof SignedOut) signedOut(true);
    else if (!(error instanceof Away)) throw error;
    return page.me;
  }
}

/* The shell is kept in the language it was fetched in; another is fetched anew. */
async function renewShell() {
  const answer = await fetch("/grid", { credentials: "same-origin", cache: "no-store" });
  if (!answer.ok || answer.redirected) return false;
  for (const name of await caches.keys()) if (name.startsWith(BASE)) await (await caches.open(name)).put("/grid", answer.clone());
  return true;
}

async function speak(to) {
  try {
    await fetch(`/language?to=${to}&next=/grid`, { credentials: "same-origin", cache: "no-store" });
    if (self.caches) await renewShell();
    location.reload();
  } catch {
    $("menu").close();
    notice("line", say("没有网络, 暂时不能切换语言。", "No network: the language cannot be changed now."));
  }
}

/* Chosen on another page: the kept shell follows. */
async function followLanguage() {
  const chosen = /(?:^|; )lang=en/.test(document.cookie);
  if (chosen === english || !self.caches || sessionStorage.getItem("spoken") === String(chosen)) return;
  sessionStorage.setItem("spoken", String(chosen));
  if (await renewShell().catch(() => false)) location.reload();
}

async function signOut() {
  $("menu").close();
  const waiting = await outbox.all();
  if (waiting.length && !window.confirm(say(`还有 ${waiting.length} 条没有送达, 退出后将从手机上删除。确定退出?`, `${waiting.length} were not sent and will be deleted from the phone. Sign out?`))) return;
  try {
    const answer = await fetch("/sign-out", { method: "POST", credentials: "same-origin", redirect: "manual" });
    if (answer.status >= 400) throw new Error(String(answer.status));
  } catch {
    return notice("line", say("没有网络, 不能退出; 内容都还在。", "No network: you cannot sign out now. Nothing was deleted."));
  }
  await keep.clear();
  if (self.caches) for (const name of await caches.keys()) if (name.startsWith(BASE)) await caches.delete(name);
  await (await navigator.serviceWorker?.getRegistration("/grid"))?.unregister();
  location.assign("/sign-in?next=/grid");
}

function online() {
  $("offline").hidden = navigator.onLine;
  notice("line");
  push();
  if (navigator.onLine) meet();
}

async function begin() {
  await keep.put("language", document.documentElement.lang);
  $("offline").hidden = navigator.onLine;
  // Whoever was here last sees what is kept at once; after a sign-in it may be another.
  const [{ type }] = performance.getEntriesByType("navigation");
  if (type === "navigate" && document.referrer.includes("/sign-in")) await keep.put("signed-out", true);
  const isAnew = await keep.get("signed-out");
  const known = isAnew ? null : await keep.get("me");
  if (known) { ahead = known.ahead; showMe(known.value); }
  const meeting = meet();
  if (!known) await meeting;
  const draft = page.me && (await keep.get("draft"));
  if (draft) fill(draft);
  await show();
  const me = await meeting;
  await push();
  if (me) setTimeout(() => learnCategories(me), 3000);
}

$("open-menu").addEventListener("click", () => $("menu").showModal());
$("close-menu").addEventListener("click", () => $("menu").close());
$("language").addEventListener("click", () => speak($("language").dataset.to));
$("sign-out").addEventListener("click", signOut);
window.addEventListener("hashchange", () => show({ moves: true }));
window.addEventListener("online", online);
window.addEventListener("offline", () => { $("offline").hidden = false; showOutbox(); });
document.addEventListener("visibilitychange", () => { if (!document.hidden) { meet(); push(); show(); } });
setInterval(async () => { if ((await outbox.all()).some((item) => item.state === "waiting")) push(); }, EVERY);
followLanguage();
begin();
// Not in the way of the first view.
navigator.serviceWorker?.register("/grid/worker.js", { scope: "/grid", updateViaCache: "none" }).catch(() => {});
