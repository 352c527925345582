// Writing again what is closed: somebody asks, with a reason and for some hours; a second person
// confirms. It closes again by itself.

import { command } from "./commands.js";
import { element } from "./dom.js";
import { moment, words } from "./words.js";

const HOURS = 24;
const field = (label, input) => element("label", {}, words(label), input);
const option = (value, text) => element("option", { value }, text);

/**
 * Ask what is to be written again, why and how long. `targets`: `[value, text]`, where there is a
 * choice. Gives `{target, body}`, the body of POST …/reopenings; null if nobody wants it any more.
 */
export async function askReopening(title, { reasons, hours }, targets) {
  const target = element("select", {}, ...targets.map(([value, text]) => option(value, text)));
  const code = element("select", {}, ...reasons.map((one) => option(one, words(`reopen-${one}`))));
  const time = element("input", { type: "number", min: 1, max: hours, value: HOURS, required: "" });
  const reason = element("input", { maxlength: 500, autocomplete: "off" });
  code.addEventListener("change", () => (reason.required = code.value === "other"));
  const heading = element("h2", { id: "reopening-title" }, title);
  const form = element(
    "form",
    { method: "dialog" },
    heading,
    element("p", {}, words("reopenNote")),
    ...(targets.length > 1 ? [field("column", target)] : []),
    field("reason", code),
    field("inWords", reason),
    field("hours", time),
    element(
      "p",
      { class: "buttons" },
      element("button", { value: "send" }, words("sendRequest")),
      element("button", { value: "", formnovalidate: "" }, words("cancel")),
    ),
  );
  const dialog = element("dialog", { "aria-labelledby": heading.id }, form);
  document.body.append(dialog);
  const closed = new Promise((resolve) => dialog.addEventListener("close", resolve));
  dialog.showModal();
  await closed;
  dialog.remove();
  if (dialog.returnValue !== "send") return null;
  const body = { hours: Number(time.value), reason_code: code.value };
  if (reason.value.trim()) body.reason = reason.value.trim();
  return { target: target.value, body };
}

/**
 * A request that waits, and the answers to it; to whoever asked it says that a second person is
 * needed. `decided(error)` is called after the answer, with an Error if it was refused.
 */
export function pending(one, person, decided) {
  const opinion = element("input", { maxlength: 500, autocomplete: "off" });
  const answer = (key, confirm) =>
    element(
      "button",
      {
        type: "button",
        onclick: async () => {
          const body = { confirm };
          if (opinion.value.trim()) body.reason = opinion.value.trim();
          const path = `v1/reopenings/${one.reopening_id}/decision`;
          await command(person, "POST", path, body).then(() => decided(), decided);
        },
      },
      words(key),
    );
  const own = one.requested_by === person.subject;
  return element(
    "div",
    { class: "pending" },
    element("p", {}, told(one, person)),
    ...(own
      ? [element("p", { class: "note" }, words("secondPerson"))]
      : [
          field("opinion", opinion),
          element("p", { class: "buttons" }, answer("confirmReopening", true), answer("reject", false)),
        ]),
  );
}

function told(one, person) {
  const by =
    one.requested_by === person.subject
      ? words("byYou")
      : words("byStaff", { id: one.requested_by.slice(-6) });
  const why = [words(`reopen-${one.reason_code}`), one.reason].filter(Boolean).join(": ");
  return words("asksReopening", { by, hours: one.hours, why, at: moment(one.requested_at) });
}
