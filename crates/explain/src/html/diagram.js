// The diagram: faults above, a lane for each node below, time across.

const laneCanvas = document.getElementById("lanes"), axisCanvas = document.getElementById("axis");
const overviewCanvas = document.getElementById("overview");
/** The most arrows drawn at once, apart from losses; the window shows how many are drawn. */
const ARROWS_AT_ONCE = 12000;
/** The arrows and marks drawn last, searched by the pointer. */
let drawnArrows = [], drawnMarks = [];
let tones = {};

/** Fits a canvas to the screen, and returns a pen that draws in page pixels. */
function prepare(canvas, height) {
  const width = canvas.clientWidth || 1000, ratio = window.devicePixelRatio || 1;
  canvas.style.height = `${height}px`;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  pen.font = `11px ${getComputedStyle(document.body).fontFamily}`;
  pen.textBaseline = "middle";
  return { pen, width, height };
}

function readTones() {
  const style = getComputedStyle(document.documentElement);
  const names = ["ground", "surface", "ink", "quiet", "faint", "line", "lane", "message", "lost", "broken", "fact", "timer", "down", "paused",
    "cut", "wash", "select"];
  tones = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

const xOf = (instant, width) => ((placeOf(instant) - scene.from) / (scene.until - scene.from)) * width;

function draw() {
  readTones();
  drawOverview();
  drawFaults();
  drawAxis();
  drawLanes();
}

/** The distance between ticks, rounded to 1, 2 or 5 times a power of ten. */
function tickStep(length, width) {
  const rough = (length / width) * 110, power = 10 ** Math.floor(Math.log10(rough));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
}

function drawAxis() {
  const { pen, width, height } = prepare(axisCanvas, 24);
  const step = tickStep(scene.until - scene.from, width);
  const digits = Math.max(0, Math.min(9, 9 - Math.floor(Math.log10(step))));
  pen.fillStyle = tones.quiet;
  pen.strokeStyle = tones.lane;
  pen.textAlign = "center";
  const hidden = (tick) => idle.some(({ from, until }) => tick > from + step / 4 && tick < until - step / 4);
  const [from, until] = windowInTime();
  let written = -Infinity;
  for (let tick = Math.ceil(Math.max(0, from) / step) * step; tick <= Math.min(until, endsAt * 1.5); tick += step) {
    const gap = idle.find((stretch) => tick > stretch.from && tick < stretch.until - step);
    // Skips an idle stretch at once: it may be many steps long.
    if (gap) tick = Math.floor(gap.until / step) * step;
    const x = Math.round(xOf(tick, width)) + 0.5;
    if (hidden(tick)) continue;
    line(pen, x, height - 5, x, height);
    if (x < 24 || x > width - 24 || x - written < 70 || Math.abs(xOf(verdictAt, width) - x) < 52) continue;
    pen.fillText(`${(tick / 1e9).toFixed(digits)} s`, x, 10);
    written = x;
  }
  if (verdict.passed) return;
  const x = xOf(verdictAt, width), label = verdict.word.toLowerCase(), half = pen.measureText(label).width / 2 + 6;
  if (x < 0 || x > width) return;
  const middle = Math.min(Math.max(x, half + 2), width - half - 2);
  pen.fillStyle = tones.broken;
  pen.beginPath();
  pen.roundRect(middle - half, 3, half * 2, 16, 3);
  pen.fill();
  pen.fillStyle = tones.surface;
  pen.fillText(label, middle, 11.5);
}

function line(pen, x1, y1, x2, y2) {
  pen.beginPath();
  pen.moveTo(x1, y1);
  pen.lineTo(x2, y2);
  pen.stroke();
}

const drawLine = (pen, { x1, y1, x2, y2 }) => line(pen, x1, y1, x2, y2);

const toneOfSpan = { cut: "cut", loss: "cut", links: "cut", down: "down", killed: "down", absent: "down", paused: "paused", network: "cut", node: "paused" };

/** Draws spans in view as bars, each in the first row with room for the bar and its text. */
function drawFaults() {
  const place = document.getElementById("faults"), width = place.clientWidth || 1000;
  const [start, end] = windowInTime();
  place.replaceChildren();
  const outside = { before: spans.filter((span) => (span.until_ns ?? endsAt) < start), after: spans.filter((span) => span.from_ns > end) };
  const measure = laneCanvas.getContext("2d");
  const room = (text) => measure.measureText(text).width + 16;
  const earlier = `◂ ${plural(outside.before.length, "earlier fault")}`, later = `${plural(outside.after.length, "later fault")} ▸`;
  const rowEnds = outside.before.length ? [room(earlier)] : [];
  let inView = 0;
  for (const span of spans) {
    const from = span.from_ns, until = span.until_ns ?? endsAt;
    if (until < start || from > end) continue;
    inView += 1;
    const x1 = Math.max(-4, xOf(from, width)), x2 = Math.min(width + 4, xOf(until, width));
    let row = rowEnds.findIndex((taken) => taken <= x1);
    if (row < 0) row = Math.min(rowEnds.length, BAR_ROWS - 1);
    rowEnds[row] = Math.max(rowEnds[row] ?? 0, x2 + 4, x1 + room(span.text));
    place.append(bar(span, x1, Math.max(3, x2 - x1), row));
  }
  if (outside.before.length) place.append(note("left", earlier, 0, outside.before.at(-1)));
  if (outside.after.length) {
    const free = rowEnds.findIndex((taken) => taken < width - room(later)), row = free < 0 ? rowEnds.length : free;
    rowEnds[row] = width;
    place.append(note("right", later, row, outside.after[0]));
  }
  if (!spans.length) place.append(note("left", "none", 0, null));
  place.style.height = `${Math.max(1, rowEnds.length) * 21 + 8}px`;
  picture.dataset.bands = inView;
}

/** The most rows of bars. */
const BAR_ROWS = 8;

function bar(span, left, width, row) {
  const made = document.createElement("div"), words = document.createElement("span");
  made.className = "band";
  made.dataset.kind = span.kind;
  words.textContent = span.text;
  made.append(words);
  made.style.cssText = `left:${left}px;width:${width}px;top:${row * 21 + 5}px;--tone:var(--${toneOfSpan[span.kind]})`;
  made.onmousemove = (event) => showTip(event, span.text, spanDetails(span));
  made.onmouseleave = hideTip;
  made.onclick = () => lookBetween(span.from_ns, span.until_ns ?? endsAt);
  return made;
}

/** A note that there are faults outside the window; a click moves there. */
function note(side, text, row, span) {
  const made = document.createElement("div");
  made.className = "note";
  made.style.cssText = `${side}:4px;top:${row * 21 + 5}px`;
  made.textContent = text;
  if (span) made.onclick = () => goTo((span.from_ns + (span.until_ns ?? endsAt)) / 2);
  return made;
}

function spanDetails(span) {
  const until = span.until_ns === null ? "the end of the run" : seconds(span.until_ns);
  const known = [["from", seconds(span.from_ns)], ["until", until]];
  if (span.fault !== null) known.push(["effect", data.effects[span.fault]]);
  return known;
}

/** Delivered and lost messages per column of the overview. */
const density = (() => {
  const columns = 400, delivered = new Array(columns).fill(0), lost = new Array(columns).fill(0);
  for (const arrow of arrows) {
    const column = Math.min(columns - 1, Math.floor((placeOf(arrow.end) / endsAtPlace) * columns));
    (arrow.what === LOST ? lost : delivered)[column] += 1;
  }
  return { columns, delivered, lost, most: Math.max(1, ...delivered.map((number, column) => number + lost[column])) };
})();

function drawOverview() {
  const { pen, width, height } = prepare(overviewCanvas, 40);
  const xOfPlace = (place) => ((place - WHOLE.from) / (WHOLE.until - WHOLE.from)) * width, base = height - 7;
  const x = (instant) => xOfPlace(placeOf(instant));
  const broad = (x(endsAt) - x(0)) / density.columns;
  for (let column = 0; column < density.columns; column++) {
    // The square root keeps a single loss visible beside a thousand messages.
    const tall = (number) => (number ? Math.max(2, Math.sqrt(number / density.most) * (base - 3)) : 0);
    const left = x(0) + column * broad, lost = tall(density.lost[column]);
    pen.fillStyle = tones.lane;
    const all = tall(density.delivered[column] + density.lost[column]);
    pen.fillRect(left, base - all, Math.max(1, broad - 0.4), all);
    pen.fillStyle = tones.lost;
    pen.fillRect(left, base - Math.min(lost, all), Math.max(1, broad - 0.4), Math.min(lost, all));
  }
  for (const span of spans) {
    pen.fillStyle = tones[toneOfSpan[span.kind]];
    pen.fillRect(x(span.from_ns), base + 3, Math.max(2, x(span.until_ns ?? endsAt) - x(span.from_ns)), 3);
  }
  const [from, until] = [xOfPlace(scene.from), xOfPlace(scene.until)];
  pen.fillStyle = tones.surface;
  pen.globalAlpha = 0.72;
  pen.fillRect(0, 0, Math.max(0, from), height);
  pen.fillRect(until, 0, Math.max(0, width - until), height);
  pen.globalAlpha = 1;
  pen.strokeStyle = tones.select;
  pen.strokeRect(Math.max(0.5, from), 0.5, Math.max(4, Math.min(until, width - 0.5) - Math.max(0.5, from)), height - 1);
  if (!verdict.passed) {
    pen.fillStyle = tones.broken;
    pen.fillRect(x(verdictAt) - 1, 0, 2, height);
  }
}

function drawLanes() {
  const { pen, width, height } = prepare(laneCanvas, Math.max(laneHeight * scene.lanes.length, 40));
  drawnArrows = [];
  drawnMarks = [];
  drawStretches(pen, width, height);
  pen.strokeStyle = tones.lane;
  for (const lane of scene.lanes) line(pen, Math.max(0, xOf(0, width)), crisp(laneY.get(lane)), Math.min(width, xOf(endsAt, width)), crisp(laneY.get(lane)));
  drawLives(pen, width);
  const left = drawArrows(pen, width);
  drawMarks(pen, width);
  drawPointed(pen);
  drawVerdict(pen, width, height);
  showWindow(left);
}

const crisp = (y) => Math.round(y) + 0.5;

/** Draws what spans all lanes: time outside the run, idle stretches, the recovery phase, and events left out. */
function drawStretches(pen, width, height) {
  pen.fillStyle = tones.wash;
  pen.fillRect(0, 0, Math.max(0, xOf(0, width)), height);
  const end = xOf(endsAt, width);
  if (end < width) pen.fillRect(end, 0, width - end, height);
  pen.textAlign = "center";
  for (const { from, until } of idle) {
    const x1 = xOf(from, width), x2 = xOf(until, width), middle = (x1 + x2) / 2;
    if (x2 < 0 || x1 > width) continue;
    pen.fillStyle = tones.wash;
    pen.fillRect(x1 + 2, 0, x2 - x1 - 4, height);
    pen.save();
    pen.translate(middle, height / 2);
    pen.rotate(-Math.PI / 2);
    pen.fillStyle = tones.quiet;
    if (x2 - x1 > 14) pen.fillText(`nothing happens for ${span(until - from)}`, 0, 0);
    pen.restore();
  }
  if (data.recovery_at_ns !== null && data.recovery_at_ns < endsAt) {
    const x = crisp(xOf(data.recovery_at_ns, width));
    pen.setLineDash([2, 4]);
    pen.strokeStyle = tones.faint;
    line(pen, x, 0, x, height);
    pen.setLineDash([]);
    pen.fillStyle = tones.quiet;
    const words = "faults end, recovery begins", isFar = x > Math.min(width, xOf(verdictAt, width)) - pen.measureText(words).width - 10;
    pen.textAlign = isFar ? "right" : "left";
    pen.fillText(words, isFar ? x - 5 : x + 5, height - 8);
  }
  if (data.left_out && data.left_out.after > 0) {
    const from = xOf(rows.at[data.left_out.after - 1], width), until = xOf(rows.at[data.left_out.after], width);
    hatch(pen, from, 0, until - from, height, tones.lane);
    pen.fillStyle = tones.quiet;
    pen.textAlign = "center";
    pen.fillText(`${plural(data.left_out.events, "event")} left out`, (Math.max(0, from) + Math.min(width, until)) / 2, 12);
  }
}

/** Fills a rectangle with slanting lines. */
function hatch(pen, x, y, width, height, tone) {
  const left = Math.max(-20, x), right = Math.min(laneCanvas.clientWidth + 20, x + width);
  if (right <= left) return;
  pen.save();
  pen.beginPath();
  pen.rect(left, y, right - left, height);
  pen.clip();
  pen.strokeStyle = tone;
  pen.lineWidth = 1;
  pen.globalAlpha *= 0.7;
  pen.beginPath();
  for (let slant = left - height; slant < right; slant += 6) {
    pen.moveTo(slant, y + height);
    pen.lineTo(slant + height, y);
  }
  pen.stroke();
  pen.restore();
}

/** Draws spans of single nodes on their lanes. */
function drawLives(pen, width) {
  const thick = Math.min(laneHeight * 0.5, 20);
  for (const span of spans) {
    const x1 = xOf(span.from_ns, width), x2 = xOf(span.until_ns ?? endsAt, width);
    if (x2 < 0 || x1 > width) continue;
    // Of a cut, the smaller side is drawn as cut off.
    const others = span.others ?? [], side = others.length && others.length < span.nodes.length ? others : span.nodes;
    for (const name of side) {
      const y = laneY.get(laneOf.get(name));
      if (y === undefined) continue;
      const broad = Math.max(2, x2 - x1);
      pen.globalAlpha = 0.16;
      pen.fillStyle = tones[toneOfSpan[span.kind]];
      if (span.kind === "cut") {
        pen.fillRect(x1, y - laneHeight / 2 + 1, broad, laneHeight - 2);
      } else if (span.kind === "paused") {
        pen.globalAlpha = 0.28;
        pen.fillRect(x1, y - thick / 2, broad, thick);
      } else {
        pen.globalAlpha = 1;
        pen.fillStyle = tones.surface;
        pen.fillRect(x1, y - thick / 2, broad, thick);
        hatch(pen, x1, y - thick / 2, broad, thick, tones.down);
      }
      pen.globalAlpha = 1;
    }
  }
}

/** Draws the arrows in view, those of one style in one stroke. Returns how many are in view, lost and drawn. */
function drawArrows(pen, width) {
  const seen = [];
  let lost = 0;
  arrowsBetween(...windowInTime(), (arrow) => {
    if (!isArrowShown(arrow)) return;
    seen.push(arrow);
    if (arrow.what === LOST) lost += 1;
  });
  // Losses are never left out: they are what a reader looks for.
  const every = Math.ceil(seen.length / ARROWS_AT_ONCE);
  const drawn = every > 1 ? seen.filter((arrow, place) => arrow.what === LOST || place % every === 0) : seen;
  const strength = seen.length > 3000 ? 0.25 : seen.length > 800 ? 0.45 : seen.length > 250 ? 0.7 : 0.95;
  const paths = { [DELIVERED]: new Path2D(), [LOST]: new Path2D(), [UNDER_WAY]: new Path2D(), [ASKED]: new Path2D() };
  const dim = new Path2D(), heads = new Path2D(), crosses = new Path2D();
  for (const arrow of drawn) {
    const line = lineOf(arrow, width), out = standsOut(arrow);
    const path = out ? paths[arrow.what] : dim;
    path.moveTo(line.x1, line.y1);
    if (arrow.from === arrow.to) path.quadraticCurveTo((line.x1 + line.x2) / 2, line.y1 - laneHeight * 0.45, line.x2, line.y2);
    else path.lineTo(line.x2, line.y2);
    if (out && seen.length < 3000 && (arrow.what === DELIVERED || arrow.what === ASKED)) addHead(heads, line);
    if (out && arrow.what === LOST) addCross(crosses, line);
    if (out) drawnArrows.push({ ...line, arrow });
  }
  pen.lineWidth = 1;
  stroke(pen, dim, tones.faint, 0.18);
  stroke(pen, paths[DELIVERED], tones.message, strength);
  pen.globalAlpha = strength;
  pen.fillStyle = tones.message;
  pen.fill(heads);
  pen.setLineDash([5, 3]);
  stroke(pen, paths[UNDER_WAY], tones.message, strength * 0.8);
  pen.setLineDash([1, 3]);
  stroke(pen, paths[ASKED], tones.message, strength);
  pen.setLineDash([]);
  stroke(pen, paths[LOST], tones.lost, lost > 1500 ? 0.35 : 0.95);
  pen.lineWidth = 1.6;
  if (lost < 1500) stroke(pen, crosses, tones.lost, 1);
  pen.lineWidth = 1;
  nameLosses(pen);
  const crossed = drawn.filter(({ what }) => what === LOST).length;
  return { seen: seen.length, lost, drawn: drawn.length, crossed };
}

function stroke(pen, path, tone, alpha) {
  pen.globalAlpha = alpha;
  pen.strokeStyle = tone;
  pen.stroke(path);
  pen.globalAlpha = 1;
}

/** The line of an arrow, in pixels. */
function lineOf(arrow, width) {
  const x1 = xOf(arrow.start, width), y1 = laneY.get(arrow.from), y2 = laneY.get(arrow.to);
  const x2 = xOf(arrow.end, width), down = Math.sign(y2 - y1);
  if (arrow.what === UNDER_WAY) return { x1, y1, x2: x1 + 16, y2: y1 + down * Math.min(Math.abs(y2 - y1) / 2, 16) };
  if (arrow.what !== LOST) return { x1, y1, x2, y2 };
  // A message lost when sent gets a short arrow; one lost on arrival nearly reaches its lane.
  if (x2 - x1 < 6) return { x1, y1, x2: x1 + 5, y2: y1 + down * Math.min(Math.abs(y2 - y1) * 0.5, 24) };
  return { x1, y1, x2, y2: y2 - down * Math.min(9, laneHeight / 4) };
}

function addHead(path, { x1, y1, x2, y2 }, long = 7) {
  const angle = Math.atan2(y2 - y1, x2 - x1), wide = 0.36;
  path.moveTo(x2, y2);
  path.lineTo(x2 - long * Math.cos(angle - wide), y2 - long * Math.sin(angle - wide));
  path.lineTo(x2 - long * Math.cos(angle + wide), y2 - long * Math.sin(angle + wide));
  path.closePath();
}

function addCross(path, { x2, y2 }) {
  path.moveTo(x2 - 3.5, y2 - 3.5);
  path.lineTo(x2 + 3.5, y2 + 3.5);
  path.moveTo(x2 - 3.5, y2 + 3.5);
  path.lineTo(x2 + 3.5, y2 - 3.5);
}

/** Reserves boxes for labels, so that they do not overlap. */
function makeRoom() {
  const taken = [];
  return (x, y, width, height) => {
    const free = taken.every((box) => x > box.x + box.width || x + width < box.x || y > box.y + box.height || y + height < box.y);
    if (free) taken.push({ x, y, width, height });
    return free;
  };
}
let hasRoom = makeRoom();

/** Labels lost messages with the cause, where there is room. */
function nameLosses(pen) {
  hasRoom = makeRoom();
  const lost = drawnArrows.filter(({ arrow }) => arrow.what === LOST);
  if (lost.length > 120 || laneHeight < 24) return;
  pen.textAlign = "left";
  pen.fillStyle = tones.lost;
  for (const { x2, y2, arrow } of lost) {
    const kind = texts[rows.loss[arrow.last]], text = kind === "rule" ? texts[rows.cause[arrow.last]] : kind.replaceAll("_", " ");
    if (hasRoom(x2 + 7, y2 - 7, pen.measureText(text).width + 4, 14)) write(pen, text, x2 + 8, y2);
  }
}

function drawMarks(pen, width) {
  const marks = [];
  rowsBetween(...windowInTime(), (row) => {
    if (isMark(row)) marks.push(row);
  });
  const facts = marks.filter((row) => kindOf(row) === "fact");
  const every = Math.ceil(marks.length / 20000);
  marks.forEach((row, place) => {
    if (place % every === 0) drawMark(pen, row, xOf(rows.at[row], width), laneY.get(laneOfRow[row]));
  });
  if (laneHeight < 40 || facts.length > 400) return;
  pen.textAlign = "left";
  pen.fillStyle = tones.fact;
  // From the last one: those are nearest to the verdict.
  for (const row of facts.reverse()) {
    const text = fit(pen, texts[rows.cause[row]], 200), x = xOf(rows.at[row], width) + 7, y = laneY.get(laneOfRow[row]) - 12;
    if (hasRoom(x - 2, y - 6, pen.measureText(text).width + 8, 12)) write(pen, text, x, y);
  }
}

/** Writes text with an outline, so that lines below do not blur it. */
function write(pen, text, x, y) {
  pen.lineWidth = 3;
  pen.lineJoin = "round";
  pen.strokeStyle = tones.surface;
  pen.strokeText(text, x, y);
  pen.fillText(text, x, y);
  pen.lineWidth = 1;
}

/** Truncates text to a width. */
function fit(pen, text, width) {
  if (pen.measureText(text).width <= width) return text;
  let length = Math.min(text.length, 80);
  while (length > 1 && pen.measureText(`${text.slice(0, length)}…`).width > width) length -= 2;
  return `${text.slice(0, length)}…`;
}

function drawMark(pen, row, x, y) {
  const kind = kindOf(row), group = groupOfRow[row], out = scene.marked.size === 0 || scene.marked.has(laneOfRow[row]);
  pen.globalAlpha = out ? 1 : 0.25;
  pen.beginPath();
  if (group === "facts") {
    diamond(pen, x, y - 12 * Math.min(1, laneHeight / 40), 3.5, tones.fact);
    drawnMarks.push({ x, y: y - 12 * Math.min(1, laneHeight / 40), row });
  } else if (group === "lifecycle") {
    drawLife(pen, kind, x, y);
    drawnMarks.push({ x, y, row });
  } else if (scene.shown.has(group) && group !== "messages" && group !== "losses") {
    const tone = { timers: "timer", tasks: "faint", sessions: "message" }[group] ?? "quiet";
    pen.strokeStyle = tones[tone];
    const long = group === "tasks" ? 4 : 7;
    line(pen, crisp(x), y + 1, crisp(x), y + long);
    drawnMarks.push({ x, y: y + 4, row });
  }
  if (rows.view_changed[row] && scene.shown.has("views")) {
    pen.fillStyle = tones.quiet;
    pen.beginPath();
    pen.arc(x, y, 2, 0, 7);
    pen.fill();
    drawnMarks.push({ x, y, row });
  }
  pen.globalAlpha = 1;
}

function diamond(pen, x, y, size, tone) {
  pen.fillStyle = tone;
  pen.beginPath();
  pen.moveTo(x, y - size);
  pen.lineTo(x + size, y);
  pen.lineTo(x, y + size);
  pen.lineTo(x - size, y);
  pen.fill();
}

function drawLife(pen, kind, x, y) {
  pen.fillStyle = tones.surface;
  pen.strokeStyle = tones.ink;
  pen.lineWidth = 1.5;
  if (kind === "boot" || kind === "resume") {
    pen.arc(x, y, 4, 0, 7);
    pen.fill();
    pen.stroke();
  } else if (kind === "pause") {
    line(pen, x - 2, y - 5, x - 2, y + 5);
    line(pen, x + 2, y - 5, x + 2, y + 5);
  } else {
    pen.lineWidth = 2.2;
    line(pen, x - 5, y - 5, x + 5, y + 5);
    line(pen, x - 5, y + 5, x + 5, y - 5);
  }
  pen.lineWidth = 1;
}

function drawVerdict(pen, width, height) {
  if (verdict.passed) return;
  const x = xOf(verdictAt, width);
  if (x < -10 || x > width + 10) return;
  pen.strokeStyle = tones.broken;
  pen.lineWidth = 1.5;
  line(pen, x, 0, x, height);
  pen.lineWidth = 2;
  for (const lane of suspects) {
    if (!laneY.has(lane)) continue;
    pen.beginPath();
    pen.arc(x, laneY.get(lane), 6, 0, 7);
    pen.fillStyle = tones.surface;
    pen.fill();
    pen.stroke();
  }
  pen.lineWidth = 1;
}

/** Highlights the arrow or mark under the pointer, the chosen one, and the message that led to the violation. */
function drawPointed(pen) {
  const chosen = scene.chosen >= 0 ? arrowOfRow.get(scene.chosen) : null, broke = arrowOfRow.get(trigger);
  pen.lineWidth = 2.5;
  for (const line of drawnArrows) {
    if (line.arrow !== broke) continue;
    const head = new Path2D();
    addHead(head, line, 10);
    pen.strokeStyle = pen.fillStyle = tones.broken;
    pen.lineWidth = 2;
    drawLine(pen, line);
    pen.fill(head);
    pen.lineWidth = 2.5;
  }
  for (const { arrow, x1, y1, x2, y2 } of drawnArrows) {
    if (arrow !== chosen && arrow !== scene.pointed?.arrow) continue;
    pen.strokeStyle = arrow.what === LOST ? tones.lost : tones.select;
    drawLine(pen, { x1, y1, x2, y2 });
  }
  pen.lineWidth = 1.5;
  for (const { row, x, y } of drawnMarks) {
    if (row !== scene.chosen && row !== scene.pointed?.row) continue;
    pen.strokeStyle = tones.select;
    pen.beginPath();
    pen.arc(x, y, 8, 0, 7);
    pen.stroke();
  }
  pen.lineWidth = 1;
}

/** The mark or arrow nearest to the pointer; marks win. */
function findAt(x, y) {
  let best = null, least = 7;
  for (const mark of drawnMarks) {
    const away = Math.hypot(mark.x - x, mark.y - y);
    if (away < least) [best, least] = [mark, away];
  }
  if (best) return best;
  least = 5;
  for (const drawn of drawnArrows) {
    const away = distance(x, y, drawn);
    if (away < least) [best, least] = [drawn, away];
  }
  return best;
}

/** The distance of a point from a line, in pixels. */
function distance(x, y, { x1, y1, x2, y2 }) {
  if (x < Math.min(x1, x2) - 6 || x > Math.max(x1, x2) + 6) return Infinity;
  const square = (x2 - x1) ** 2 + (y2 - y1) ** 2 || 1;
  const along = Math.min(1, Math.max(0, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / square));
  return Math.hypot(x - x1 - along * (x2 - x1), y - y1 - along * (y2 - y1));
}
