// The roll-call of a class and session, as /v1/classes/{id}/roll-calls/{day}/{session} has it.

import { account as signedIn } from "./account.js";
import { element, newKey, part } from "./dom.js";
import { Unsent } from "./roll-call/unsent.js";

const STATES = [
  ["there", "Có mặt"],
  ["with-leave", "Có phép"],
  ["without-leave", "Không phép"],
  ["late", "Đi muộn"],
];
const WORDS = Object.fromEntries(STATES);
const RETRY = 5000;
const RETRIED = new Set([0, 408, 429, 500, 502, 503, 504]);
const NOON = 12;
const AUGUST = 8;

const field = (name) => part("choice").elements.namedItem(name);

let person = null;
let roll = null; // as it was read last
let kept = null; // { marks, version, sending, wanted }; marks: pupil → state, without those there
let unsent = null;
let timer = 0;
let clash = null;
let busy = false;

const say = (text) => { part("message").textContent = text; };
const tell = (text) => { part("state").textContent = text; };

// Day and hour of the province, whatever the machine's own zone.
function here() {
  const clock = new Intl.DateTimeFormat("sv-SE", {
    timeZone: "Asia/Ho_Chi_Minh", dateStyle: "short", timeStyle: "short",
  }).format(new Date());
  return { day: clock.slice(0, 10), hour: Number(clock.slice(11, 13)) };
}

const hour = (moment) => new Intl.DateTimeFormat("vi-VN", {
  timeZone: "Asia/Ho_Chi_Minh", hour: "2-digit", minute: "2-digit",
}).format(new Date(moment));

function schoolYear(day) {
  const [year, month] = day.split("-").map(Number);
  const first = month >= AUGUST ? year : year - 1;
  return `${first}-${first + 1}`;
}

async function ask(address, options = {}) {
  const answer = await fetch(address, options).catch(() => null);
  if (!answer) return { status: 0, body: null };
  return { status: answer.status, body: await answer.json().catch(() => null) };
}

const account = () => signedIn({ signedIn: "Đã đăng nhập.", signedOut: "Chưa đăng nhập." });

// The classes of the school, with who has not called the roll yet.
async function classes() {
  const [day, session, chosen] = ["day", "session", "class"].map((name) => field(name).value);
  const asked = new URLSearchParams(location.search).get("class") ?? "";
  if (!person.school) return choose(asked ? [{ class_id: asked, name: "Lớp đã chọn" }] : [], asked);
  const query = new URLSearchParams({ school_year: schoolYear(day), day, session });
  const address = `v1/schools/${encodeURIComponent(person.school)}/roll-calls?${query}`;
  const { status, body } = await ask(address);
  if (status !== 200) {
    say(body?.detail ?? "Mất kết nối. Hãy tải lại trang.");
    return field("class").options.length > 0;
  }
  const waiting = body.classes.filter((one) => !one.roll_call).map((one) => one.name);
  part("school").textContent =
    `Đã điểm danh ${body.called}/${body.classes.length} lớp.` +
    (waiting.length ? ` Chưa: ${waiting.join(", ")}.` : "");
  return choose(body.classes, chosen || asked);
}

function choose(found, chosen) {
  if (!found.length) say("Tài khoản này chưa được phân công lớp nào.");
  field("class").replaceChildren(
    ...found.map((one) =>
      element("option", { value: one.class_id }, one.roll_call ? `${one.name} ✓` : one.name),
    ),
  );
  const known = found.some((one) => one.class_id === chosen);
  if (known) field("class").value = chosen;
  return found.length > 0;
}

const place = () => ["class", "day", "session"].map((name) => field(name).value).join("/");

async function load() {
  clearTimeout(timer);
  clash = null;
  part("clash").hidden = true;
  part("list").hidden = true;
  part("past").hidden = true;
  tell("");
  if (!field("class").value) return;
  say("Đang tải…");
  const at = new Unsent(person.subject, place());
  const { status, body } = await ask(at.address);
  if (at.place !== place()) return; // somebody has chosen another one meanwhile
  if (status !== 200) {
    say(body?.detail ?? "Mất kết nối. Hãy tải lại trang.");
    return;
  }
  say("");
  roll = body;
  unsent = at;
  kept = unsent.read() ?? asRead();
  show();
  if (kept.sending) return; // again() sends it
  if (isChanged()) tell("Có thay đổi chưa lưu, còn giữ từ lần trước.");
  else unsent.drop();
}

