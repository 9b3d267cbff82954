// What is looked at: the window of time, the nodes and the kinds of events that are shown.

/** At most this many lanes are shown before somebody asks for more. */
const LANES_AT_FIRST = 24;
/** At first as many messages before the verdict are in view, and at most so many more to see the fault before it. */
const ARROWS_AT_FIRST = 70, ARROWS_WITH_FAULT = 500;
/** The whole run, with some room. */
const WHOLE = { from: -endsAt * 0.01, until: endsAt * 1.02 };

const scene = {
  ...windowAtFirst(),
  shown: new Set(Object.keys(GROUPS).filter((group) => GROUPS[group].shown)),
  /** The lanes that are shown, in order. */
  lanes: [],
  /** The nodes of which only messages are to stand out. */
  marked: new Set(),
  /** The row that was chosen, or -1. */
  chosen: -1,
  /** What is under the pointer: an arrow or a row. */
  pointed: null,
};

/** The last thing that was in force before the verdict and had an effect. */
function lastCause() {
  const effective = spans.filter((span) => span.from_ns <= verdictAt && (span.fault === null || report.faults[span.fault].effect > 0));
  return effective.at(-1);
}

/** The verdict and what led to it. */
function windowAtFirst() {
  const starts = arrows.map((arrow) => arrow.start);
  const before = lowerBound(starts, verdictAt);
  let from = before > ARROWS_AT_FIRST ? starts[before - ARROWS_AT_FIRST] : 0;
  const cause = lastCause();
  if (cause && before - lowerBound(starts, cause.from_ns) <= ARROWS_WITH_FAULT) from = Math.min(from, cause.from_ns);
  const length = Math.max(verdictAt - from, endsAt / 1e6, 1000);
  // In the middle, unless nothing comes after it.
  const after = Math.min(length, Math.max(0, endsAt - verdictAt)) + length * 0.08;
  return { from: verdictAt - length * 1.05, until: verdictAt + after };
}

/** The nodes whose story this is: those that the verdict names, those that something was done to, those that speak most with them. */
function involved() {
  const weights = new Map();
  const add = (lane, weight) => weights.set(lane, (weights.get(lane) ?? 0) + weight);
  suspects.forEach((lane) => add(lane, 1e12));
  for (const { nodes, others, from_ns, until_ns } of spans) {
    if (from_ns <= scene.until && (until_ns ?? endsAt) >= scene.from) {
      for (const name of nodes.concat(others ?? [])) if (laneOf.has(name)) add(laneOf.get(name), 1e6 / nodes.length);
    }
  }
  arrowsBetween(scene.from, scene.until, ({ from, to }) => {
    const weight = suspects.has(from) || suspects.has(to) ? 100 : 1;
    add(from, weight), add(to, weight);
  });
  const ranked = [...weights].sort(([one, first], [other, second]) => second - first || one - other);
  return new Set(ranked.slice(0, LANES_AT_FIRST).map(([lane]) => lane));
}

/** Shows the nodes whose names contain one of the words, or all where there is none. */
function showLanes(text) {
  const wanted = text.split(/[\s,]+/).filter(Boolean);
  const all = [...data.nodes.keys()];
  scene.lanes = all.filter((lane) => wanted.some((word) => data.nodes[lane].includes(word)));
  if (!wanted.length) scene.lanes = all;
  if (!wanted.length && all.length > LANES_AT_FIRST && !scene.everybody) {
    const some = involved();
    scene.lanes = all.filter((lane) => some.size === 0 ? lane < LANES_AT_FIRST : some.has(lane));
  }
  placeLanes();
}

/** Where each lane is, in pixels from the top. */
const laneY = new Map();
let laneHeight = 48;

function placeLanes() {
  laneHeight = Math.max(16, Math.min(72, Math.floor(520 / Math.max(1, scene.lanes.length))));
  // A canvas has an end.
  if (laneHeight * scene.lanes.length > 8000) laneHeight = 8000 / scene.lanes.length;
  laneY.clear();
  scene.lanes.forEach((lane, place) => laneY.set(lane, (place + 0.5) * laneHeight));
}

/** Looks at another window of time. */
function look(from, until) {
  const length = Math.min(Math.max(until - from, 100), (WHOLE.until - WHOLE.from) * 1.2);
  const middle = (from + until) / 2;
  const inside = Math.min(Math.max(middle, 0), endsAt);
  scene.from = inside - length / 2;
  scene.until = inside + length / 2;
  draw();
}

/** Looks closer, by a factor, around an instant. */
function zoom(factor, around = (scene.from + scene.until) / 2) {
  const from = around - (around - scene.from) * factor;
  look(from, from + (scene.until - scene.from) * factor);
}

/** Goes to an instant, without looking closer. */
function goTo(instant) {
  const half = (scene.until - scene.from) / 2;
  look(instant - half, instant + half);
}

/** Whether an arrow is to be seen, by what became of it and who sent it. */
function isArrowShown({ from, to, what }) {
  const group = what === LOST ? "losses" : what === ASKED ? "sessions" : "messages";
  return scene.shown.has(group) && laneY.has(from) && laneY.has(to);
}

/** Whether an arrow is one of those that are to stand out. */
const standsOut = ({ from, to }) => scene.marked.size === 0 || scene.marked.has(from) || scene.marked.has(to);

/** Whether an event is drawn as a mark of its own: messages are arrows, and faults are bands. */
function isMark(row) {
  const group = groupOfRow[row];
  if (!laneY.has(laneOfRow[row]) || group === "faults" && kindOf(row) !== "call") return false;
  if (rows.viewed[row] && scene.shown.has("views")) return true;
  return group !== "messages" && group !== "losses" && scene.shown.has(group);
}
