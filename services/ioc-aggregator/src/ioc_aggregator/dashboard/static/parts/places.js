// The table behind the map: the places in this place by name, or the parts of its number.

import { element, keyed, setAttribute, setNumber, setOptions, setText } from "../dom.js";
import { folded, integer, isShare, tenths } from "../format.js";
import { language, placeName, words, wordsOrNull } from "../text.js";
import { coverageText, figureText, fractionText, stamp } from "./figure.js";
import { ramp } from "./shading.js";

const WORST_IS_LOW = new Set(["N26", "N50", "N62", "N63", "N65", "N651"]);
const FOUND_ELSEWHERE = 12;

export function places(root, { go, href }) {
  const table = root.querySelector("table");
  const body = table.tBodies[0];
  const search = root.querySelector("input[type=search]");
  const by = root.querySelector("select");
  const elsewhere = root.querySelector(".elsewhere");
  let sorting = null;
  let order = [];
  let view = null;

  search.addEventListener("input", () => update(view));
  by.addEventListener("change", () => go({ by: by.value || null }));
  table.tHead.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const column = button.dataset.column;
    const descending = sorting?.column === column ? !sorting.descending : column !== "name";
    sorting = { column, descending };
    order = [];
    update(view);
  });

  function update(next) {
    view = next;
    const item = view?.figures?.get(view.selection.indicator);
    if (!item) return;
    const unit = item.unit.code;
    const parts = view.parts;
    const standing = view.standing(item);
    setAttribute(root, "data-state", standing.state);
    heading(item, parts);
    stamp(root.querySelector(".panel-stamp"), standing, view.now);
    setText(root.querySelector(".panel-coverage"), coverageText(item.number));
    dimensions(item);

    const rows = parts ? partRows(parts, item) : childRows(item);
    const wanted = folded(search.value.trim());
    const shown = arranged(rows, item).filter((row) => folded(row.name).includes(wanted));
    const top = fullBar(rows, unit);
    keyed(body, shown, (row) => row.id, rowNode, (node, row) => fill(node, row, item, top));
    table.style.setProperty("--bar", ramp(item.indicator)[2]);
    table.style.setProperty("--bar-end", ramp(item.indicator)[3]);
    setText(root.querySelector(".rows"), words("found", { n: shown.length }));
    const empty = rows.length ? words("nothingFound") : words("nothingHere");
    setText(root.querySelector(".empty"), shown.length ? "" : empty);
    others(wanted);
    for (const button of table.tHead.querySelectorAll("button")) {
      const chosen = (sorting ?? usual(item)).column === button.dataset.column;
      const direction = (sorting ?? usual(item)).descending ? "descending" : "ascending";
      setAttribute(button.closest("th"), "aria-sort", chosen ? direction : null);
    }
  }

  function heading(item, parts) {
    const kind = view.figures.unit.kind;
    const title = parts ? "breakdown" : kind === "province" ? "communes" : "schools";
    setText(root.querySelector(".title"), words(title));
    setText(root.querySelector(".subject"), item.name[language()]);
    setText(table.caption, `${words(title)}: ${item.name[language()]}, ${placeName(view.figures.unit)}`);
    for (const button of table.tHead.querySelectorAll("button")) {
      setText(button, words(button.dataset.column));
    }
  }

  function dimensions(item) {
    const known = view.catalogue.get(item.indicator)?.dims ?? [];
    const kind = view.figures.unit.kind;
    const own = kind === "school" ? [] : [["", words(kind === "province" ? "communes" : "schools")]];
    const options = known.map((name) => [name, wordsOrNull(`dim.${name}`) ?? name]);
    setOptions(by, [...own, ...options], view.parts?.by ?? "");
    by.hidden = options.length === 0;
  }

  function usual(item) {
    if (view.parts) return { column: "name", descending: false };
    return { column: "value", descending: !WORST_IS_LOW.has(item.indicator) };
  }

  /** Sorted as chosen; but rows do not run away under a pointer or the focus. */
  function arranged(rows, item) {
    const held = order.length > 0 && (body.matches(":hover") || body.contains(document.activeElement));
    const known = new Map(order.map((id, index) => [id, index]));
    if (held && rows.every((row) => known.has(row.id))) {
      return rows.sort((one, other) => known.get(one.id) - known.get(other.id));
    }
    const { column, descending } = sorting ?? usual(item);
    const sorted = rows.sort(comparison(column, descending, item.unit.code));
    order = sorted.map((row) => row.id);
    return sorted;
  }

  function childRows(item) {
    return item.children.map((child) => ({
      id: child.unit_id,
      name: placeName(child),
      short: child.name,
      unit: child.unit_id,
      number: child,
    }));
  }

  function partRows(parts, item) {
    return parts.rows.map((row, index) => {
      const code = row.dims[parts.by];
      return {
        id: `${parts.by}=${code}`,
        name: view.nameOfDimension(parts.by, code),
        rank: index,
        number: {
          schools_reported: item.number.schools_reported,
          schools_expected: item.number.schools_expected,
          ...row,
        },
      };
    });
  }

  function rowNode() {
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, placeLink()),
      element(
        "td",
        { class: "value" },
        element("b"),
        " ",
        element("small"),
        element("span", { class: "bar" }),
      ),
      element("td", { class: "coverage" }),
    );
  }

  /** A true link (it opens in another tab as well), followed without loading the page again. */
  function placeLink() {
    return element("a", {
      onclick: (event) => {
        const { unit } = event.currentTarget.dataset;
        if (!unit || event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        search.value = "";
        go({ unit });
      },
    });
  }

  function pointTo(link, unit, name) {
    setText(link, name);
    setAttribute(link, "data-unit", unit);
    setAttribute(link, "href", unit ? href({ unit }) : null);
  }

  function fill(node, row, item, top) {
    const unit = item.unit.code;
    const [head, value, coverage] = node.children;
    const [figure, fraction, bar] = value.children;
    pointTo(head.firstChild, row.unit, row.name);
    const key = `${item.indicator}/${item.period}/${row.id}`;
    setNumber(figure, key, figureText(row.number, unit));
    const width = top ? share(row.number, unit) / top : 0;
    bar.style.setProperty("--share", Math.min(width, 1).toFixed(3));
    setText(fraction, fractionText(row.number, unit));
    const { schools_reported: n, schools_expected: N } = row.number;
    setText(coverage, `${integer(n)}/${integer(N)}`);
    setAttribute(coverage, "data-none", n === 0 && N > 0 ? "" : null);
  }

  /** At any level, a school of the province can be found by its name. */
  function others(wanted) {
    const here = new Set((view.parts ? [] : order).concat(view.place));
    const found =
      wanted.length < 2
        ? []
        : view.schools
            .filter((school) => !here.has(school.school_id) && folded(school.name).includes(wanted))
            .slice(0, FOUND_ELSEWHERE);
    elsewhere.hidden = found.length === 0;
    keyed(
      elsewhere.querySelector("ul"),
      found,
      (school) => school.school_id,
      () => element("li", {}, placeLink(), element("span")),
      (node, school) => {
        pointTo(node.firstChild, school.school_id, school.name);
        const commune = view.units.get(school.unit_id);
        setText(node.lastChild, commune ? placeName(commune) : "");
      },
    );
  }

  return update;
}

