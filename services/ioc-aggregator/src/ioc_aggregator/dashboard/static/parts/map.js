// The communes as a map: coloured by the chosen indicator, opened by click or keyboard.

import { drawing, element, keyed, setAttribute, setOptions, setText } from "../dom.js";
import { border, isShare, tenths } from "../format.js";
import { language, placeName, words } from "../text.js";
import { coverageText, figureText, fractionText, sentence, stamp } from "./figure.js";
import { borders, classOf, colour, ramp } from "./shading.js";

const WIDTH = 1000;
const PADDING = 8;
const FEW = 24; // so few communes with a number are named even where the name does not fit in
const LETTER = 12.5; // the width of a letter of a name, in the drawing's units
const NO_DATA = "url(#no-data)";
const HIDDEN = "url(#hidden)";

export function map(root, { choose, go, href }) {
  const svg = root.querySelector("svg");
  const land = svg.querySelector(".land");
  const names = svg.querySelector(".names");
  const tip = root.querySelector(".tip");
  const legend = root.querySelector(".legend");
  const indicator = root.querySelector("#indicator");
  const paths = [];
  let view = null;
  let shades = { key: null, found: [] };

  indicator.addEventListener("change", () => choose(indicator.value));

  function draw(features) {
    const project = projection(features);
    setAttribute(svg, "viewBox", `0 0 ${WIDTH} ${project.height}`);
    for (const feature of features) {
      const shape = outline(feature, project);
      const path = drawing("path", { d: shape.d });
      const link = drawing("a", { class: "commune", tabindex: "-1" }, path);
      const entry = { code: feature.properties.code, link, path, ...shape };
      link.addEventListener("click", (event) => open(event, entry));
      link.addEventListener("pointerenter", () => show(entry));
      link.addEventListener("pointerleave", hide);
      link.addEventListener("focus", () => show(entry));
      link.addEventListener("blur", hide);
      link.addEventListener("keydown", (event) => step(event, entry));
      paths.push(entry);
    }
    land.replaceChildren(...paths.map((entry) => entry.link));
    for (const entry of paths) entry.label = drawing("text");
    names.replaceChildren(...paths.map((entry) => entry.label));
    setAttribute(paths[0].link, "tabindex", "0");
  }

  function unitOf(entry) {
    return view.communes.get(entry.code);
  }

  function open(event, entry) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const unit = unitOf(entry);
    if (unit) go({ unit: unit.unit_id });
  }

  function step(event, entry) {
    const direction = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[
      event.key
    ];
    if (event.key === "Enter" || event.key === " ") open(event, entry);
    if (!direction) return;
    event.preventDefault();
    const next = neighbour(entry, direction, paths);
    if (!next) return;
    for (const other of paths) setAttribute(other.link, "tabindex", other === next ? "0" : "-1");
    next.link.focus();
  }

  function show(entry) {
    const item = view?.province?.get(view.selection.indicator);
    const number = item && numberOf(item, unitOf(entry));
    if (!number) return hide();
    const box = root.querySelector(".canvas").getBoundingClientRect();
    const spot = entry.path.getBoundingClientRect();
    const unit = item.unit.code;
    const stampNode = element("span", { class: "stamp" });
    stamp(stampNode, view.standing(item), view.now);
    tip.replaceChildren(
      element("strong", {}, placeName(unitOf(entry))),
      element("span", { class: "value" }, figureText(number, unit)),
      element("span", {}, fractionText(number, unit)),
      element("span", {}, coverageText(number)),
      stampNode,
    );
    tip.hidden = false;
    const middle = spot.left + spot.width / 2 - box.left;
    const half = tip.offsetWidth / 2;
    const left = Math.min(Math.max(middle, half), Math.max(box.width - half, half));
    const above = spot.top - box.top - tip.offsetHeight - 8;
    tip.style.setProperty("left", `${left - half}px`);
    tip.style.setProperty("top", `${above >= 0 ? above : spot.bottom - box.top + 8}px`);
  }

  function hide() {
    tip.hidden = true;
  }

  function numberOf(item, unit) {
    return unit && view.province.children.get(item.indicator).get(unit.unit_id);
  }

  function update(next) {
    view = next;
    if (!paths.length && view.borders) draw(view.borders);
    const item = view.province?.get(view.selection.indicator);
    if (!item || !paths.length) return;
    const standing = view.standing(item);
    setAttribute(root, "data-state", standing.state);
    choices();
    stamp(root.querySelector(".panel-stamp"), standing, view.now);
    setText(root.querySelector(".panel-coverage"), coverageText(item.number));
    shade(item, standing);
    zoom();
  }

  /** Every indicator that a place can have. */
  function choices() {
    const found = [...view.figures.items.values()].filter((item) => item.unit.code !== "moment");
    const options = found.map((item) => [item.indicator, item.name[language()]]);
    setOptions(indicator, options, view.selection.indicator);
  }

  function shade(item, standing) {
    const unit = item.unit.code;
    const numbers = paths.map((entry) => numberOf(item, unitOf(entry)));
    const key = `${item.indicator}/${item.period}/${view.provinceLoads}`;
    if (shades.key !== key) {
      const values = numbers.map((number) => valueOf(number, unit)).filter((value) => value !== null);
      shades = { key, found: borders(values, isShare(unit)), any: values.length > 0 };
    }
    const colours = ramp(item.indicator);
    const classes = shades.found.length + 1;
    paths.forEach((entry, index) => {
      const number = numbers[index];
      const place = unitOf(entry);
      const value = valueOf(number, unit);
      let fill = number?.suppressed ? HIDDEN : NO_DATA;
      if (value !== null) fill = colour(classOf(value, shades.found), classes, colours);
      entry.coloured = value !== null;
      setAttribute(entry.path, "fill", fill);
      setAttribute(entry.link, "href", place ? href({ unit: place.unit_id }) : null);
      setAttribute(entry.link, "aria-current", place?.unit_id === view.commune ? "true" : null);
      const label = number && sentence(placeName(place), number, unit, standing, view.now);
      setAttribute(entry.link, "aria-label", label ?? (place ? placeName(place) : words("noSchool")));
    });
    explain(item, unit, colours, numbers);
  }

  function explain(item, unit, colours, numbers) {
    const classes = shades.found.length + 1;
    const rows = shades.any
      ? Array.from({ length: classes }, (_, index) => ({
          fill: colour(index, classes, colours),
          label: classLabel(index, shades.found, unit),
        }))
      : [];
    if (numbers.some((number) => number?.suppressed)) {
      rows.push({ fill: "hidden", label: words("suppressed") });
    }
    if (numbers.some((number) => !number?.suppressed && valueOf(number, unit) === null)) {
      rows.push({ fill: "no-data", label: words("noSchool") });
    }
    keyed(
      legend,
      rows,
      (row) => row.fill,
      () => element("li", {}, element("i", { "aria-hidden": "true" }), element("span")),
      (node, row) => {
        const pattern = row.fill.startsWith("#") ? null : row.fill;
        setAttribute(node.firstChild, "data-pattern", pattern);
        if (!pattern) node.firstChild.style.setProperty("background", row.fill);
        setText(node.lastChild, row.label);
      },
    );
    const drawn = new Set(paths.map((entry) => unitOf(entry)?.unit_id));
    const outside = item.children.filter((child) => !drawn.has(child.unit_id)).length;
    setText(root.querySelector(".outside"), outside ? words("outside", { n: outside }) : "");
  }

  /** A chosen commune is brought near, its neighbours still around it. */
  function zoom() {
    const height = Number(svg.getAttribute("viewBox").split(" ")[3]);
    let [x, y] = [0, 0];
    const chosen = paths.find((entry) => view.commune && unitOf(entry)?.unit_id === view.commune);
    let transform = "none";
    let scale = 1;
    if (chosen) {
      const { left, right, top, bottom } = chosen.box;
      scale = Math.min(3.2, (0.42 * WIDTH) / (right - left), (0.42 * height) / (bottom - top));
      x = WIDTH / 2 - (scale * (left + right)) / 2;
      y = height / 2 - (scale * (top + bottom)) / 2;
      transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px) scale(${scale.toFixed(3)})`;
    }
    if (land.dataset.transform !== transform) {
      land.dataset.transform = transform;
      land.style.setProperty("transform", transform);
      if (chosen) land.append(chosen.link); // its outline lies over its neighbours'
    }
    write(scale, x, y, chosen);
  }

  /** Names stand where there is room for them; the rest is in the table and under the pointer. */
  function write(scale, x, y, chosen) {
    const written = [];
    const coloured = paths.filter((entry) => entry.coloured);
    const few = coloured.length <= FEW;
    const others = few && !chosen ? coloured : paths;
    for (const entry of paths) if (!others.includes(entry)) setText(entry.label, "");
    for (const entry of chosen ? [chosen, ...others.filter((one) => one !== chosen)] : others) {
      const name = unitOf(entry)?.name ?? "";
      const letter = entry === chosen ? 1.5 * LETTER : LETTER;
      const spot = {
        x: scale * entry.centre[0] + x,
        y: scale * entry.centre[1] + y,
        half: (name.length * letter) / 2,
        high: 2 * letter,
      };
      const room = (entry.box.right - entry.box.left) * scale;
      const free = !written.some((other) => touches(spot, other));
      const fits = 2 * spot.half <= room || (few && entry.coloured);
      const shown = entry === chosen || (fits && free);
      if (shown) written.push(spot);
      setAttribute(entry.label, "x", spot.x.toFixed(1));
      setAttribute(entry.label, "y", spot.y.toFixed(1));
      setAttribute(entry.label, "class", entry === chosen ? "chosen" : null);
      setText(entry.label, shown ? name : "");
    }
  }

  return update;
}

/** What the colour stands for: tenths of a share, or the count; null where there is none. */
function valueOf(number, unit) {
  if (!number || number.suppressed || number.numerator === null) return null;
  if (isShare(unit)) {
    if (!number.denominator) return null;
    return Number(tenths(number.numerator, number.denominator, unit));
  }
  return number.schools_expected || number.numerator ? number.numerator : null;
}

function classLabel(index, found, unit) {
  if (!found.length) return words("oneClass");
  if (index === 0) return `< ${border(BigInt(found[0]), unit)}`;
  if (index === found.length) return `≥ ${border(BigInt(found.at(-1)), unit)}`;
  return `${border(BigInt(found[index - 1]), unit)} – ${border(BigInt(found[index]), unit)}`;
}

/** Longitude and latitude to the drawing's units: true to shape at this latitude. */
function projection(features) {
  const points = features.flatMap((feature) => feature.geometry.coordinates.flat(2));
  const longitudes = points.map((point) => point[0]);
  const latitudes = points.map((point) => point[1]);
  const [west, east] = [Math.min(...longitudes), Math.max(...longitudes)];
  const [south, north] = [Math.min(...latitudes), Math.max(...latitudes)];
  const squeeze = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const scale = (WIDTH - 2 * PADDING) / ((east - west) * squeeze);
  const project = ([longitude, latitude]) => [
    PADDING + (longitude - west) * squeeze * scale,
    PADDING + (north - latitude) * scale,
  ];
  project.height = Math.round((north - south) * scale + 2 * PADDING);
  return project;
}

function outline(feature, project) {
  const rings = feature.geometry.coordinates.flat(1).map((ring) => ring.map(project));
  const all = rings.flat();
  const horizontal = all.map((point) => point[0]);
  const vertical = all.map((point) => point[1]);
  const box = {
    left: Math.min(...horizontal),
    right: Math.max(...horizontal),
    top: Math.min(...vertical),
    bottom: Math.max(...vertical),
  };
  const d = rings
    .map((ring) => `M${ring.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}Z`)
    .join("");
  const largest = rings.reduce((one, other) => (other.length > one.length ? other : one));
  return { d, box, centre: centroid(largest) };
}

function touches(one, other) {
  return (
    Math.abs(one.x - other.x) < one.half + other.half &&
    Math.abs(one.y - other.y) < (one.high + other.high) / 2
  );
}

function centroid(ring) {
  let [area, x, y] = [0, 0, 0];
  for (let at = 0; at < ring.length - 1; at += 1) {
    const [[x1, y1], [x2, y2]] = [ring[at], ring[at + 1]];
    const cross = x1 * y2 - x2 * y1;
    area += cross;
    x += (x1 + x2) * cross;
    y += (y1 + y2) * cross;
  }
  return [x / (3 * area), y / (3 * area)];
}

/** The nearest commune in this direction, those straight ahead before those aside. */
function neighbour(from, [across, down], paths) {
  let best = null;
  let least = Infinity;
  for (const other of paths) {
    const x = other.centre[0] - from.centre[0];
    const y = other.centre[1] - from.centre[1];
    const ahead = x * across + y * down;
    const aside = Math.abs(x * down) + Math.abs(y * across);
    if (other === from || ahead <= 0 || aside > 2 * ahead) continue;
    const distance = ahead + 2 * aside;
    if (distance < least) [best, least] = [other, distance];
  }
  return best;
}
