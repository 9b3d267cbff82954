// The page around the diagram: verdict, hints, lists, tables, and input.

const picture = document.getElementById("picture"), tip = document.getElementById("tip");
const at = (id) => document.getElementById(id);

/** Creates an element with attributes and children. */
function element(name, attributes = {}, ...inside) {
  const made = Object.assign(document.createElement(name), attributes);
  made.append(...inside);
  return made;
}

function showVerdict() {
  at("word").textContent = verdict.word;
  at("word").classList.toggle("held", verdict.passed);
  at("scenario").textContent = report.scenario;
  at("sentence").textContent = verdict.sentence;
  const facts = [["seed", data.seed], ["digest", report.digest], ["ended", seconds(report.ended_at_ns)], ["steps", thousands(report.steps)]];
  at("facts").append(...facts.map(([word, value]) => element("div", {}, element("dt", {}, word), element("dd", {}, value))));
  if (data.replay !== null) {
    at("replay").hidden = false;
    at("replay").querySelector("code").textContent = data.replay;
    at("replay").querySelector("button").onclick = () => navigator.clipboard?.writeText(data.replay);
  }
}

/** Adds a hint: a label, and text with links to instants. */
function hint(label, ...parts) {
  const inside = parts.map((part) => {
    if (typeof part === "string") return part;
    const [text, from, until] = part;
    return element("a", { onclick: () => (until === undefined ? goTo(from) : lookBetween(from, until)) }, text);
  });
  at("hints").append(element("li", {}, element("span", { className: "label" }, label), element("span", {}, ...inside)));
}

/** When the message of a delivery was sent, as text. */
function sentBy(row) {
  const arrow = arrowOfRow.get(row);
  return arrow && arrow.last === row ? `, sent at ${seconds(arrow.start)}, ${span(arrow.end - arrow.start)} before` : "";
}

/** Shows where to look first: faults in force, the last loss, views and last facts of the nodes. */
function showHints() {
  if (verdict.passed) return;
  report.violations.slice(1).forEach((violation) => hint("Also broken", `“${violation.rule}” at ${seconds(violation.at_ns)} ${violation.message}`));
  if (trigger >= 0) hint("In that step", [sentence(trigger), rows.at[trigger]], sentBy(trigger));
  const isOpen = (span) => span.from_ns <= verdictAt && (span.until_ns ?? Infinity) > verdictAt;
  const link = (span) => [span.text, span.from_ns, span.until_ns ?? endsAt];
  const effectOf = (span) => span.fault === null ? "" : `, ${data.effects[span.fault]}`;
  const open = spans.filter(isOpen), over = spans.filter((span) => (span.until_ns ?? Infinity) <= verdictAt);
  for (const span of open.slice(-3)) hint("In force", link(span), `, since ${seconds(span.from_ns, 3)}${effectOf(span)}`);
  const last = over.filter((span) => span.fault === null || report.faults[span.fault].effect > 0).at(-1);
  if (last) hint("Before that", link(last), `, ${seconds(last.from_ns, 3)} to ${seconds(last.until_ns, 3)}${effectOf(last)}`);
  if (!spans.length) hint("Faults", "none was in force");
  const lost = arrows.filter((arrow) => arrow.what === LOST && arrow.end <= verdictAt);
  const near = lost.filter((arrow) => suspects.has(arrow.from) || suspects.has(arrow.to)).at(-1) ?? lost.at(-1);
  if (near) {
    const text = `${data.nodes[near.from]} → ${data.nodes[near.to]} ${texts[rows.message[near.last]]}`;
    hint("Last lost", [text, near.end], ` at ${seconds(near.end)}, to ${texts[rows.cause[near.last]]}; ${plural(lost.length, "message")} lost before the verdict`);
  }
  for (const view of data.views) {
    if (!suspects.has(laneOf.get(view.node))) continue;
    hint("View", [`${view.node} since ${seconds(view.since_ns)}`, view.since_ns], `: ${view.text}${view.before ? `, before: ${view.before}` : ""}`);
  }
  const facts = [];
  rowsBetween(0, verdictAt, (row) => kindOf(row) === "fact" && (!suspects.size || suspects.has(laneOfRow[row])) && facts.push(row));
  for (const row of facts.slice(-2)) hint("Stated", [`${nodeOf(row)} at ${seconds(rows.at[row])}`, rows.at[row]], `: ${texts[rows.cause[row]]}`);
}

