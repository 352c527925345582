// Everything that ever happened to one cell, as GET /v1/pupils/{id}/scores tells it.

import { element, get, part } from "../dom.js";
import { moment, words } from "../words.js";
import { write } from "./marks.js";

export async function showHistory(pupil, column, person) {
  const { subject, term, sheet_id: sheet } = column;
  part("past-title").textContent = words("historyOf", { pupil: pupil.name, column: column.title });
  part("changes").replaceChildren(element("li", {}, words("loading")));
  part("past").showModal();
  const found = await get(`v1/pupils/${pupil.pupil_id}/scores`, { subject, term }).catch(
    (error) => error,
  );
  if (found instanceof Error) {
    const says = found.message || words(found.offline ? "offline" : "failed");
    part("changes").replaceChildren(element("li", {}, says));
    return;
  }
  const changes = found.columns.find((one) => one.sheet_id === sheet)?.history ?? [];
  part("changes").replaceChildren(
    ...[...changes].reverse().map((one) => line(one, person)),
    ...(changes.length ? [] : [element("li", {}, words("noHistory"))]),
  );
}

function line(change, person) {
  const before = write({ score: change.before, state: change.before_state }) || words("empty");
  const after = write({ score: change.after, state: change.after_state });
  const deleted = write({ score: change.value_before_deletion });
  const who =
    change.by === person.subject ? words("byYou") : words("byStaff", { id: change.by.slice(-6) });
  const why = change.reason_code
    ? words("because", {
        reason: [words(`reason-${change.reason_code}`), change.reason].filter(Boolean).join(": "),
      })
    : "";
  return element(
    "li",
    {},
    element("strong", {}, words(`what-${change.what}`, { before, after, deleted })),
    element("span", {}, `${moment(change.at)} · ${who}`),
    element("span", {}, why),
  );
}
