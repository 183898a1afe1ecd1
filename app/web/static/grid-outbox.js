/* The outbox: what has not been sent, why, and what one can do about it. */
const EVERY = 30_000;
let sending = null;

const kindOf = (item) => (item.kind === "report" ? say("上报", "Report") : titled(word("action", item.kind)));
const mayHide = (item) => item.owner !== page.me?.account;

function stateOf(item) {
  if (item.id === sending) return say("发送中", "Sending");
  if (item.state === "refused") return say("被退回", "Refused");
  if (item.after) return say("等待前一步", "Waits for the step before");
  return navigator.onLine ? say("等待发送", "Waiting to be sent") : say("等待网络", "Waiting for a network");
}

/* What the page shows of the outbox, wherever it is told: the list, the number, the tasks. */
async function showOutbox() {
  const items = await outbox.all(), list = document.querySelector("#view-outbox .cards");
  if (!page.me) {
    $("waiting").textContent = items.length || "";
    list.replaceChildren(empty(say("登录后显示", "Sign in to see it")));
    return items;
  }
  const mine = items.filter((item) => !mayHide(item)), others = items.length - mine.length;
  $("waiting").textContent = mine.length || "";
  $("waiting").setAttribute("aria-label", mine.length ? say(`${mine.length} 条`, `${mine.length} waiting`) : "");
  notice("others", ...(others ? [
    say(`另有 ${others} 条待发内容是其他人的, 由其本人登录后发送。`, `${others} more are somebody else's: they go when that person signs in.`),
    el("button", { type: "button", onclick: () => dropOthers(items) }, say("删除", "Delete")),
  ] : []));
  $("sending").replaceChildren(mine.length ? el("button", { type: "button", className: "wide", onclick: () => push(true) }, say("立即重试", "Send now")) : "");
  list.replaceChildren(...(mine.length ? mine.map(card) : [empty(say("没有待发内容: 都已送达。", "Nothing waits: all of it has arrived."))]));
  return mine;
}

function card(item) {
  const refused = item.state === "refused";
  const photos = item.photos.length;
  return el("li", { className: "card", id: `item-${item.id}` },
    el("p", { className: "line" }, el("b", {}, kindOf(item)), el("span", { className: refused ? "tag strong" : "tag" }, stateOf(item))),
    el("p", { className: "said" }, item.title),
    el("p", { className: "soft" }, brief(item.made), photos ? say(` · 照片 ${photos} 张`, ` · photos: ${photos}`) : ""),
    item.problem ? el("p", { className: "fault" }, why(item.problem)) : null,
    item.id === sending ? null : el("p", { className: "row" },
      refused && item.kind === "report" ? el("button", { type: "button", className: "primary", onclick: () => mend(item) }, say("修改", "Mend")) : null,
      refused && item.unit ? el("a", { className: "button primary", href: `#unit/${item.unit}` }, say("重新办理", "Do it anew")) : null,
      refused ? el("button", { type: "button", onclick: () => again(item) }, say("原样重发", "Send as it is")) : null,
      el("button", { type: "button", onclick: () => drop(item) }, say("删除", "Delete"))));
}

async function again(item) {
  await outbox.change(item.id, { state: "waiting", problem: null });
  await push(true);
}

async function drop(item) {
  const asked = say(`删除后不会送达:\n${item.title}\n确定删除?`, `It will not be sent:\n${item.title}\nDelete it?`);
  if (!window.confirm(asked)) return;
  await outbox.drop(item.id, { state: "refused", problem: { title: say("前一步已删除, 请重新办理", "The step before was deleted: do it anew") } });
  await changed();
}

async function dropOthers(items) {
  if (!window.confirm(say("这些内容尚未送达, 删除后无法找回。确定删除?", "They were never sent and are lost then. Delete them?"))) return;
  for (const item of items.filter(mayHide)) await outbox.drop(item.id, {});
  await changed();
}

/* Sends what there is, and says what came of it. */
async function push(asked = false) {
  if (!navigator.onLine && !asked) return;
  try {
    await sendAll();
    if (asked) notice("line");
  } catch (error) {
    if (error instanceof SignedOut) signedOut(true);
    else if (!(error instanceof Away)) throw error;
    else if (asked) notice("line", say("没有网络, 联网后自动发送。", "No network: it goes by itself when there is one."));
  } finally {
    await changed();
  }
}

/* Something new is to be sent: now, and by the browser itself should the page be closed. */
async function queued() {
  notice("sent", say("已存在手机上, 正在发送…", "Kept on the phone, sending…"));
  if (!navigator.onLine) notice("sent", say("已存在手机上, 联网后自动发送。", "Kept on the phone: it goes when there is a network."));
  navigator.storage?.persist?.();
  await changed();
  const worker = await navigator.serviceWorker?.getRegistration("/grid");
  worker?.sync?.register(BASE).catch(() => {});
  await push();
}

function arrived(item, unit) {
  const { kind, title } = item;
  const done = kind === "report" ? say("已收到", "Received") : `${kindOf(item)}: ${say("已送达", "done")}`;
  notice("sent",
    el("b", {}, done), kind === "report" ? ` ${unit.number}` : null, el("br"), title, el("br"),
    kind === "report" ? [say("承办: ", "With: "), unit.holder.name, unit.due_at ? ` · ${brief(unit.due_at)}` : "", el("br")] : null,
    el("a", { href: `#unit/${unit.id}` }, say("查看", "Look at it")),
    el("button", { type: "button", className: "quiet", onclick: () => notice("sent") }, say("知道了", "OK")));
}
