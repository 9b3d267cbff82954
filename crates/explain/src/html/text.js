// Numbers, instants and events as text.

const thousands = (number) => String(number).replace(/\B(?=(\d{3})+(?!\d))/g, ",");

/** An instant or a duration in seconds, truncated as reports write it. */
function seconds(nanoseconds, digits = 6) {
  const whole = Math.floor(nanoseconds / 1e9), rest = String(nanoseconds - whole * 1e9).padStart(9, "0");
  return `${whole}.${rest.slice(0, digits)}s`;
}

/** A duration in its largest fitting unit. */
function span(nanoseconds) {
  const units = [[1e9, "s"], [1e6, "ms"], [1e3, "µs"]];
  const [size, unit] = units.find(([size]) => nanoseconds >= size) ?? [1, "ns"];
  return `${Number((nanoseconds / size).toPrecision(3))} ${unit}`;
}

const plural = (number, one, many = `${one}s`) => `${thousands(number)} ${number === 1 ? one : many}`;

/** The sentence of an event, from the templates of the reports. */
const sentence = (row) => data.sentences[texts[rows.sentence[row]]].replace(/\{(\w+)\}/g, (_, part) => texts[rows[part][row]]);

/** The details of an event, as pairs of a label and a value. */
function details(row) {
  const known = [["at", seconds(rows.at[row], 9)], ["step", thousands(rows.step[row])]];
  const add = (word, value) => value && known.push([word, value]);
  add("task", texts[rows.task[row]]);
  add("message", texts[rows.text[row]]);
  add("label", texts[rows.label[row]]);
  if (rows.content[row] && rows.content[row] !== rows.label[row]) add("content", texts[rows.content[row]]);
  if (rows.bytes[row]) add("length", plural(rows.bytes[row] - 1, "byte"));
  if (rows.view_changed[row]) add("view", "may have changed");
  return known;
}

/** The title and the details of a message. */
function arrowDetails(arrow) {
  const [from, to] = [data.nodes[arrow.from], data.nodes[arrow.to]];
  const known = [["sent", `${seconds(arrow.start, 9)}`]];
  const row = arrow.last >= 0 ? arrow.last : arrow.first;
  if (arrow.first >= 0) known.push(["in step", thousands(rows.step[arrow.first])]);
  if (arrow.what === DELIVERED) known.push(["arrived", `${seconds(arrow.end, 9)}, after ${span(arrow.end - arrow.start)}`]);
  if (arrow.what === LOST) known.push(["lost", arrow.end > arrow.start ? `${seconds(arrow.end, 9)}, on arrival` : "when it was sent"]);
  if (arrow.what === LOST) known.push(["to", texts[rows.cause[arrow.last]]]);
  if (arrow.last >= 0) known.push(["in step", thousands(rows.step[arrow.last])]);
  const rest = details(row).filter(([word]) => word !== "at" && word !== "step" && word !== "view");
  const what = ["delivered", "lost", "in flight", kindOf(row) === "refuse" ? "session refused" : "session accepted"][arrow.what];
  return [`${from} → ${to}  ${texts[rows.message[row]]}  ${what}`, known.concat(rest)];
}
