// A block of cells as spreadsheets copy it: tabs between cells, a line for each row (RFC 4180's
// quotes where a cell holds a tab, a quote or a line's end).

/** Take the text of the clipboard apart into rows of cells. */
export function parse(text) {
  const rows = [[""]];
  const put = (more) => (rows.at(-1)[rows.at(-1).length - 1] += more);
  for (let at = 0; at < text.length; at += 1) {
    const sign = text[at];
    if (sign === '"' && rows.at(-1).at(-1) === "") at = quoted(text, at + 1, put);
    else if (sign === "\t") rows.at(-1).push("");
    else if (sign === "\n" || sign === "\r") {
      if (sign === "\r" && text[at + 1] === "\n") at += 1;
      rows.push([""]);
    } else put(sign);
  }
  if (rows.length > 1 && rows.at(-1).join("") === "") rows.pop(); // a spreadsheet ends every line
  return rows;
}

function quoted(text, from, put) {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] !== '"') put(text[at]);
    else if (text[at + 1] === '"') put(text[(at += 1)]);
    else return at;
  }
  return text.length;
}

export const join = (rows) => rows.map((row) => row.join("\t")).join("\n");

const plain = (text) => text.normalize("NFC").toLowerCase().replace(/\s+/g, " ").trim();

/**
 * A block that brings the names along goes by them, whatever its order: `{rows: [[at, texts]],
 * left}`, where `at` counts the pupils, `texts` is what stood behind the name, and `left` is what
 * belongs to nobody or to two of the same name. Null: it holds no names, and goes by its place.
 */
export function byName(block, names) {
  const places = new Map();
  for (const [at, name] of names.entries()) {
    places.set(plain(name), places.has(plain(name)) ? null : at);
  }
  const found = nameColumn(block, places);
  if (!found) return null;
  const rows = [];
  const left = [];
  for (const [line, row] of block.entries()) {
    const name = nameIn(row, found);
    const texts = row.slice(found.column + found.width);
    const at = places.get(plain(name));
    const heading = line === 0 && at === undefined && !texts.some((text) => /^\s*\d/.test(text));
    if (Number.isInteger(at)) rows.push([at, texts]);
    else if (!heading && texts.some((text) => text.trim())) left.push([name, ...texts].join(" "));
  }
  return { rows, left };
}

const nameIn = (row, { column, width }) => row.slice(column, column + width).join(" ");

/** Which column holds the names of most rows, or which two (họ đệm and tên). */
function nameColumn(block, places) {
  const wide = Math.max(...block.map((row) => row.length));
  for (let column = 0; column < wide; column += 1) {
    for (const width of [1, 2]) {
      const known = block.filter((row) => places.has(plain(nameIn(row, { column, width }))));
      if (2 * known.length >= block.length && known.length) return { column, width };
    }
  }
  return null;
}
