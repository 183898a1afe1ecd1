/* The sender: whatever is in the outbox goes to the API itself, photos first, under ids and keys
   that never change, so that however often something is sent, it is done once. */
const CHANNEL = "BroadcastChannel" in self ? new BroadcastChannel(BASE) : null;

/* Nobody answered, or nobody could: later. */
class Away extends Error {
  constructor(problem = null) { super(problem?.title ?? "away"); this.problem = problem; }
}
/* The session has run out, or its key was revoked. */
class SignedOut extends Error {}
/* The service says no, and why. */
class Refused extends Error {
  constructor(problem) { super(problem.title); this.problem = problem; }
}

function tell(message) {
  CHANNEL?.postMessage(message);
  self.heard?.(message);
}

/* The service's present, as far as it was told last: phones go wrong. */
let ahead = 0;
const present = () => Date.now() + ahead;

async function language() {
  return (await keep.get("language")) ?? "zh-CN";
}

async function call(path, { seconds = 20, headers = {}, ...options } = {}) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), seconds * 1000);
  try {
    const answer = await fetch(path, {
      credentials: "same-origin", cache: "no-store", signal: stop.signal, ...options,
      headers: { "Accept-Language": await language(), ...headers },
    });
    if (answer.status === 304) return { answer, told: null };
    const told = await answer.json().catch(() => null);
    if (answer.status === 401) throw new SignedOut();
    const problem = { title: `HTTP ${answer.status}`, ...told, status: answer.status };
    if (answer.status >= 500 || [408, 429].includes(answer.status)) throw new Away(problem);
    if (!answer.ok) throw new Refused(problem);
    // Somebody's sign-in page on the way is no answer of ours.
    if (told === null) throw new Away();
    return { answer, told };
  } catch (error) {
    if (error instanceof Away || error instanceof Refused || error instanceof SignedOut) throw error;
    throw new Away();
  } finally {
    clearTimeout(timer);
  }
}

/* Who is signed in now. Nobody sees what another kept here, and nothing goes out in another's name. */
async function whoami() {
  const known = await keep.get("me");
  const headers = known ? { "If-None-Match": known.etag } : {};
  const { answer, told } = await call("/grid/me", { headers });
  ahead = Date.parse(answer.headers.get("Yiguan-Now")) - Date.now() || 0;
  if (told === null) {
    await keep.put("me", { ...known, ahead });
    return known.value;
  }
  if (known && known.value.account !== told.account) {
    const spoken = await language();
    await keep.forget();
    await keep.put("language", spoken);
    tell({ changed: "person" });
  }
  await keep.put("me", { value: told, etag: answer.headers.get("ETag") ?? "", ahead });
  return told;
}

/* Uploads what is not there yet; which photo has which id there is on the disk before it is used. */
async function uploaded(item) {
  const photos = [...item.photos];
  for (const [place, photo] of photos.entries()) {
    if (photo.attachment) continue;
    const { told } = await call(`/v1/attachments?name=${encodeURIComponent(photo.name)}`, {
      method: "POST", body: new Blob([photo.bytes], { type: photo.type }), seconds: 120,
      headers: { "Content-Type": photo.type, "Idempotency-Key": `${item.id}-${photo.n}` },
    });
    photos[place] = { ...photo, attachment: told.id };
    await outbox.change(item.id, { photos });
  }
  return photos;
}

function bodyOf(item, photos) {
  const named = (phase) => photos.filter((one) => one.phase === phase).map((one) => one.attachment);
  if (item.body.resolved) {
    return { ...item.body, resolved: { ...item.body.resolved, before: named("before"), after: named("after") } };
  }
  if (!photos.length) return item.body;
  return { ...item.body, attachments: photos.map((one) => ({ id: one.attachment, phase: one.phase })) };
}

async function sendOne(item) {
  const body = JSON.stringify(bodyOf(item, await uploaded(item)));
  const headers = { "Content-Type": "application/json" };
  if (item.path !== "/v1/events") headers["Idempotency-Key"] = item.id;
  if (item.version) headers["If-Match"] = `"${item.version}"`;
  const { told } = await call(item.path, { method: "POST", body, headers, seconds: 30 });
  return told.unit ?? told;
}

async function passOn(item) {
  tell({ sending: item.id });
  try {
    const unit = await sendOne(item);
    await outbox.drop(item.id, { version: unit.version });
    tell({ sent: item, unit });
    return true;
  } catch (error) {
    if (error instanceof Refused) {
      await outbox.change(item.id, { state: "refused", problem: error.problem });
      tell({ changed: "outbox" });
      return true;
    }
    if (error instanceof Away) await outbox.change(item.id, { problem: error.problem });
    throw error;
  } finally {
    tell({ sending: null });
  }
}

async function sendNow() {
  const waiting = (await outbox.all()).filter((item) => item.state === "waiting");
  if (!waiting.length) return 0;
  const me = await whoami();
  let left = 0;
  for (const { id } of waiting) {
    // As it is now: it may have been mended, deleted or be what another had to come before.
    const item = await outbox.get(id);
    if (!item || item.state !== "waiting" || item.owner !== me.account) continue;
    if (item.after) continue;
    try {
      await passOn(item);
    } catch (error) {
      // One that the service stumbles over holds up no other; without a line nothing goes.
      if (!(error instanceof Away) || !error.problem) throw error;
      left += 1;
    }
  }
  return left;
}

let sendingHere = null;

/* Sends all there is, in one tab at a time; gives how many must be tried again. Who `waits` sends
   what another has left; who does not leaves all to it. */
function sendAll({ waits = false } = {}) {
  const held = (lock) => (lock ? sendNow() : 0);
  sendingHere ??= (self.navigator.locks ? self.navigator.locks.request(`${BASE}-outbox`, { ifAvailable: !waits }, held) : sendNow())
    .finally(() => { sendingHere = null; });
  return sendingHere;
}