function asRead() {
  const absent = roll.pupils.filter((one) => one.state).map((one) => [one.pupil_id, one.state]);
  return { marks: Object.fromEntries(absent), version: roll.version, sending: null, wanted: false };
}

function isChanged() {
  const read = asRead().marks;
  const all = new Set([...Object.keys(read), ...Object.keys(kept.marks)]);
  return [...all].some((pupil) => read[pupil] !== kept.marks[pupil]);
}

function show() {
  part("class-name").textContent =
    `Lớp ${roll.name}: ${roll.version ? "đã điểm danh" : "chưa điểm danh"}`;
  part("pupils").replaceChildren(...roll.pupils.map(line));
  part("history").replaceChildren(...roll.history.map(past));
  part("past").hidden = roll.history.length === 0;
  part("list").hidden = false;
  count();
}

function line(pupil) {
  const seen = pupil.checked_in_at
    ? [" ", element("span", { class: "seen" }, `đã quẹt thẻ lúc ${hour(pupil.checked_in_at)}`)]
    : [];
  const now = kept.marks[pupil.pupil_id] ?? "there";
  const choices = STATES.map(([state, words]) => {
    const input = element("input", { type: "radio", name: pupil.pupil_id, value: state });
    input.checked = state === now;
    return element("label", {}, input, words);
  });
  const states = element("div", { class: "states" }, ...choices);
  return element("li", {}, element("fieldset", {},
    element("legend", {}, pupil.name, ...seen), states));
}

function past(save) {
  const names = Object.fromEntries(roll.pupils.map((one) => [one.pupil_id, one.name]));
  const words = (state) => WORDS[state ?? "there"].toLowerCase();
  const changes = save.changes.map((one) =>
    `${names[one.pupil_id] ?? "em đã chuyển lớp"}: ${words(one.before)} → ${words(one.after)}`);
  const who = save.by === null ? "thiết bị điểm danh" : "giáo viên";
  return element("li", {},
    `${hour(save.at)}, ${who}: ${changes.join("; ") || "cả lớp có mặt"}`);
}

function count() {
  const states = roll.pupils.map((one) => kept.marks[one.pupil_id] ?? "there");
  const of = (state) => states.filter((one) => one === state).length;
  part("count").textContent =
    `Có mặt ${of("there") + of("late")}/${states.length}, có phép ${of("with-leave")}, ` +
    `không phép ${of("without-leave")}, đi muộn ${of("late")}`;
}

function keep() {
  return unsent.keep(kept);
}

function mark(event) {
  const { name, value } = event.target;
  if (value === "there") delete kept.marks[name];
  else kept.marks[name] = value;
  const safe = keep();
  count();
  if (!kept.sending) tell(safe ? "Chưa lưu." : "Chưa lưu; trình duyệt không cho giữ lại.");
}

function save(event) {
  event.preventDefault();
  if (clash) return;
  if (kept.sending) kept.wanted = true; // what is on its way is answered first
  else begin();
  keep();
  send(kept, unsent);
}

function begin() {
  const known = new Set(roll.pupils.map((one) => one.pupil_id));
  const absent = Object.entries(kept.marks)
    .filter(([pupil]) => known.has(pupil))
    .map(([pupil_id, state]) => ({ pupil_id, state }));
  const body = JSON.stringify({ version: kept.version, absent });
  kept.sending = { key: newKey(), body };
  kept.wanted = false;
}

async function send(mine, store) {
  if (busy || !mine.sending) return;
  busy = true;
  clearTimeout(timer);
  if (mine === kept) tell("Đang gửi…");
  const { key, body } = mine.sending;
  const { status, body: answer } = await ask(store.address, {
    method: "PUT",
    body,
    headers: {
      "Content-Type": "application/json", "Idempotency-Key": key, "X-CSRF-Token": person.csrf,
    },
  });
  busy = false;
  answered(mine, store, status, answer);
}

