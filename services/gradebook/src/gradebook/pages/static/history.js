// Every change of scores and its true effect, as GET v1/history and v1/history/effect say them.

import { account } from "./account.js";
import { element, get, part } from "./dom.js";

const ROWS = 200;
const EFFECTS = {
  raised: "▲ tăng",
  lowered: "▼ giảm",
  unchanged: "không đổi",
  removed: "✕ mất điểm",
};
const WHATS = {
  entered: "nhập",
  corrected: "sửa",
  deleted: "xoá",
  "re-entered": "nhập lại sau khi xoá",
  excused: "vắng có phép",
  "zero-by-rule": "0 điểm theo quy chế",
};
const REASONS = {
  "entry-error": "nhập nhầm",
  remarked: "chấm lại",
  "make-up-test": "kiểm tra bù",
  "rule-applied": "theo quy chế",
  other: "khác",
};
const KINDS = {
  regular: "ĐĐGtx",
  "special-topic": "chuyên đề",
  midterm: "ĐĐGgk",
  endterm: "ĐĐGck",
  retest: "kiểm tra lại",
  exam: "kỳ thi",
};
const TERMS = { HK1: "HK I", HK2: "HK II", CN: "cuối năm" };
const NAMES = ["class_id", "school_id", "school_year", "teacher_id", "subject", "term"];
const PARAMETERS = [...NAMES, "first_day", "last_day", "edited"];
const NOTHING = "–";

const CLOCK = new Intl.DateTimeFormat("vi-VN", {
  dateStyle: "short",
  timeStyle: "medium",
  timeZone: "Asia/Ho_Chi_Minh",
});

const asked = new URLSearchParams(location.search);

function say(text) {
  part("message").textContent = text;
}

const written = (mark) => mark?.replace(".", ",") ?? NOTHING;
const local = (at) => CLOCK.format(new Date(at));
const mark = (value) => element("td", { class: "mark" }, written(value));
const cell = (...children) => element("td", {}, ...children);

function column(one) {
  const kind = KINDS[one.kind] ?? one.kind;
  const term = TERMS[one.term] ?? one.term;
  return `${one.class_name} · ${one.subject_name} · ${term} · ${kind} ${one.position}`;
}

/** A person, by the beginning of the id; choosing it shows what that person changed. */
function person(id) {
  const parameters = new URLSearchParams(asked);
  parameters.set("teacher_id", id);
  return element("a", { href: `history?${parameters}`, title: id }, `${id.slice(0, 8)}…`);
}

/** Show rows a few at a time: a school's year has more than a browser likes to draw. */
function rows(id, made, draw) {
  const body = part(id);
  const more = part(`more-${id}`);
  body.replaceChildren();
  const show = () => {
    const next = made.slice(body.children.length, body.children.length + ROWS);
    const first = next.map(draw);
    body.append(...first);
    const left = made.length - body.children.length;
    more.hidden = left === 0;
    more.textContent = `Hiện thêm (còn ${left})`;
    return first[0];
  };
  more.onclick = () => {
    const first = show();
    first.tabIndex = -1;
    first.focus();
  };
  show();
}

function showEffect(found) {
  const { summary } = found;
  const facts = [
    ["Số lần sửa", summary.edits],
    ["Sửa tăng", summary.up],
    ["Sửa giảm", summary.down],
    ["Học sinh có điểm khác đi", summary.pupils],
    ["Ô tăng", summary.cells.raised],
    ["Ô giảm", summary.cells.lowered],
    ["Ô mất điểm", summary.cells.removed],
    ["Ô rốt cuộc không đổi", summary.cells.unchanged],
  ];
  part("summary").replaceChildren(
    ...facts.map(([what, count]) =>
      element("div", {}, element("dt", {}, what), element("dd", {}, String(count))),
    ),
  );
  const columns = new Map(found.columns.map((one) => [one.sheet_id, column(one)]));
  const cells = found.pupils.flatMap((pupil) => pupil.cells.map((one) => [pupil, one]));
  rows("effects", cells, ([pupil, one]) =>
    element(
      "tr",
      {},
      element("th", { scope: "row", title: pupil.pupil_id }, pupil.name),
      cell(columns.get(one.sheet_id)),
      mark(one.before),
      mark(one.after),
      element("td", { class: one.effect }, EFFECTS[one.effect] ?? one.effect),
      mark(String(one.edits)),
      mark(String(one.changes)),
      cell(...one.by.flatMap((id) => [person(id), " "])),
      cell(local(one.last_at)),
    ),
  );
}

function showHistory(found) {
  const columns = new Map(found.columns.map((one) => [one.sheet_id, column(one)]));
  const changes = found.saves.flatMap((save) => save.changes.map((one) => [save, one]));
  changes.reverse();
  rows("changes", changes, ([save, one]) => {
    const direction = { up: "▲ ", down: "▼ " }[one.direction] ?? "";
    const code = REASONS[one.reason_code] ?? one.reason_code;
    const why = one.reason_code ? [code, save.reason].filter(Boolean).join(": ") : NOTHING;
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, local(save.at)),
      element("td", { title: one.pupil_id }, found.pupils[one.pupil_id]),
      cell(columns.get(save.sheet_id)),
      cell(WHATS[one.what] ?? one.what),
      mark(one.before),
      mark(one.after),
      element("td", { class: "mark" }, one.edited === null ? NOTHING : direction + written(one.edited)),
      cell(why),
      cell(person(save.by)),
      element("td", { class: "device" }, [save.device, save.address].filter(Boolean).join(" · ")),
      mark(save.number === null ? null : `#${save.number}`),
    );
  });
}

async function choices() {
  const lists = await get("pages/lists.json").catch(() => ({ subjects: [] }));
  const select = document.querySelector("[name=subject]");
  select.append(...lists.subjects.map((one) => element("option", { value: one.code }, one.vi)));
}

function fill() {
  for (const name of PARAMETERS) {
    const field = document.querySelector(`[name=${name}]`);
    if (field.type === "checkbox") field.checked = asked.get(name) === "true";
    else field.value = asked.get(name)?.trim() ?? "";
  }
  part("asked").addEventListener("submit", (event) => {
    // What is left empty has no place in the address.
    event.preventDefault();
    const given = [...new FormData(event.target)].filter(([, value]) => value.trim());
    location.assign(`history?${new URLSearchParams(given)}`);
  });
}

async function main() {
  await choices();
  fill();
  const signedIn = "Đã đăng nhập.";
  const someone = await account({ signedIn, signedOut: "Chưa đăng nhập." });
  if (!someone) return say("Hãy đăng nhập để xem lịch sử điểm.");
  const wanted = Object.fromEntries(
    PARAMETERS.map((name) => [name, asked.get(name)?.trim()]).filter(([, value]) => value),
  );
  if (!wanted.class_id && !wanted.school_id) {
    return say("Hãy nhập mã lớp, hoặc mã trường và năm học.");
  }
  say("Đang tải…");
  try {
    const [effect, history] = await Promise.all([
      get("v1/history/effect", wanted),
      get("v1/history", wanted),
    ]);
    showEffect(effect);
    showHistory(history);
  } catch (error) {
    return say(error.message || "Mất kết nối hoặc hệ thống đang có lỗi. Hãy thử lại sau.");
  }
  for (const form of ["xlsx", "csv", "json"]) {
    part(form).href = `v1/history/export?${new URLSearchParams({ ...wanted, format: form })}`;
  }
  part("answer").hidden = false;
  say("");
  return part("found").focus();
}

main();
