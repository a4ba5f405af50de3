// Memory over time: a stack of categories below the lines of its limits.

const STACK = ["buffer", "image", "staging", "transient", "other"];
const LINES = [
  { key: "budget", name: "Budget", color: "budget", shape: "dash", dash: [7, 4] },
  { key: "warning", name: "Warning line", color: "warning", shape: "dots", dash: [2, 3] },
  { key: "blocks", name: "Memory objects", color: "blocks", shape: "rule", dash: [] },
  { key: "driver", name: "Driver’s usage", color: "driver", shape: "dash", dash: [4, 3] },
];

function memorySection() {
  const tools = $("memory-tools");
  const series = report.memory;
  if (series.length === 0 || timeline.count === 0) {
    $("memory-plot").append(empty("No frames", "Nothing was recorded over time."));
    $("memory-readout").append(empty("No figures", "They come with the frames."));
    return;
  }
  let at = 0;
  let whole = null;
  let ready = prepare(series[0]);

  const draw = (context, area) => {
    const { used, parts, lines } = ready;
    const chosen = picks(area.width, used);
    const most = scale(chosen);
    const rise = valueAxis(context, area, most, bytes, binaryStep);
    context.save();
    context.beginPath();
    context.rect(area.left, area.top, area.width, area.height);
    context.clip();
    const floor = new Float64Array(area.width);
    for (const part of parts) {
      context.fillStyle = color(part.color);
      for (let x = 0; x < area.width; x += 1) {
        const value = +part.values[chosen[x]];
        if (!(value > 0)) continue;
        const [low, high] = [rise(floor[x]), rise(floor[x] + value)];
        context.fillRect(area.left + x, high, 1, low - high);
        floor[x] += value;
      }
      // A gap of the ground's colour tells neighbours apart without their colours.
      context.fillStyle = color("panel");
      for (let x = 0; x < area.width; x += 1) {
        if (+part.values[chosen[x]] > 0) context.fillRect(area.left + x, rise(floor[x]), 1, 1);
      }
    }
    // A limit far above what is used has no line in this picture, and is told instead.
    const above = new Map();
    for (const line of lines) {
      context.strokeStyle = color(line.color);
      context.lineWidth = line.key === "budget" ? 2 : 1.5;
      context.setLineDash(line.dash);
      context.beginPath();
      let [down, last] = [false, NaN];
      for (let x = 0; x < area.width; x += 1) {
        const value = line.at(chosen[x]);
        if (Number.isNaN(value)) { down = false; continue; }
        const y = rise(value);
        if (y < area.top) { above.set(line, value); down = false; continue; }
        if (!down) context.moveTo(area.left + x, y);
        else if (y !== last) { context.lineTo(area.left + x, last); context.lineTo(area.left + x, y); }
        if (x === area.width - 1) context.lineTo(area.left + x + 1, y);
        [down, last] = [true, y];
      }
      context.stroke();
    }
    context.setLineDash([]);
    context.restore();
    context.font = `600 11px ${color("sans")}`;
    context.textAlign = "left";
    context.textBaseline = "middle";
    [...above].forEach(([line, value], row) => {
      context.fillStyle = color(line.color);
      context.fillText(`\u2191 ${line.name} ${bytes(value)}`, area.left + 8, area.top + 12 + 16 * row);
    });
    marks(context, area);
  };

  // Up to the limits, unless what is used would be a line at the bottom then.
  const scale = (chosen) => {
    const { used, parts, lines } = ready;
    let [inUse, limits] = [1, 0];
    for (const index of chosen) {
      // Either may be missing.
      const stack = parts.reduce((sum, part) => sum + +(part.values[index] ?? 0), 0);
      inUse = Math.max(inUse, stack, +(used[index] ?? 0));
      for (const line of lines) {
        const value = line.at(index);
        if (Number.isNaN(value)) continue;
        if (line.key === "budget" || line.key === "warning") limits = Math.max(limits, value);
        else inUse = Math.max(inUse, value);
      }
    }
    const showLimits = whole === null ? limits < 4 * inUse : whole;
    return 1.06 * (showLimits ? Math.max(inUse, limits) : inUse);
  };

  const trouble = troubles();
  const marks = (context, area) => {
    const span = timeline.last - timeline.first;
    let drawn = -Infinity;
    context.fillStyle = color("bad");
    for (const index of trouble) {
      const x = area.left + ((index + 0.5 - timeline.first) / span) * area.width;
      if (x < area.left || x > area.left + area.width || x - drawn < 5) continue;
      drawn = x;
      context.beginPath();
      context.moveTo(x - 4.5, area.top + area.height + 9);
      context.lineTo(x + 4.5, area.top + area.height + 9);
      context.lineTo(x, area.top + area.height + 1);
      context.fill();
    }
  };

  const tell = (index) => {
    const words = rows(ready, index).map(([name, value]) => `${name} ${bytes(value)}`);
    return `Frame ${report.frames[index]}, ${visible(series[at].name)}: ${words.join(", ")}`;
  };
  const paint = plot($("memory-plot"), {
    name: "Memory over time", height: 300, hint: "plot-hint", draw, tell,
    flag: (index) => `frame ${grouped(report.frames[index])} · ${bytes(ready.used[index] ?? 0)}`,
  });
  const read = painter(() => readout(series[at], ready));
  timeline.moved.push(read);
  read();

  if (series.length > 1) {
    const options = series.map((it, value) => ({ value, text: visible(it.name) }));
    tools.append(choice("Heap", options, 0, (value) => {
      at = value;
      ready = prepare(series[at]);
      paint();
      read();
    }));
  }
  tools.append(choice("Scale", [
    { value: null, text: "Auto" }, { value: true, text: "To limits" }, { value: false, text: "To use" },
  ], null, (value) => { whole = value; paint(); }));
  const around = () => timeline.cursor;
  tools.append(make("span.tools",
    button(".tool", "+", "Zoom in on the cursor", () => zoom(0.5, around())),
    button(".tool", "−", "Zoom out", () => zoom(2, around())),
    button(".tool", "All", "Show all frames", () => view(0, timeline.count)),
  ));
}

