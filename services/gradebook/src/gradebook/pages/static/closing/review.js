// A book before its lock: what is missing, and what somebody should have looked at.

import { command } from "../commands.js";
import { element, get, part } from "../dom.js";
import { words } from "../words.js";

/** Show it, and lock it if somebody wants; give whether it was locked. */
export async function review(at, subject, columns) {
  const dialog = part("review");
  const path = `v1/classes/${at.room.class_id}/books/${subject}/${at.term}`;
  part("review-title").textContent = words("reviewTitle", { name: at.names.get(subject) });
  part("review-message").textContent = "";
  part("lock").hidden = true;
  part("review-found").replaceChildren(element("p", {}, words("loading")));
  const look = async () => {
    const found = await get(path).catch((error) => error);
    if (found instanceof Error) {
      part("review-found").replaceChildren();
      part("review-message").textContent = found.message || words("failed");
      return;
    }
    show(at, subject, columns, found);
  };
  part("lock").onclick = async () => {
    const accepts = [...part("review-found").querySelectorAll(":checked")].map((one) => one.value);
    const failed = await command(at.person, "POST", `${path}/lock`, { accepts }).then(
      () => null,
      (error) => error,
    );
    if (!failed) return dialog.close("locked");
    await look(); // what is missing or unusual may be another thing by now
    part("review-message").textContent = failed.message;
    return null;
  };
  dialog.returnValue = "";
  const closed = new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  dialog.showModal();
  await look();
  await closed;
  return dialog.returnValue === "locked";
}

function show(at, subject, columns, { missing, anomalies }) {
  const titles = new Map(
    columns.map((one) => [one.sheet_id, words(`title-${one.kind}`, { n: one.position })]),
  );
  const line = (sheet, pupils) => {
    const where = sheet ? titles.get(sheet) : words("wholeBook");
    const who = pupils.map((id) => at.pupils.get(id) ?? words("left")).join(", ");
    return element("li", {}, element("strong", {}, where), `: ${who}`);
  };
  const kinds = [...new Set(anomalies.map((one) => one.kind))];
  const accepted = kinds.map((kind) => {
    const box = element("input", { type: "checkbox", value: kind });
    const of = anomalies.filter((one) => one.kind === kind);
    return element(
      "div",
      { class: "anomaly" },
      element("label", { class: "check" }, box, words(`anomaly-${kind}`)),
      element("ul", {}, ...of.map((one) => line(one.sheet_id, one.pupils))),
    );
  });
  part("review-found").replaceChildren(
    ...(missing.length
      ? [
          element("h3", {}, words("stillMissing")),
          element("ul", {}, ...missing.map((one) => line(one.sheet_id, one.pupils))),
        ]
      : [element("p", { class: "ok" }, words("nothingMissing"))]),
    ...(kinds.length
      ? [
          element("h3", {}, words("unusual")),
          element("p", { class: "note" }, words("unusualNote")),
          ...accepted,
        ]
      : [element("p", { class: "ok" }, words("nothingUnusual"))]),
    element("p", {}, element("a", { href: at.book(subject) }, words("openBook"))),
  );
  const boxes = [...part("review-found").querySelectorAll("input")];
  const check = () => {
    part("lock").disabled = missing.length > 0 || boxes.some((one) => !one.checked);
  };
  for (const box of boxes) box.addEventListener("change", check);
  part("lock").hidden = false;
  check();
}
