// The run as data: events by row, nodes by lane, messages as arrows.

const data = JSON.parse(document.getElementById("data").textContent);
const { report, verdict, texts, spans } = data;
const rows = data.events;
const count = rows.at.length;

/** The lane of each node, by name. */
const laneOf = new Map(data.nodes.map((name, lane) => [name, lane]));
/** The lane of the node of each row; -1 for events of no node. */
const laneOfRow = rows.node.map((text) => laneOf.get(texts[text]) ?? -1);

const kindOf = (row) => texts[rows.kind[row]];
const nodeOf = (row) => texts[rows.node[row]];
/** The other node of an event; its own node if there is none. */
const peerOf = (row) => (rows.peer[row] ? texts[rows.peer[row]] : nodeOf(row));
const peerLaneOf = (row) => laneOf.get(peerOf(row)) ?? -1;

/** Groups of events that can be shown or hidden: color, whether shown at first, and kinds of events. */
const GROUPS = {
  messages: { tone: "--message", shown: true, kinds: ["send", "copy", "deliver", "session_send", "session_deliver"] },
  losses: { tone: "--lost", shown: true, kinds: ["drop"] },
  facts: { tone: "--fact", shown: true, kinds: ["fact"] },
  lifecycle: { tone: "--down", shown: true, kinds: ["boot", "crash", "kill", "pause", "resume"] },
  timers: { tone: "--timer", shown: true, kinds: ["timer"] },
  sessions: {
    tone: "--message", shown: true,
    kinds: ["connect", "accept", "refuse", "retransmit", "session_close", "session_reset"],
  },
  disks: { tone: "--timer", shown: true, kinds: ["disk", "disk_crash", "disk_names"] },
  tasks: { tone: "--faint", shown: false, kinds: ["spawn", "poll", "task_end"] },
  faults: { tone: "--cut", shown: true, kinds: ["cut", "heal", "links", "reseed", "call"] },
  views: { tone: "--quiet", shown: false, kinds: [] },
};
const groupOfKind = new Map(Object.entries(GROUPS).flatMap(([group, { kinds }]) => kinds.map((kind) => [kind, group])));
const groupOfRow = rows.kind.map((text) => groupOfKind.get(texts[text]) ?? "faults");

/** The end of the run, the instant of the verdict, and the nodes that it names. */
const endsAt = Math.max(report.ended_at_ns, 1);
const verdictAt = verdict.at_ns;
const suspects = new Set(verdict.nodes);

/** The outcomes of a message. */
const DELIVERED = 0, LOST = 1, UNDER_WAY = 2, ASKED = 3;

/** All messages by the instant of their send. `first` and `last` are rows, or -1 where that event was left out. */
const arrows = buildArrows();
/** For each arrow the latest end of all up to it: arrows that reach into a window are found by a binary search. */
const reach = arrows.map(((latest) => (arrow) => (latest = Math.max(latest, arrow.end)))(0));

function buildArrows() {
  const open = new Map(), asked = new Map(), found = [];
  const between = (from, to, start, end, what, first, last) => {
    if (from >= 0 && to >= 0) found.push({ from, to, start, end, what, first, last });
  };
  for (let row = 0; row < count; row++) {
    const kind = kindOf(row), lane = laneOfRow[row], peer = peerLaneOf(row);
    if (kind === "send" || kind === "copy" || kind === "session_send") {
      open.set(rows.message_id[row], row);
    } else if ((kind === "deliver" || kind === "session_deliver" || kind === "drop") && rows.message_id[row]) {
      const first = open.get(rows.message_id[row]) ?? -1, lost = kind === "drop";
      open.delete(rows.message_id[row]);
      const [from, to] = lost ? [lane, peer] : [peer, lane];
      between(from, to, rows.sent_at[row] - 1, rows.at[row], lost ? LOST : DELIVERED, first, row);
    } else if (kind === "connect") {
      asked.set(`${lane} ${peer} ${rows.session[row]} ${rows.number[row]}`, row);
    } else if (kind === "accept" || kind === "refuse") {
      const first = asked.get(`${peer} ${lane} ${rows.session[row]} ${rows.number[row]}`);
      if (first !== undefined) between(peer, lane, rows.at[first], rows.at[row], ASKED, first, row);
    }
  }
  for (const row of open.values()) between(laneOfRow[row], peerLaneOf(row), rows.at[row], rows.at[row], UNDER_WAY, row, -1);
  return found.sort((one, other) => one.start - other.start);
}

/** The arrow that the event of a row begins or ends. */
const arrowOfRow = new Map(arrows.flatMap((arrow) => [[arrow.first, arrow], [arrow.last, arrow]]).filter(([row]) => row >= 0));

/** The first index of an ascending list whose value is at least `value`. */
function lowerBound(list, value) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle] < value) low = middle + 1; else high = middle;
  }
  return low;
}

/** Calls `each` for every arrow that overlaps the time between two instants. */
function arrowsBetween(from, until, each) {
  for (let place = lowerBound(reach, from); place < arrows.length && arrows[place].start <= until; place++) {
    if (arrows[place].end >= from) each(arrows[place]);
  }
}

/** Calls `each` for every row between two instants. */
function rowsBetween(from, until, each) {
  for (let row = lowerBound(rows.at, from); row < count && rows.at[row] <= until; row++) each(row);
}