/** How long a row's bar is; null numbers have none. */
function share(number, unit) {
  if (number.suppressed || number.numerator === null) return 0;
  if (!isShare(unit)) return number.numerator;
  return number.denominator ? Number(tenths(number.numerator, number.denominator, unit)) : 0;
}

/** A percentage fills its bar at 100; anything else is compared with the largest. */
function fullBar(rows, unit) {
  if (unit === "percent") return 1000;
  return rows.reduce((most, row) => Math.max(most, share(row.number, unit)), 0);
}

function comparison(column, descending, unit) {
  const collator = new Intl.Collator("vi", { numeric: true });
  const turn = descending ? -1 : 1;
  const byName = (one, other) =>
    one.rank !== undefined ? one.rank - other.rank : collator.compare(one.short, other.short);
  if (column === "name") return (one, other) => turn * byName(one, other);
  const measures = {
    value: (number) => (missing(number, unit) ? null : share(number, unit)),
    coverage: (number) =>
      number.schools_expected ? number.schools_reported / number.schools_expected : null,
  };
  const measure = measures[column];
  return (one, other) => {
    const [first, second] = [measure(one.number), measure(other.number)];
    if (first === null || second === null) {
      return (first === null) - (second === null) || byName(one, other);
    }
    return turn * (first - second) || byName(one, other);
  };
}

function missing(number, unit) {
  if (number.suppressed || number.numerator === null) return true;
  return isShare(unit) ? !number.denominator : !number.schools_expected && !number.numerator;
}