function showKinds() {
  const counts = {};
  groupOfRow.forEach((group) => (counts[group] = (counts[group] ?? 0) + 1));
  counts.messages = arrows.filter((arrow) => arrow.what !== LOST && arrow.what !== ASKED).length;
  counts.views = rows.view_changed.reduce((sum, viewed) => sum + viewed, 0);
  for (const [group, { tone }] of Object.entries(GROUPS)) {
    if (!counts[group] || group === "faults") continue;
    const button = element("button", { type: "button" }, group, element("span", {}, thousands(counts[group])));
    button.style.setProperty("--swatch", `var(${tone})`);
    button.setAttribute("aria-pressed", scene.shown.has(group));
    button.onclick = () => {
      if (!scene.shown.delete(group)) scene.shown.add(group);
      button.setAttribute("aria-pressed", scene.shown.has(group));
      draw();
      listEvents();
    };
    at("kinds").append(button);
  }
}

/** Shows the names of the lanes; a click highlights the messages of that node. */
function showNames() {
  const place = at("names");
  place.replaceChildren();
  for (const lane of scene.lanes) {
    const button = element("button", { type: "button", title: `${data.nodes[lane]}: highlight its messages` }, data.nodes[lane]);
    button.style.height = `${laneHeight}px`;
    if (laneHeight < 14) button.style.fontSize = "8px";
    button.classList.toggle("suspect", suspects.has(lane));
    button.setAttribute("aria-pressed", scene.marked.has(lane));
    button.onclick = () => {
      if (!scene.marked.delete(lane)) scene.marked.add(lane);
      button.setAttribute("aria-pressed", scene.marked.has(lane));
      draw();
      listEvents();
    };
    place.append(button);
  }
  const hidden = data.nodes.length - scene.lanes.length;
  const all = element("button", { type: "button", className: "quiet" }, hidden ? `show all ${data.nodes.length}` : "");
  all.onclick = () => {
    scene.allLanes = true;
    at("nodes").value = "";
    chooseNodes();
  };
  if (hidden) place.append(all);
}

function chooseNodes() {
  showLanes(at("nodes").value);
  showNames();
  draw();
  listEvents();
}

function showWindow({ seen, lost, drawn, crossed }) {
  const some = drawn < seen ? `, ${thousands(drawn)} drawn` : "";
  const long = span(Math.min(instantOf(scene.until), endsAt) - Math.max(0, instantOf(scene.from)));
  at("window").textContent = `${long} in view · ${plural(seen, "message")}${some} · ${thousands(lost)} lost`;
  Object.assign(picture.dataset, { arrows: seen, lost, drawn, crossed, lanes: scene.lanes.length, idle: idle.length });
}

/** The number of listed events, and whether only those of the verdict's nodes are listed. */
let listed = 60, listsInvolved = suspects.size > 0;

/** Whether an event is in the list. */
function isListed(row) {
  const group = groupOfRow[row];
  if (!scene.shown.has(group)) return false;
  const touches = (lanes) => lanes.has(laneOfRow[row]) || lanes.has(peerLaneOf(row)) || group === "faults" && laneOfRow[row] < 0;
  if (scene.marked.size) return touches(scene.marked);
  return !listsInvolved || touches(suspects);
}

/** Lists the last events before the verdict, newest first. */
function listEvents() {
  const found = [];
  let row = lowerBound(rows.at, verdictAt + 1) - 1;
  for (; row >= 0 && found.length < listed; row--) if (isListed(row)) found.push(row);
  const body = element("tbody");
  if (!verdict.passed) body.append(element("tr", { className: "verdict" }, cell(seconds(verdictAt, 6), "time"), cell(verdict.sentence)));
  for (const row of found) {
    const line = element("tr", {}, cell(seconds(rows.at[row], 6), "time"), cell(sentence(row), kindOf(row) === "drop" ? "lost" : ""));
    line.classList.toggle("chosen", row === scene.chosen);
    line.onclick = () => choose(row);
    body.append(line);
  }
  if (row >= 0) {
    const more = element("tr", {}, cell(""), cell("earlier events…", "quiet"));
    more.onclick = () => ((listed += 200), listEvents());
    body.append(more);
  }
  at("events").replaceChildren(body);
  const of = scene.marked.size ? [...scene.marked].map((lane) => data.nodes[lane]).join(", ") : listsInvolved ? "the nodes of the verdict" : "all nodes";
  at("events-about").textContent = `of ${of}, the last ones first`;
}

function choose(row) {
  scene.chosen = row;
  const instant = rows.at[row];
  const [from, until] = windowInTime();
  if (instant < from || instant > until) goTo(instant); else draw();
  for (const line of at("events").querySelectorAll(".chosen")) line.classList.remove("chosen");
  listEvents();
}

function showWhich() {
  if (!suspects.size) return;
  const buttons = [["nodes of the verdict", true], ["all nodes", false]].map(([text, involved]) => {
    const button = element("button", { type: "button" }, text);
    button.onclick = () => {
      listsInvolved = involved;
      buttons.forEach((other) => other.setAttribute("aria-pressed", other === button));
      listEvents();
    };
    button.setAttribute("aria-pressed", listsInvolved === involved);
    return button;
  });
  at("which").append(...buttons);
}

