// Numbers, instants and events in words.

const thousands = (number) => String(number).replace(/\B(?=(\d{3})+(?!\d))/g, ",");

/** An instant or a time in seconds, as reports write it: what is beyond the last digit is cut off. */
function seconds(nanoseconds, digits = 6) {
  const whole = Math.floor(nanoseconds / 1e9), rest = String(nanoseconds - whole * 1e9).padStart(9, "0");
  return `${whole}.${rest.slice(0, digits)}s`;
}

/** A time in the unit that suits it. */
function span(nanoseconds) {
  const units = [[1e9, "s"], [1e6, "ms"], [1e3, "µs"]];
  const [size, unit] = units.find(([size]) => nanoseconds >= size) ?? [1, "ns"];
  return `${Number((nanoseconds / size).toPrecision(3))} ${unit}`;
}

const plural = (number, one, many = `${one}s`) => `${thousands(number)} ${number === 1 ? one : many}`;

/** A label or digest, short enough to be compared by eye. */
const short = (text) => (text ? texts[text].slice(0, 8) : "");

/** What happened, in words, without when. */
function words(row) {
  const kind = kindOf(row), node = nodeOf(row), peer = peerOf(row);
  const label = short(rows.label[row]), number = texts[rows.number[row]], cause = texts[rows.cause[row]];
  const task = texts[rows.task[row]];
  switch (kind) {
    case "boot": return Number(number) ? `${node} boots, life ${number}` : `${node} boots`;
    case "crash": return `${node} crashes`;
    case "kill": return `${node} is killed`;
    case "pause": return `${node} stands still`;
    case "resume": return `${node} goes on`;
    case "send": return `${node} → ${peer} sends ${said(row)}`;
    case "copy": return `${node} → ${peer} the network copies ${said(row)}`;
    case "drop": return `${node} → ${peer} loses ${said(row)} to ${cause}`;
    case "deliver": return `${peer} → ${node} delivers ${said(row)}`;
    case "timer": return task ? `${node} timer of ${task}` : `${node} timer ${number}`;
    case "call": return `${node} is called from outside`;
    case "cut": return spanAt(row, "from_ns", ["cut"]) ?? `cut ${number} begins`;
    case "heal": return spanAt(row, "until_ns", ["cut"]) ?? `cut ${number} heals`;
    case "links": return spanAt(row, "from_ns", ["loss", "links"]) ?? spanAt(row, "until_ns", ["loss", "links"]) ?? `class ${number} of links changes`;
    case "reseed": return `another seed decides from here on`;
    case "spawn": return `${node} spawns ${task}`;
    case "poll": return `${node} polls ${task}, time ${number}`;
    case "task_end": return `${node} ${task} ${cause}`;
    case "connect": return `${node} → ${peer} asks for session ${label}${Number(number) ? `, attempt ${number}` : ""}`;
    case "accept": return `${node} takes session ${label} of ${peer}`;
    case "refuse": return `${node} refuses session ${label} of ${peer}`;
    case "session_send": return `${node} → ${peer} sends message ${number} of session ${label}`;
    case "retransmit": return `${node} → ${peer} sends message ${number} of session ${label} again`;
    case "session_deliver": return `${peer} → ${node} delivers message ${number} of session ${label}`;
    case "session_close": return `${node} → ${peer} finishes session ${label} after ${plural(Number(number), "message")}`;
    case "session_reset": return `${node} — ${peer} session ${label} is gone: ${cause}`;
    case "fact": return `${node} states ${texts[rows.fact[row]]}`;
    default: return `${node} ${kind}`;
  }
}

/** What began or ended in an event, in words, if exactly one thing did. */
function spanAt(row, edge, kinds) {
  const found = spans.filter((span) => span[edge] === rows.at[row] && kinds.includes(span.kind));
  if (found.length !== 1) return undefined;
  return edge === "from_ns" ? found[0].text : `over: ${found[0].text}`;
}

/** What a message says, as far as that is known. */
const said = (row) => short(rows.label[row]);

/** What is to be known of an event, as pairs of a word and what it is. */
function details(row) {
  const known = [["at", seconds(rows.at[row], 9)], ["step", thousands(rows.step[row])]];
  const add = (word, value) => value && known.push([word, value]);
  add("task", texts[rows.task[row]]);
  add("label", texts[rows.label[row]]);
  if (rows.content[row] && rows.content[row] !== rows.label[row]) add("content", texts[rows.content[row]]);
  if (rows.length[row]) add("length", plural(rows.length[row] - 1, "byte"));
  if (rows.viewed[row]) add("view", "may have changed");
  return known;
}

/** What is to be known of a message. */
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
  const what = ["delivered", "lost", "under way", kindOf(row) === "refuse" ? "refused" : "a session, taken"][arrow.what];
  return [`${from} → ${to}  ${what}`, known.concat(rest)];
}
