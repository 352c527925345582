// The scores and absences of one's own children, as GET /v1/pupils/{id}/scores and …/attendance give
// them to their guardian. There is nothing to compare a child with: no rank, no average of a class.

import { account } from "./account.js";
import { write } from "./book/marks.js";
import { element, get, part } from "./dom.js";
import { day, named, translate, words } from "./words.js";

const TERMS = ["HK1", "HK2", "CN", "HE"];
const LAST_PRIMARY = 5;
const GROUPS = [
  ["regular", ["regular", "special-topic"]],
  ["midterm", ["midterm"]],
  ["endterm", ["endterm", "retest", "exam"]],
];
const asked = new URLSearchParams(location.search);
const say = (text) => (part("message").textContent = text);

function link(child) {
  const query = new URLSearchParams({ pupil: child.pupil_id });
  if (asked.get("lang")) query.set("lang", asked.get("lang"));
  return `?${query}`;
}

function choose(children, chosen) {
  part("children").hidden = children.length < 2;
  part("children").replaceChildren(
    ...children.map((one) =>
      element(
        "a",
        { href: link(one), "aria-current": one === chosen ? "page" : null },
        one.name,
      ),
    ),
  );
  part("child").textContent = [
    chosen.name,
    chosen.class_name && words("classOf", { name: chosen.class_name }),
    chosen.school_year && words("yearOf", { year: chosen.school_year }),
  ]
    .filter(Boolean)
    .join(", ");
  part("results").href = `results?pupil=${encodeURIComponent(chosen.pupil_id)}`;
}

const changed = (column) => column.history.length > 1;

function mark(column) {
  const text = write(column);
  if (!text) return [];
  const title = words(`title-${column.kind}`, { n: column.position });
  const hint = changed(column) ? `${title}, ${words("wasChanged")}` : title;
  const attributes = { title: hint, class: changed(column) ? "changed" : null };
  return [element("span", attributes, text)];
}

function table(term, columns, names) {
  const subjects = [...new Set(columns.map((one) => one.subject))];
  return element(
    "table",
    {},
    element("caption", {}, words(term)),
    element(
      "thead",
      {},
      element(
        "tr",
        {},
        element("th", { scope: "col" }, words("subject")),
        ...GROUPS.map(([name]) => element("th", { scope: "col" }, words(`group-${name}`))),
      ),
    ),
    element(
      "tbody",
      {},
      ...subjects.map((subject) =>
        element(
          "tr",
          {},
          element("th", { scope: "row" }, names.get(subject)),
          ...GROUPS.map(([, kinds]) =>
            element(
              "td",
              {},
              ...columns
                .filter((one) => one.subject === subject && kinds.includes(one.kind))
                .flatMap(mark),
            ),
          ),
        ),
      ),
    ),
  );
}

function correction(column, change, names) {
  const title = words(`title-${column.kind}`, { n: column.position });
  const before = write({ score: change.before, state: change.before_state }) || words("empty");
  const after = write({ score: change.after, state: change.after_state });
  const deleted = write({ score: change.value_before_deletion });
  const what = words(`what-${change.what}`, { before, after, deleted });
  const why = change.reason_code
    ? words("because", { reason: words(`reason-${change.reason_code}`) })
    : "";
  return element(
    "li",
    {},
    `${names.get(column.subject)}, ${words(column.term)}, ${title}: ${what}`,
    element("small", {}, [day(change.day), why].filter(Boolean).join(" · ")),
  );
}

function show({ columns }, names) {
  const shown = columns.filter((one) => write(one) || changed(one));
  part("terms").replaceChildren(
    ...TERMS.map((term) => [term, shown.filter((one) => one.term === term)])
      .filter(([, ofTerm]) => ofTerm.length)
      .map(([term, ofTerm]) => table(term, ofTerm, names)),
  );
  const corrections = shown.flatMap((column) =>
    column.history.slice(1).map((change) => ({ column, change })),
  );
  corrections.sort((one, other) => Date.parse(other.change.at) - Date.parse(one.change.at));
  part("changed").parentElement.hidden = !corrections.length;
  part("changed").replaceChildren(
    ...corrections.map(({ column, change }) => correction(column, change, names)),
  );
  say(shown.length ? "" : words("noScores"));
  part("found").hidden = false;
}

/** Every session that was missed or come late to, the latest first, and how many days it makes. */
function showAbsences({ absences, limit, missed }, secondary) {
  const says = [
    absences === null
      ? words("noRollCall")
      : words(absences ? "absentDays" : "neverAbsent", { n: absences }),
    secondary && absences ? words("absenceLimit", { limit }) : "",
  ];
  part("absences").textContent = says.filter(Boolean).join(" ");
  const rows = [...missed].reverse().map((one) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, day(one.day)),
      element("td", {}, words(`session-${one.session}`)),
      element("td", {}, words(`absence-${one.state}`)),
    ),
  );
  const heads = ["day", "session", "absence"].map((name) =>
    element("th", { scope: "col" }, words(name)),
  );
  part("missed").hidden = !rows.length;
  part("missed").replaceChildren(
    element("caption", {}, words("missedSessions", { n: rows.length })),
    element("thead", {}, element("tr", {}, ...heads)),
    element("tbody", {}, ...rows),
  );
}

async function main() {
  translate("childTitle");
  const person = await account({ signedIn: words("signedIn"), signedOut: words("signedOut") });
  if (!person) return say(words("askSignInChild"));
  if (!person.roles.includes("guardian")) return say(words("notAGuardian"));
  say(words("loading"));
  try {
    const [{ children }, lists] = await Promise.all([get("v1/children"), get("pages/lists.json")]);
    const chosen = children.find((one) => one.pupil_id === asked.get("pupil")) ?? children[0];
    if (!chosen) return say(words("noChild"));
    choose(children, chosen);
    const names = new Map(lists.subjects.map((one) => [one.code, named(one)]));
    const year = { school_year: chosen.school_year };
    const [scores, attendance] = await Promise.all(
      ["scores", "attendance"].map((name) => get(`v1/pupils/${chosen.pupil_id}/${name}`, year)),
    );
    // Only TT 22/2021 (grades 6 to 12) counts absences against a limit.
    showAbsences(attendance, scores.columns.some((one) => Number(one.grade) > LAST_PRIMARY));
    return show(scores, names);
  } catch (error) {
    return say(error.message || words(error.offline ? "offline" : "failed"));
  }
}

main();