function answered(mine, store, status, answer) {
  const shown = mine === kept;
  if (RETRIED.has(status) || status === 401 || status === 403) {
    clearTimeout(timer);
    timer = setTimeout(again, RETRY);
    if (!shown) return;
    tell(status === 401 || status === 403
      ? "Chưa gửi: hãy đăng nhập lại; bản điểm danh vẫn được giữ trên máy này."
      : "Chưa gửi: mất kết nối. Bản điểm danh được giữ trên máy này và sẽ tự gửi lại.");
    return;
  }
  mine.sending = null;
  if (status === 200) {
    mine.version = answer.version;
    const wanted = mine.wanted;
    const sent = Object.fromEntries(answer.absent.map((one) => [one.pupil_id, one.state]));
    const changed = JSON.stringify(sorted(sent)) !== JSON.stringify(sorted(mine.marks));
    if (changed) store.keep(mine);
    else store.drop();
    if (!shown) {
      classes();
      return;
    }
    if (wanted && changed) {
      begin();
      keep();
      send(mine, store);
      return;
    }
    reread(changed ? "Đã lưu; có thay đổi mới chưa lưu." : `Đã lưu lúc ${hour(Date.now())}.`);
    return;
  }
  store.keep(mine);
  if (!shown) {
    const [room] = store.place.split("/");
    const known = [...field("class").options].find((one) => one.value === room);
    say(`Điểm danh lớp ${known?.text ?? "khác"} chưa lưu được: mở lại lớp ấy để xem vì sao.`);
    return;
  }
  if (status === 409 && answer?.absent) {
    clash = answer;
    part("clash").hidden = false;
    tell("Người khác vừa điểm danh buổi này. Chọn bản nào đúng.");
    return;
  }
  tell(answer?.errors?.map((one) => one.what).join(" ") || answer?.detail || "Không lưu được.");
}

const sorted = (marks) => Object.entries(marks).sort(([a], [b]) => (a < b ? -1 : 1));

// Shows what stands now, and keeps the place of whoever is going on with the keyboard.
async function reread(words) {
  const at = unsent;
  const { status, body } = await ask(at.address);
  if (at.place !== place()) return;
  tell(words);
  classes();
  if (status !== 200) return;
  roll = body;
  const focused = document.activeElement?.name;
  show();
  const row = focused && part("pupils").querySelector(`input[name="${CSS.escape(focused)}"]:checked`);
  if (row) row.focus();
}

async function again() {
  if (!navigator.onLine) {
    timer = setTimeout(again, RETRY);
    return undefined;
  }
  const found = await account();
  // Somebody else sits here now: what is kept is not theirs to send.
  if (found && found.subject !== person.subject) return location.reload();
  person = found ?? person;
  if (kept?.sending) await send(kept, unsent);
  // Of other classes, too: whoever called them has gone on to this one.
  for (const store of Unsent.waiting(person.subject)) {
    if (store.place !== unsent?.place) await send(store.read(), store);
  }
  return undefined;
}

function takeTheirs() {
  const marks = Object.fromEntries(clash.absent.map((one) => [one.pupil_id, one.state]));
  kept = { marks, version: clash.version, sending: null, wanted: false };
  unsent.drop();
  over("Đang hiện bản mới.");
}

function keepMine() {
  kept.version = clash.version;
  begin();
  keep();
  clash = null;
  part("clash").hidden = true;
  send(kept, unsent);
}

function over(words) {
  clash = null;
  part("clash").hidden = true;
  reread(words);
}

async function main() {
  const asked = new URLSearchParams(location.search);
  const now = here();
  field("day").value = asked.get("day") ?? now.day;
  field("session").value = asked.get("session") ?? (now.hour < NOON ? "morning" : "afternoon");
  person = await account();
  if (!person) return say("Hãy đăng nhập để điểm danh.");
  part("choice").addEventListener("change", async (event) => {
    if (event.target.name !== "class") await classes();
    await load();
    again();
  });
  part("choice").addEventListener("submit", (event) => event.preventDefault());
  part("pupils").addEventListener("change", mark);
  part("list").addEventListener("submit", save);
  part("theirs").addEventListener("click", takeTheirs);
  part("mine").addEventListener("click", keepMine);
  addEventListener("online", again);
  if (await classes()) await load();
  return again();
}

main();
