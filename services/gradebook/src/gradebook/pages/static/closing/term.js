// Closing a class's term (hiệu trưởng khoá sổ), and what it came to.

import { command } from "../commands.js";
import { element, part } from "../dom.js";
import { ENDS, OUTCOMES, PRIMARY, RATINGS } from "../results/words.js";
import { words } from "../words.js";

const ENDS_OF_YEAR = ["HK2", "HE"];
const KNOWN = { ...RATINGS, ...PRIMARY, ...ENDS, ...OUTCOMES };

export function showTerm(at, found) {
  const { written } = found;
  part("term").hidden = !written;
  if (!written) return;
  const what = { term: words(at.term), name: at.room.name };
  part("term-title").textContent = words("closeTitle", what);
  part("conditions").replaceChildren(
    ...conditions(at, found).map(([ok, says]) => element("li", { class: ok ? "ok" : "open" }, says)),
  );
  part("refused").textContent = "";
  part("closed").replaceChildren();
  part("close-term").hidden = !at.leads;
  part("close-term").textContent = words(written.closed ? "closeAgain" : "closeTerm", what);
  part("close-term").onclick = () => close(at, what);
  promotions(at);
}

function conditions(at, { books, late, written, assessed }) {
  if (at.term === "HE") return [[written.closed, words(written.closed ? "termClosed" : "summerNote")]];
  const open = [...books.values()].filter((one) => !one.locked).length;
  const without = written.pupils.filter((one) => !one.level).length;
  const lacking = at.primary ? (assessed?.pupils ?? []).filter((one) => !one.version).length : without;
  const asked = !at.primary || at.term === "HK2"; // primary is assessed at the end of the year
  return [
    [late.size === 0, words(late.size ? "subjectsLate" : "subjectsFull", { n: late.size })],
    [books.size > 0 && !open, books.size ? words(open ? "booksOpen" : "booksLocked", { n: open }) : words("noPlan")],
    ...(asked ? [[!lacking, words(lacking ? "conductLacks" : "conductFull", { n: lacking })]] : []),
    ...(written.closed ? [[true, words("termClosed")]] : []),
  ];
}

/** Where the law leaves promotion to the principal. */
function promotions(at) {
  const offered = at.leads && ENDS_OF_YEAR.includes(at.term);
  part("promotions").hidden = !offered;
  const of = `${at.room.class_id} ${at.term}`;
  if (!offered || part("promotions").dataset.of === of) return;
  part("promotions").dataset.of = of;
  const choices = ["byTheRules", "promotes", "retains"];
  part("promotions").querySelector("tbody").replaceChildren(
    ...[...at.pupils].map(([pupil, name]) =>
      element(
        "tr",
        {},
        element("th", { scope: "row" }, name),
        element(
          "td",
          {},
          element(
            "select",
            { name: pupil, "aria-label": name },
            ...choices.map((one) => element("option", { value: one }, words(one))),
          ),
        ),
      ),
    ),
  );
}

async function close(at, what) {
  if (!confirm(words("askClose", what))) return;
  const decided = [...part("promotions").querySelectorAll("select")].filter(
    (one) => at.pupils.has(one.name) && one.value !== "byTheRules",
  );
  const body = {
    promotions: decided.map((one) => ({ pupil_id: one.name, promotes: one.value === "promotes" })),
  };
  const path = `v1/classes/${at.room.class_id}/terms/${at.term}/closing`;
  const answer = await command(at.person, "POST", path, body).catch((error) => error);
  if (answer instanceof Error) {
    await at.done("term", "");
    part("refused").textContent = answer.message;
    return;
  }
  await at.done("term", words("closedNow", what));
  part("closed").replaceChildren(...cameTo(at, answer));
}

function cameTo(at, { pupils, study, year_end, waiting }) {
  const counted = { [words("pupilsCounted")]: pupils };
  for (const [code, n] of Object.entries({ ...study, ...year_end })) counted[KNOWN[code] ?? code] = n;
  const names = waiting.map((id) => at.pupils.get(id)).join(", ");
  return [
    element(
      "dl",
      {},
      ...Object.entries(counted).map(([name, n]) =>
        element("div", {}, element("dt", {}, name), element("dd", {}, String(n))),
      ),
    ),
    ...(waiting.length ? [element("p", {}, words("stillWaiting", { n: waiting.length, names }))] : []),
  ];
}