// What is drawn of one series, bottom to top, and the lines that are known.
function prepare(memory) {
  const used = memory.used_bytes;
  const rank = (name) => (STACK.includes(name) ? STACK.indexOf(name) : STACK.length);
  const known = memory.categories.filter((it) => it.used_bytes.length && it.used_bytes.some((value) => +value > 0));
  known.sort((a, b) => rank(a.name) - rank(b.name));
  const parts = known.map((it) => ({ name: it.name, color: STACK.includes(it.name) ? it.name : "other", values: it.used_bytes }));
  if (parts.length === 0) parts.push({ name: "used", color: "buffer", values: used });
  const from = (values) => (index) => (values[index] === null || values[index] === undefined ? NaN : +values[index]);
  const budget = from(memory.budget_bytes);
  const per = report.warning_percent / 100;
  const values = {
    budget: memory.budget_bytes.some((value) => value !== null) && budget,
    warning: per > 0 && memory.budget_bytes.some((value) => value !== null) && ((index) => budget(index) * per),
    blocks: memory.block_bytes.length && from(memory.block_bytes),
    driver: memory.driver_usage_bytes.length && from(memory.driver_usage_bytes),
  };
  const lines = LINES.filter((line) => values[line.key]).map((line) => ({ ...line, at: values[line.key] }));
  return { memory, used, parts, lines, stacked: known.length > 0 };
}

// Indices of frames with a refusal or a limit passed.
function troubles() {
  const wanted = new Set(report.refusals.map((it) => it.frame));
  const places = [];
  report.frames.forEach((frame, index) => { if (wanted.has(frame)) places.push(index); });
  return places;
}

// Name, value, and how the plot shows it.
function rows({ memory, used, parts, lines, stacked }, index) {
  const list = [];
  if (used.length) list.push(["Used", used[index], null, "sum"]);
  if (stacked) for (const part of [...parts].reverse()) list.push([visible(part.name), part.values[index], [part.color]]);
  if (memory.retiring_bytes.length) list.push(["Retiring", memory.retiring_bytes[index], null]);
  for (const line of lines) {
    const value = line.at(index);
    if (Number.isNaN(value)) continue;
    const exact = { budget: memory.budget_bytes, blocks: memory.block_bytes, driver: memory.driver_usage_bytes }[line.key];
    list.push([line.name, exact ? exact[index] : Math.floor(value), [line.color, line.shape]]);
  }
  return list;
}

function readout(memory, ready) {
  const index = timeline.cursor;
  const body = make("tbody", ...rows(ready, index).map(([name, value, mark, kind]) => {
    const head = make("span", mark ? swatch(...mark) : null, name);
    const cell = make("td", bytes(value), make("small", exactBytes(value)));
    return make(kind ? `tr.${kind}` : "tr", set(make("th", head), { scope: "row" }), cell);
  }));
  const when = report.ended_ns.length ? ` · ${duration(report.ended_ns[index])}` : "";
  const frame = report.frames[index];
  const refused = report.refusals.filter((it) => it.frame === frame).length;
  const legend = set(make("span.bad-mark", "▲"), { "aria-hidden": "true" });
  if (report.refusals.length) {
    body.append(make("tr", set(make("th", make("span", legend, "Refused in this frame")), { scope: "row" }), make("td", grouped(refused))));
  }
  $("memory-readout").replaceChildren(
    make("h3", foreign(memory.name), make("span.muted", `frame ${grouped(report.frames[index])}${when}`)),
    make("table", body),
  );
}