const cell = (text, className = "") => element("td", { className }, text);

/** Creates a table with a head; columns whose name ends in # hold numbers. */
function table(columns, lines) {
  const isNumber = columns.map((column) => column.endsWith("#"));
  const head = columns.map((column, place) => element("th", { className: isNumber[place] ? "number" : "" }, column.replace("#", "")));
  const body = lines.map(({ cells, className = "", onclick }) => {
    const made = cells.map((inside, place) => typeof inside === "string" ? cell(inside, isNumber[place] ? "number" : "") : inside);
    const line = element("tr", { className, onclick }, ...made);
    if (onclick) line.style.cursor = "pointer";
    return line;
  });
  return element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...body));
}

function showTables() {
  const faults = report.faults.map((record, index) => ({
    cells: [seconds(record.at_ns, 3), data.faults[index] + (record.by_hand ? " (by the test)" : ""), data.effects[index]],
    className: record.effect === 0 ? "muted" : "",
    onclick: () => goTo(record.at_ns),
  }));
  at("fault-table").append(faults.length ? table(["at#", "fault", "effect"], faults) : element("p", { className: "quiet" }, "None."));
  const broken = new Map(report.violations.map((violation) => [violation.rule, violation]));
  const known = new Set(report.checks.map((check) => check.name));
  const unlisted = [...broken.keys()].filter((rule) => !known.has(rule)).map((name) => ({ name, kind: "eventually", times_checked: 1, unknown: null }));
  const checks = report.checks.concat(unlisted).map(({ name, kind, times_checked, unknown }) => {
    const seen = { failpoint: ["visited", "not visited"], trigger: ["fired", "never fired"], sometimes: ["reached", "not reached"] }[kind];
    const [word, tone] = seen ? (times_checked > 0 ? [seen[0], "fine"] : [seen[1], "bad"]) : broken.has(name) ? ["broken", "broken"] : unknown ? [`unknown: ${unknown}`, "bad"] : ["not broken", "fine"];
    return { cells: [name, kind, thousands(times_checked), cell(word, tone)] };
  });
  at("check-table").append(checks.length ? table(["rule", "kind", "checked#", "verdict"], checks) : element("p", { className: "quiet" }, "None."));
  const { traffic } = report;
  const counts = ["sent", "copied", "delivered", "in_flight"].map((name) => ({ cells: [name.replace("_", " "), thousands(traffic[name])] }));
  for (const [cause, { messages }] of Object.entries(traffic.dropped)) counts.push({ cells: [cell(`lost to ${cause}`, "bad"), thousands(messages)] });
  at("traffic-table").append(table(["messages", "#"], counts));
  const measured = Object.entries(report.measured).flatMap(([name, value]) => leaves(name, value)).map(([name, value]) => ({ cells: [name, value] }));
  at("measured-table").append(measured.length ? table(["what", "#"], measured) : element("p", { className: "quiet" }, "Nothing was measured."));
  if (report.waiting?.length) {
    at("waiting").hidden = false;
    at("waiting").querySelector("pre").textContent = report.waiting.join("\n");
  }
}

/** Every value of a measured tree, with its path. */
function leaves(path, value) {
  if (value === null || typeof value !== "object") return [[path, value === null ? "–" : typeof value === "number" ? thousandsOf(value) : String(value)]];
  return Object.entries(value).flatMap(([name, inner]) => leaves(`${path}.${name}`, inner));
}

const thousandsOf = (number) => Number.isInteger(number) ? thousands(number) : String(number);

function showLegend() {
  const sample = (body, text) => {
    const made = element("span");
    made.innerHTML = `<svg viewBox="0 0 22 12" fill="none" stroke="currentColor">${body}</svg>`;
    made.append(text);
    return made;
  };
  const samples = [
    sample('<g stroke="var(--message)"><path d="M1 2 17 9"/><path d="m21 11-7-1 3-4z" fill="var(--message)" stroke="none"/></g>', "message"),
    sample('<g stroke="var(--lost)"><path d="M1 1 12 7"/><path stroke-width="1.6" d="m9 4 6 6m0-6-6 6"/></g>', "lost"),
    sample('<path d="m11 2 4 4-4 4-4-4z" fill="var(--fact)" stroke="none"/>', "fact"),
    sample('<path d="M11 3v7" stroke="var(--timer)"/>', "timer"),
    sample('<circle cx="11" cy="6" r="4" stroke="var(--ink)" stroke-width="1.5"/>', "boots, resumes"),
    sample('<path d="m7 2 8 8m0-8-8 8" stroke="var(--ink)" stroke-width="2"/>', "crashes"),
    sample('<rect width="22" height="12" fill="var(--cut)" opacity=".2" stroke="none"/>', "cut off"),
    sample('<rect width="22" height="12" fill="var(--paused)" opacity=".3" stroke="none"/>', "paused"),
  ];
  at("legend").append(...samples, element("span", { className: "keys" }, "drag to move · double-click or ctrl + wheel to zoom · ← → + − keys"));
}

