// The view of the diagram: the window of time, the lanes and the groups of events that are shown.

/** The most lanes shown before the reader asks for all. */
const LANES_AT_FIRST = 24;
/** Messages before the verdict in the first window, and the most in it if that brings the fault before it into view. */
const ARROWS_AT_FIRST = 70, ARROWS_WITH_FAULT = 500;

/** Long idle stretches of the run, drawn short to leave room for the rest. */
const idle = findIdle();

function findIdle() {
  const instants = [0, endsAt, verdictAt, ...spans.flatMap((span) => [span.from_ns, span.until_ns ?? endsAt])];
  const long = endsAt * 0.12, short = endsAt * 0.02, found = [];
  // Merges both lists in order of time.
  instants.sort((one, other) => one - other);
  let last = 0, other = 0;
  const happens = (instant) => {
    if (instant - last > long) found.push({ from: last, until: instant, short });
    last = Math.max(last, instant);
  };
  for (const instant of rows.at) {
    while (other < instants.length && instants[other] <= instant) happens(instants[other++]);
    happens(instant);
  }
  while (other < instants.length) happens(instants[other++]);
  return found;
}

/** The place of an instant: its time with idle stretches shortened. Windows are measured in places. */
function placeOf(instant) {
  let place = instant;
  for (const { from, until, short } of idle) {
    if (instant <= from) break;
    place -= (Math.min(instant, until) - from) * (1 - short / (until - from));
  }
  return place;
}

/** The instant at a place. */
function instantOf(place) {
  let saved = 0;
  for (const { from, until, short } of idle) {
    if (place <= from - saved) break;
    if (place < from - saved + short) return from + ((place - from + saved) / short) * (until - from);
    saved += until - from - short;
  }
  return place + saved;
}

const endsAtPlace = placeOf(endsAt);
/** The whole run, with some room. */
const WHOLE = { from: -endsAtPlace * 0.01, until: endsAtPlace * 1.02 };

const scene = {
  ...windowAtFirst(),
  shown: new Set(Object.keys(GROUPS).filter((group) => GROUPS[group].shown)),
  /** The lanes that are shown, in order. */
  lanes: [],
  /** The lanes whose messages are highlighted; empty for all. */
  marked: new Set(),
  /** The row that was chosen, or -1. */
  chosen: -1,
  /** The arrow or row under the pointer. */
  pointed: null,
};

/** The row of the event that began the violating step, at best a delivery, or -1: no step breaks an `eventually`. */
const trigger = (() => {
  const rule = report.violations[0]?.rule, check = report.checks.find(({ name }) => name === rule);
  if (verdict.step === null || rule !== undefined && (!check || check.kind === "eventually")) return -1;
  const step = [];
  for (let row = lowerBound(rows.at, verdictAt); row < count && rows.at[row] === verdictAt; row++) {
    const acts = !suspects.size || suspects.has(laneOfRow[row]);
    if (rows.step[row] === verdict.step && acts && laneOfRow[row] >= 0) step.push(row);
  }
  return step.find((row) => kindOf(row).endsWith("deliver")) ?? step[0] ?? -1;
})();

/** The last span with an effect that began before the verdict. */
function lastCause() {
  const effective = spans.filter((span) => span.from_ns <= verdictAt && (span.fault === null || report.faults[span.fault].effect > 0));
  return effective.at(-1);
}

/** The first window: the verdict and what led to it. */
function windowAtFirst() {
  const starts = arrows.map((arrow) => arrow.start);
  const before = arrows.filter((arrow) => arrow.end <= verdictAt && arrow.what !== UNDER_WAY);
  before.sort((one, other) => one.end - other.end);
  const last = before.slice(-ARROWS_AT_FIRST).map((arrow) => arrow.start).sort((one, other) => one - other);
  // A few very slow messages do not widen the window.
  let from = before.length > ARROWS_AT_FIRST ? last[Math.floor(last.length * 0.06)] : 0;
  const cause = lastCause(), number = lowerBound(starts, verdictAt) - lowerBound(starts, cause?.from_ns ?? 0);
  if (cause && number <= ARROWS_WITH_FAULT) from = Math.min(from, cause.from_ns);
  const middle = placeOf(verdictAt), length = Math.max(middle - placeOf(from), endsAt / 1e6, 1000);
  // The verdict is in the middle, unless nothing comes after it.
  const after = Math.min(length, Math.max(0, endsAtPlace - middle)) + length * 0.08;
  return { from: middle - length * 1.05, until: middle + after };
}

