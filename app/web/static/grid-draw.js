/* How the page draws: elements, times, photos. */
const english = document.documentElement.lang === "en";
const say = (zh, en) => (english ? en : zh);
const WORDS = JSON.parse(document.getElementById("words").textContent);
const MOVES = JSON.parse(document.getElementById("moves").textContent);
const $ = (id) => document.getElementById(id);
const LARGEST_SIDE = 1600;

function el(tag, given = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name in made && name !== "list") made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== false));
  return made;
}

const word = (sort, code) => WORDS[sort]?.[code] ?? code;

const titled = (text) => text.charAt(0).toUpperCase() + text.slice(1);

const clock = new Intl.DateTimeFormat("en-GB", {
  timeZone: document.body.dataset.zone, hourCycle: "h23",
  year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
});

function parts(moment) {
  return Object.fromEntries(clock.formatToParts(moment).map(({ type, value }) => [type, value]));
}

/* A moment as briefly as today allows. */
function brief(moment) {
  const then = parts(new Date(moment)), now = parts(new Date(present()));
  const time = `${then.hour}:${then.minute}`;
  if (then.year !== now.year) return `${then.year}-${then.month}-${then.day} ${time}`;
  return then.month === now.month && then.day === now.day ? time : `${then.month}-${then.day} ${time}`;
}

function span(seconds) {
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return say(`${minutes} 分钟`, `${minutes} min`);
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return say(`${hours} 小时`, `${hours} h`) + (minutes % 60 ? say(` ${minutes % 60} 分`, ` ${minutes % 60} min`) : "");
  return say(`${Math.floor(hours / 24)} 天`, `${Math.floor(hours / 24)} d`) + (hours % 24 ? say(` ${hours % 24} 小时`, ` ${hours % 24} h`) : "");
}

/* How long there is until a moment: what is past is overdue only where the lamp says so. */
function left(due) {
  const seconds = (new Date(due) - present()) / 1000;
  return seconds >= 0 ? say(`剩 ${span(seconds)}`, `${span(seconds)} left`) : say(`已过 ${span(-seconds)}`, `${span(-seconds)} ago`);
}

/* The lamp as it was told, or red if the time has passed since: the phone may be long offline. */
function lamp(unit) {
  if (!unit.light) return null;
  const colour = unit.stage_due_at && new Date(unit.stage_due_at) <= present() ? "red" : unit.light;
  return el("span", { className: `light ${colour}` }, el("span", { className: "dot", "aria-hidden": "true" }), word("light", colour));
}

function placeOf(unit) {
  const { street, community, grid } = unit.place;
  return [street, community, grid].filter(Boolean).slice(-2).map((one) => one.name).join(" ");
}

function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  // Version 7: it begins with the time, so that those of one day lie together.
  let time = Date.now();
  for (let place = 5; place >= 0; place -= 1) { bytes[place] = time % 256; time = Math.floor(time / 256); }
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/* A photo as it is sent: at most 1600 px, without where and with what it was taken. What the browser
   cannot read (HEIC on some) goes as it is; the service says whether it takes it. */
async function shrunk(file) {
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LARGEST_SIDE / Math.max(picture.width, picture.height));
    const canvas = el("canvas", { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) });
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const blob = await new Promise((done) => { canvas.toBlob(done, "image/jpeg", 0.8); });
    const name = `${file.name.replace(/\.[^.]*$/, "") || "photo"}.jpg`;
    return { name, type: "image/jpeg", bytes: await blob.arrayBuffer() };
  } catch {
    return { name: file.name || "photo", type: file.type || "application/octet-stream", bytes: await file.arrayBuffer() };
  }
}

/* The photos of a form: taken, shown, taken away again. */
class Photos {
  constructor(box, changed = () => {}) {
    this.list = box.querySelector("ul");
    this.phase = box.dataset.phase;
    this.changed = changed;
    this.photos = [];
    this.urls = [];
    this.ready = Promise.resolve(); // once every photo that was taken is among `photos`
    const input = box.querySelector("input");
    input.addEventListener("change", () => {
      const files = [...input.files];
      input.value = "";
      this.ready = this.ready.then(() => this.take(files)).catch(() => {});
    });
  }

  async take(files) {
    for (const file of files) {
      const photo = { ...(await shrunk(file)), n: uuid().slice(-12), phase: this.phase };
      this.photos.push(photo);
    }
    this.show();
    this.changed();
  }

  set(photos) {
    this.photos = [...photos];
    this.show();
  }

  show() {
    this.urls.forEach(URL.revokeObjectURL);
    this.urls = this.photos.map((one) => URL.createObjectURL(new Blob([one.bytes], { type: one.type })));
    this.list.replaceChildren(...this.photos.map((photo, place) => el("li", {},
      el("img", { src: this.urls[place], alt: say(`照片 ${place + 1}`, `Photo ${place + 1}`) }),
      el("button", {
        type: "button", "aria-label": say(`去掉照片 ${place + 1}`, `Remove photo ${place + 1}`),
        onclick: () => { this.photos.splice(place, 1); this.show(); this.changed(); },
      }, "×"))));
  }
}

function photoBox(phase, label, changed = () => {}) {
  const box = el("div", { className: "photos" },
    el("label", { className: "button photo" }, el("input", { type: "file", accept: "image/*", capture: "environment", multiple: true }), el("span", {}, label)),
    el("ul", { "aria-label": label }));
  box.dataset.phase = phase;
  box.photos = new Photos(box, changed);
  return box;
}

function empty(text) {
  return el("li", { className: "empty" }, text);
}

/* A notice stays until another of its kind, or nothing, takes its place. */
function notice(kind, ...content) {
  document.querySelector(`#notices [data-kind="${kind}"]`)?.remove();
  if (!content.length) return;
  const box = el("div", { className: "notice" }, content);
  box.dataset.kind = kind;
  $("notices").append(box);
}

/* Why the service said no, in its own words; what others did first is told by name. */
function why(problem) {
  if (!problem) return "";
  const { last } = problem;
  if (last) {
    const who = [last.organisation.name, last.by].filter(Boolean).join(" ");
    return say(
      `已由他人办理: ${who} ${brief(last.at)} “${word("action", last.action)}”, 现为“${word("state", problem.state)}”。未重复提交。`,
      `Others were first: ${who}, ${brief(last.at)}, ${word("action", last.action)}; it is now ${word("state", problem.state)}. Nothing was done twice.`,
    );
  }
  const said = [problem.title, problem.detail].filter(Boolean).join(say(": ", ": "));
  const allowed = (problem.allowed ?? []).filter((one) => one in WORDS.action).map((one) => word("action", one));
  return allowed.length ? `${said} (${say("可以", "allowed")}: ${allowed.join(say("、", ", "))})` : said;
}
