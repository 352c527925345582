// Asks why cells that had a mark are changed; one reason may serve for those that follow, too.

import { element, part } from "../dom.js";
import { words } from "../words.js";

export class Reasons {
  #kept = null;

  constructor(codes) {
    part("reasons").querySelector("select").replaceChildren(
      ...codes.map((code) => element("option", { value: code }, words(`reason-${code}`))),
    );
    const form = part("reasons").querySelector("form");
    const check = () => {
      form.words.required = form.code.value === "other";
    };
    form.code.addEventListener("change", check);
    check();
  }

  /** Give {code, reason} for so many cells, or null if whoever was asked decides later. */
  async ask(count) {
    if (this.#kept) return this.#kept;
    const dialog = part("reasons");
    if (dialog.open) return null;
    const form = dialog.querySelector("form");
    part("reasons-title").textContent = words("reasonTitle", { n: count });
    form.words.value = "";
    form.keep.checked = false;
    dialog.returnValue = "";
    const closed = new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
    dialog.showModal();
    await closed;
    if (dialog.returnValue !== "save") return null;
    const given = { code: form.code.value, reason: form.words.value.trim() || null };
    if (form.keep.checked) this.#kept = given;
    return given;
  }
}