/** The lanes shown first: nodes that the verdict names, nodes under faults, and those that exchange most messages with them. */
function involved() {
  const weights = new Map();
  const add = (lane, weight) => weights.set(lane, (weights.get(lane) ?? 0) + weight);
  suspects.forEach((lane) => add(lane, 1e12));
  const [start, end] = windowInTime();
  for (const { nodes, others, from_ns, until_ns } of spans) {
    if (from_ns <= end && (until_ns ?? endsAt) >= start) {
      for (const name of nodes.concat(others ?? [])) if (laneOf.has(name)) add(laneOf.get(name), 1e6 / nodes.length);
    }
  }
  arrowsBetween(start, end, ({ from, to }) => {
    const weight = suspects.has(from) || suspects.has(to) ? 100 : 1;
    add(from, weight), add(to, weight);
  });
  const ranked = [...weights].sort(([one, first], [other, second]) => second - first || one - other);
  return new Set(ranked.slice(0, LANES_AT_FIRST).map(([lane]) => lane));
}

/** Shows the nodes whose names contain one of the words, or all if there is no word. */
function showLanes(text) {
  const wanted = text.split(/[\s,]+/).filter(Boolean);
  const all = [...data.nodes.keys()];
  scene.lanes = all.filter((lane) => wanted.some((word) => data.nodes[lane].includes(word)));
  if (!wanted.length) scene.lanes = all;
  if (!wanted.length && all.length > LANES_AT_FIRST && !scene.allLanes) {
    const some = involved();
    scene.lanes = all.filter((lane) => some.size === 0 ? lane < LANES_AT_FIRST : some.has(lane));
  }
  placeLanes();
}

/** The middle of each lane, in pixels from the top. */
const laneY = new Map();
let laneHeight = 48;

function placeLanes() {
  laneHeight = Math.max(16, Math.min(72, Math.floor(520 / Math.max(1, scene.lanes.length))));
  // Browsers limit the height of a canvas.
  if (laneHeight * scene.lanes.length > 8000) laneHeight = 8000 / scene.lanes.length;
  laneY.clear();
  scene.lanes.forEach((lane, place) => laneY.set(lane, (place + 0.5) * laneHeight));
}

/** The first and last instant of the window. */
const windowInTime = () => [instantOf(scene.from), instantOf(scene.until)];

/** Shows the time between two instants, with room on both sides. */
function lookBetween(from, until) {
  const [first, last] = [placeOf(from), placeOf(until)], room = (last - first) * 0.15;
  look(first - room, last + room);
}

/** Moves the window of time. */
function look(from, until) {
  const length = Math.min(Math.max(until - from, 100), (WHOLE.until - WHOLE.from) * 1.2);
  const middle = (from + until) / 2;
  const inside = Math.min(Math.max(middle, 0), endsAtPlace);
  scene.from = inside - length / 2;
  scene.until = inside + length / 2;
  draw();
}

/** Zooms by a factor around a place. */
function zoom(factor, around = (scene.from + scene.until) / 2) {
  const from = around - (around - scene.from) * factor;
  look(from, from + (scene.until - scene.from) * factor);
}

/** Centers the window on an instant, without zooming. */
function goTo(instant) {
  const half = (scene.until - scene.from) / 2, place = placeOf(instant);
  look(place - half, place + half);
}

/** Whether an arrow is shown: its group and both its lanes are. */
function isArrowShown({ from, to, what }) {
  const group = what === LOST ? "losses" : what === ASKED ? "sessions" : "messages";
  return scene.shown.has(group) && laneY.has(from) && laneY.has(to);
}

/** Whether an arrow is highlighted. */
const standsOut = ({ from, to }) => scene.marked.size === 0 || scene.marked.has(from) || scene.marked.has(to);

/** Whether an event is drawn as a mark: messages are arrows, and faults are bars. */
function isMark(row) {
  const group = groupOfRow[row];
  if (!laneY.has(laneOfRow[row]) || group === "faults" && kindOf(row) !== "call") return false;
  if (rows.view_changed[row] && scene.shown.has("views")) return true;
  return group !== "messages" && group !== "losses" && scene.shown.has(group);
}
