// One pupil's results, as GET /v1/pupils/{id}/results says them: nothing is computed here.

import { account } from "./account.js";
import { element, part } from "./dom.js";
import { ENDS, OUTCOMES, PRIMARY, RATINGS } from "./results/words.js";

const TITLES = { XUAT_SAC: "Học sinh Xuất sắc", GIOI: "Học sinh Giỏi" };
const PRIMARY_TITLES = {
  HS_XUAT_SAC: "Học sinh Xuất sắc",
  HS_TIEU_BIEU: "Học sinh tiêu biểu hoàn thành tốt trong học tập và rèn luyện",
};
const NOT_YET = "Chưa có";

function say(text) {
  part("message").textContent = text;
}

const rated = (level) => RATINGS[level?.result] ?? NOT_YET;

function raised(level) {
  const differs = level && level.base !== level.result;
  return differs ? `${rated(level)} (nâng từ ${RATINGS[level.base]}, Điều 9(3))` : rated(level);
}

const written = (mark) => mark?.replace(".", ",") ?? "–";

function explained(step) {
  const says = element("p", {}, step.says);
  const law = element("p", { class: "law" }, step.law);
  return element("li", {}, element("strong", {}, step.about), says, law);
}

function decidedInPrimary(year) {
  return [
    ["Kết quả giáo dục", PRIMARY[year.result] ?? NOT_YET],
    ...(year.result_after_support
      ? [["Sau đánh giá bổ sung", PRIMARY[year.result_after_support]]]
      : []),
    ["Danh hiệu", PRIMARY_TITLES[year.title] ?? (year.result ? "Không có" : NOT_YET)],
    ["Cuối năm học", OUTCOMES[year.outcome] ?? "Chưa xét được"],
  ];
}

function decided(found) {
  const after = found.after_summer;
  return [
    ["Học tập học kỳ I", raised(found.terms[0])],
    ["Học tập học kỳ II", raised(found.terms[1])],
    ["Học tập cả năm", raised(found.year)],
    ["Rèn luyện cả năm", RATINGS[found.conduct[2]] ?? NOT_YET],
    ["Danh hiệu", TITLES[found.title] ?? (found.year?.result ? "Không có" : NOT_YET)],
    ["Cuối năm học", ENDS[found.year_end] ?? NOT_YET],
    ...(after ? [["Sau hè", after.promoted ? "Được lên lớp" : "Ở lại lớp"]] : []),
  ];
}

function show(found) {
  part("pupil").textContent = `${found.name}, lớp ${found.grade}, năm học ${found.school_year}`;
  part("rules").textContent = `Theo ${found.rule_set}`;
  const facts = found.primary ? decidedInPrimary(found.primary) : decided(found);
  part("summary").replaceChildren(
    ...facts.map(([what, is]) =>
      element("div", {}, element("dt", {}, what), element("dd", {}, is)),
    ),
  );
  part("subjects").replaceChildren(
    ...found.subjects.map((one) =>
      element(
        "tr",
        {},
        element("th", { scope: "row" }, one.name),
        ...[...one.terms, one.year].map((mark) =>
          element("td", {}, written(mark)),
        ),
      ),
    ),
  );
  const about = (one) => found.explanation.filter((step) => step.about.startsWith(`${one.name}, `));
  const each = found.subjects.map((one) => [one, about(one)]);
  const known = new Set(each.flatMap(([, steps]) => steps));
  const deciding = found.explanation.filter((step) => !known.has(step));
  part("why").replaceChildren(...deciding.map(explained));
  part("each").replaceChildren(
    ...each.map(([one, steps]) =>
      element(
        "details",
        {},
        element("summary", {}, `${one.name}: ${[...one.terms, one.year].map(written).join(" · ")}`),
        element("ol", {}, ...steps.map(explained)),
      ),
    ),
  );
  for (const one of document.querySelectorAll(".of-subjects")) one.hidden = Boolean(found.primary);
  part("found").hidden = false;
}

async function main() {
  const asked = new URLSearchParams(location.search);
  const pupil = asked.get("pupil")?.trim();
  for (const name of ["pupil", "school_year"]) {
    document.querySelector(`[name=${name}]`).value = asked.get(name) ?? "";
  }
  const person = await account({ signedIn: "Đã đăng nhập.", signedOut: "Chưa đăng nhập." });
  if (!person) return say("Hãy đăng nhập để xem kết quả.");
  if (!pupil) return say("Hãy nhập mã học sinh.");
  say("Đang tải…");
  const year = asked.get("school_year")?.trim();
  const query = year ? `?school_year=${encodeURIComponent(year)}` : "";
  const address = `v1/pupils/${encodeURIComponent(pupil)}/results${query}`;
  const answer = await fetch(address).catch(() => null);
  if (!answer) return say("Mất kết nối. Hãy tải lại trang.");
  const found = await answer.json().catch(() => null);
  if (!answer.ok) return say(found?.detail ?? "Hệ thống đang có lỗi. Hãy thử lại sau.");
  if (!found.plan && !found.primary) {
    return say("Chưa khai báo môn lựa chọn và chuyên đề của lớp, nên chưa tính được kết quả.");
  }
  say("");
  show(found);
  return part("results").focus();
}

main();
