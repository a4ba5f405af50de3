// What is listed: the largest allocations, refusals, leaks, events, figures.

const number = (value) => (value === null || value === undefined ? "–" : grouped(value));
const sizeCell = (value) => {
  if (value === null || value === undefined) return "–";
  const all = document.createDocumentFragment();
  all.append(bytes(value), make("small", exactBytes(value)));
  return all;
};
const least = (value) => (value === null || value === undefined ? -1 : +value);

function topSection() {
  const rows = [];
  report.blocks.forEach((block, at) => {
    for (const range of block.ranges) if (range.kind !== "free") rows.push({ block, at, range });
  });
  const name = ({ at, range }) => {
    const press = button(".link", "", null, () => {
      reveal(at, range);
      $("map").scrollIntoView();
      $("map-plot").firstChild.focus({ preventScroll: true });
    });
    press.append(foreign(range.label || "unlabelled"));
    press.title = "Show in the map";
    return make("span.clamp", press);
  };
  $("top-list").append(table({
    name: "Largest allocations", rows, shown: 15, order: { column: 1, falling: true },
    columns: [
      { name: "Label", cell: name, by: (row) => row.range.label ?? "", text: true },
      { name: "Size", cell: (row) => sizeCell(row.range.size), by: (row) => +row.range.size, right: true },
      { name: "Kind", cell: (row) => make("span.kind", swatch(row.range.kind), row.range.kind), by: (row) => row.range.kind },
      { name: "Heap", cell: (row) => number(row.block.heap), by: (row) => row.block.heap, right: true },
      { name: "Type", cell: (row) => number(row.block.memory_type), by: (row) => row.block.memory_type, right: true },
      { name: "Block", cell: (row) => number(row.at), by: (row) => row.at, right: true },
      { name: "Offset", cell: (row) => sizeCell(row.range.offset), by: (row) => +row.range.offset, right: true },
      { name: "Age", cell: (row) => ageWords(row.range), by: (row) => least(row.range.age_ns ?? ageOf(row.range)), right: true },
      { name: "Tag", cell: (row) => number(row.range.tag), by: (row) => least(row.range.tag), right: true },
    ],
    none: empty("No allocations", "No memory object had anything in it at the end."),
  }));
}

function refusalSection() {
  const host = $("refusals-list");
  const rows = report.refusals;
  if (rows.length === 0) {
    host.append(make("div.panel", empty("No refusals", "Every request was served.")));
    return;
  }
  let shown = 0;
  const more = button(".more", "", null, () => fill());
  const fill = () => {
    for (const it of rows.slice(shown, shown + 20)) {
      const title = make("span.what", `${visible(it.what)} `, foreign(it.label || "unlabelled"));
      const frame = button(".link.at", `frame ${grouped(it.frame)}`, null, () => {
        const at = report.frames.indexOf(it.frame);
        if (at < 0) return;
        point(at);
        $("memory").scrollIntoView();
      });
      frame.title = "Show in the plot";
      const head = make("summary", frame, title,
        make("span.num", it.requested === null ? "" : bytes(it.requested)), make("span.why", foreign(it.reason)));
      if (it.requested !== null) head.children[2].title = exactBytes(it.requested);
      const lines = make("pre");
      lines.textContent = it.explanation.split("\n").map(visible).join("\n") || "No explanation was recorded.";
      const all = make("details.panel.refusal", head, lines);
      all.open = shown === 0 && it === rows[0];
      host.insertBefore(all, more);
    }
    shown = Math.min(rows.length, shown + 20);
    more.hidden = shown >= rows.length;
    more.textContent = `Show more of ${grouped(rows.length)}`;
  };
  host.append(more);
  fill();
}

function leakSection() {
  const groups = new Map();
  for (const it of report.leaks) {
    const key = JSON.stringify([it.label, it.tag]);
    const there = groups.get(key);
    if (!there) groups.set(key, { ...it, count: exactly(it.count), bytes: exactly(it.bytes) });
    else {
      there.count += exactly(it.count);
      there.bytes += exactly(it.bytes);
      there.backtrace ??= it.backtrace;
      if (it.since_frame !== null && (there.since_frame === null || +it.since_frame < +there.since_frame)) there.since_frame = it.since_frame;
    }
  }
  const label = (row) => {
    const all = document.createDocumentFragment();
    all.append(foreign(row.label || "unlabelled"));
    if (row.backtrace) {
      const lines = make("pre");
      lines.textContent = row.backtrace.split("\n").map(visible).join("\n");
      all.append(make("details.trace", make("summary", "Where it was made"), lines));
    }
    return all;
  };
  $("leaks-list").append(table({
    name: "Leaks by label and tag", rows: [...groups.values()], order: { column: 2, falling: true },
    columns: [
      { name: "Label", cell: label, by: (row) => row.label ?? "", text: true },
      { name: "Count", cell: (row) => number(row.count), by: (row) => Number(row.count), right: true },
      { name: "Bytes", cell: (row) => sizeCell(row.bytes), by: (row) => Number(row.bytes), right: true },
      { name: "Tag", cell: (row) => number(row.tag), by: (row) => least(row.tag), right: true },
      { name: "Oldest since frame", cell: (row) => number(row.since_frame), by: (row) => least(row.since_frame), right: true },
    ],
    none: empty("No leaks", "Everything that was made was given back."),
  }));
}

function eventSection() {
  const frame = (row) => button(".link", grouped(row.frame), null, () => {
    const at = report.frames.indexOf(row.frame);
    if (at >= 0) { point(at); $("memory").scrollIntoView(); }
  });
  $("events-list").append(table({
    name: "Events", rows: report.events, shown: 12, order: { column: 0, falling: true },
    columns: [
      { name: "Frame", cell: frame, by: (row) => +row.frame, right: true },
      { name: "What", cell: (row) => foreign(row.name), by: (row) => row.name },
      { name: "Heap", cell: (row) => number(row.heap), by: (row) => least(row.heap), right: true },
      { name: "Bytes", cell: (row) => sizeCell(row.bytes), by: (row) => least(row.bytes), right: true },
      { name: "Text", cell: (row) => foreign(row.text), text: true },
    ],
    none: empty("No events", "Nothing out of the ordinary was recorded."),
  }));
}

function figureCell(value) {
  if (value === "none") return "–";
  const [[unit, it]] = Object.entries(value);
  if (unit === "bytes") return sizeCell(it);
  if (unit === "nanoseconds") return duration(it);
  if (unit === "flag") return it ? "yes" : "no";
  if (unit === "ratio") return typeof it === "string" ? it : it.toFixed(4);
  return grouped(it);
}

function figureSection() {
  const column = (name, key) => ({ name, cell: (row) => figureCell(row[key]), right: true });
  $("figures-list").append(table({
    name: "Figures", rows: report.figures, shown: 40,
    columns: [
      { name: "Figure", cell: (row) => foreign(row.name), by: (row) => row.name, text: true },
      column("At the end", "last"), column("Least", "min"), column("Mean", "mean"), column("Greatest", "max"),
    ],
    none: empty("No figures", "None were given."),
  }));
}