function showTip(event, title, known) {
  const list = element("dl", {}, ...known.flatMap(([word, value]) => [element("dt", {}, word), element("dd", {}, value)]));
  tip.replaceChildren(element("strong", {}, title), list);
  tip.hidden = false;
  const { offsetWidth, offsetHeight } = tip;
  tip.style.left = `${Math.min(event.clientX + 14, innerWidth - offsetWidth - 8)}px`;
  tip.style.top = `${event.clientY + 18 + offsetHeight > innerHeight ? event.clientY - offsetHeight - 12 : event.clientY + 18}px`;
}

const hideTip = () => (tip.hidden = true);

function onPoint(event) {
  const found = findAt(event.offsetX, event.offsetY), before = scene.pointed;
  scene.pointed = found;
  laneCanvas.style.cursor = found ? "pointer" : "";
  if (!found) hideTip();
  else if (found.arrow) showTip(event, ...arrowDetails(found.arrow));
  else showTip(event, sentence(found.row), details(found.row));
  if ((found?.arrow ?? found?.row) !== (before?.arrow ?? before?.row)) drawLanes();
}

/** Makes a canvas drag the window of time. */
function makeDraggable(canvas) {
  let grabbed = null;
  canvas.addEventListener("pointerdown", (event) => {
    grabbed = { x: event.clientX, from: scene.from, until: scene.until, moved: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!grabbed) return onPoint(event);
    const by = ((event.clientX - grabbed.x) / canvas.clientWidth) * (grabbed.until - grabbed.from);
    if (Math.abs(event.clientX - grabbed.x) > 3) grabbed.moved = true;
    if (grabbed.moved) look(grabbed.from - by, grabbed.until - by);
  });
  canvas.addEventListener("pointerup", (event) => {
    const { moved } = grabbed ?? {};
    grabbed = null;
    if (moved) return;
    const found = findAt(event.offsetX, event.offsetY);
    if (found) choose(found.row ?? (found.arrow.last >= 0 ? found.arrow.last : found.arrow.first));
  });
  canvas.addEventListener("pointerleave", () => ((scene.pointed = null), hideTip()));
}

function listen() {
  const placeAt = (event) => scene.from + (event.offsetX / laneCanvas.clientWidth) * (scene.until - scene.from);
  makeDraggable(laneCanvas);
  laneCanvas.addEventListener("dblclick", (event) => zoom(0.4, placeAt(event)));
  laneCanvas.addEventListener("wheel", (event) => {
    const across = Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (!across && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    if (across) look(scene.from + by(event.deltaX), scene.until + by(event.deltaX));
    else zoom(Math.exp(event.deltaY * 0.004), placeAt(event));
  }, { passive: false });
  const by = (pixels) => (pixels / laneCanvas.clientWidth) * (scene.until - scene.from);
  const keys = {
    ArrowLeft: () => look(scene.from - by(120), scene.until - by(120)),
    ArrowRight: () => look(scene.from + by(120), scene.until + by(120)),
    "+": () => zoom(0.6), "=": () => zoom(0.6), "-": () => zoom(1 / 0.6), "0": () => look(WHOLE.from, WHOLE.until), v: toVerdict,
  };
  addEventListener("keydown", (event) => {
    if (event.target.tagName === "INPUT" || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
  const onOverview = (event) => {
    if (event.buttons) goTo(instantOf(WHOLE.from + (event.offsetX / overviewCanvas.clientWidth) * (WHOLE.until - WHOLE.from)));
  };
  overviewCanvas.addEventListener("pointerdown", onOverview);
  overviewCanvas.addEventListener("pointermove", onOverview);
  at("zoom-in").onclick = () => zoom(0.5);
  at("zoom-out").onclick = () => zoom(2);
  at("to-whole").onclick = () => look(WHOLE.from, WHOLE.until);
  at("to-verdict").onclick = toVerdict;
  at("nodes").oninput = chooseNodes;
  addEventListener("resize", draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
}

function toVerdict() {
  const { from, until } = windowAtFirst();
  look(from, until);
}

function start() {
  const longest = Math.max(...data.nodes.map((name) => name.length), 6);
  document.documentElement.style.setProperty("--names", `${Math.min(220, Math.max(92, longest * 7 + 32))}px`);
  showVerdict();
  showHints();
  showKinds();
  showWhich();
  showLegend();
  showTables();
  showLanes("");
  showNames();
  listen();
  draw();
  listEvents();
  document.documentElement.dataset.ready = "yes";
}

start();
