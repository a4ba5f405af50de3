// The heap map: which heap, which part of it, which range.

const mapState = { map: null, look: { first: 0, span: 1 }, chosen: null, paint: () => {}, choose: () => {}, pick: () => {} };

function mapSection() {
  const heaps = [...new Set(report.blocks.map((it) => it.heap))].sort((a, b) => a - b);
  if (heaps.length === 0) {
    $("map-plot").append(empty("No memory objects", "Nothing was allocated at the end, or the allocator gives no report of its blocks."));
    $("map-readout").append(empty("No range", "They come with the blocks."));
    return;
  }
  const host = $("map-plot");
  const canvas = set(make("canvas"), {
    tabindex: "0", role: "application", "aria-roledescription": "heap map", "aria-describedby": "map-hint",
  });
  const reach = make("div.reach");
  host.append(canvas, reach);
  const size = () => ({ width: Math.max(1, host.clientWidth), height: Math.max(1, Math.min(host.clientHeight || 1, mapState.map.height + RULER)) });

  const paint = painter(() => {
    const { map, look, chosen } = mapState;
    const { width, height } = size();
    const context = fit(canvas, width, height);
    const drawn = drawMap(context, map, look, width, height, host.scrollTop, chosen);
    // For those who want to know what is in view and what the picture costs.
    Object.assign(canvas.dataset, { ...look, drawn, pixels: width * height, ranges: map.count });
  });

  const lookAt = (first, span) => {
    const { widest } = mapState.map;
    const kept = Math.min(widest, Math.max(64, span));
    mapState.look = { first: Math.min(Math.max(0, first), widest - kept), span: kept };
    paint();
  };
  const zoomMap = (factor, around) => {
    const { first, span } = mapState.look;
    const kept = Math.min(mapState.map.widest, Math.max(64, span * factor));
    lookAt(around - ((around - first) / span) * kept, kept);
  };
  const middle = () => {
    const { map, look, chosen } = mapState;
    const center = chosen === null ? null : (map.starts[chosen] + map.ends[chosen]) / 2;
    return center !== null && center >= look.first && center <= look.first + look.span ? center : look.first + look.span / 2;
  };

  const pick = (heap) => {
    mapState.map = layOut(heap);
    mapState.chosen = null;
    const { map } = mapState;
    const { size: all, used, count, fragmentation } = summary(heap);
    reach.style.height = `${map.height + RULER}px`;
    host.style.height = `${map.height + RULER}px`;
    host.scrollTop = 0;
    const parts = [plural(count, "block", "blocks"), bytes(all), `${percent(used, all)} used`];
    if (fragmentation !== null) parts.push(`fragmentation ${fragmentation.toFixed(3)}`);
    $("map-total").textContent = parts.join(" · ");
    set(canvas, { "aria-label": `Map of heap ${heap}: ${parts.join(", ")}` });
    lookAt(0, map.widest);
    details();
  };

  const choose = (at, { show, speak } = {}) => {
    const { map } = mapState;
    if (map.count === 0) return;
    mapState.chosen = at === null ? null : Math.min(Math.max(0, at), map.count - 1);
    if (show && mapState.chosen !== null) bring(mapState.chosen);
    details();
    if (speak && mapState.chosen !== null) say(sentence(map, mapState.chosen));
    paint();
  };

  // Scrolls and moves until the range is in view.
  const bring = (at) => {
    const { map, look } = mapState;
    const row = map.rows[map.rowOf[at]];
    const tall = size().height - RULER;
    if (row.y < host.scrollTop) host.scrollTop = Math.max(0, row.y - HEADING);
    else if (row.y + row.h > host.scrollTop + tall) host.scrollTop = row.y + row.h + LANE_GAP - tall;
    const [start, end] = [map.starts[at], map.ends[at]];
    if (start < look.first || end > look.first + look.span) {
      if (end - start > look.span) lookAt(start, (end - start) * 1.1);
      else lookAt((start + end) / 2 - look.span / 2, look.span);
    }
  };
  const fitRange = () => {
    const { map, chosen } = mapState;
    if (chosen === null) return;
    const span = Math.max(64, (map.ends[chosen] - map.starts[chosen]) * 3);
    lookAt((map.starts[chosen] + map.ends[chosen]) / 2 - span / 2, span);
  };
  // The range below the pointer, or nothing.
  const under = (x, y) => {
    const { map, look } = mapState;
    const down = y - RULER + host.scrollTop;
    const row = map.rows[rowAt(map, down)];
    const place = look.first + (x / size().width) * look.span;
    if (y < RULER || !row || row.heading || down > row.y + row.h || place < 0 || place >= row.end) return null;
    return rangeAt(map, row, place);
  };
  Object.assign(mapState, { paint, choose, pick });

  mapInput({ host, canvas, size, under, choose, lookAt, zoomMap, middle, fitRange });

  const tools = $("map-tools");
  if (heaps.length > 1) {
    const named = (heap) => report.memory.find((it) => it.heap === heap)?.name ?? `Heap ${heap}`;
    const select = choice("Heap", heaps.map((value) => ({ value, text: visible(named(value)) })), heaps[0], pick);
    tools.append(select);
    mapState.press = (heap) => select.children[heaps.indexOf(heap)].click();
  } else mapState.press = () => {};
  tools.append(make("span.tools",
    button(".tool", "+", "Zoom in", () => zoomMap(0.5, middle())),
    button(".tool", "−", "Zoom out", () => zoomMap(2, middle())),
    button(".tool", "All", "Show whole blocks", () => lookAt(0, mapState.map.widest)),
  ));
  const there = new Set(report.blocks.flatMap((block) => block.ranges.map((range) => range.kind)));
  $("map-legend").append(
    ...KINDS.filter((kind) => there.has(kind) || kind === "free").map((kind) => make("span", swatch(kind, kind === "free" ? "open" : null), kind)),
    set(make("span.mono"), { id: "map-total" }),
  );
  finder($("map-find"));
  host.addEventListener("scroll", paint);
  new ResizeObserver(paint).observe(host);
  repaints.push(paint);
  pick(heaps[0]);
}

function mapInput({ host, canvas, size, under, choose, lookAt, zoomMap, middle, fitRange }) {
  let drag = null;
  const placeAt = (x) => mapState.look.first + (x / size().width) * mapState.look.span;
  canvas.addEventListener("pointerdown", (event) => {
    drag = { x: event.offsetX, first: mapState.look.first };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (drag && event.buttons && Math.abs(event.offsetX - drag.x) > 4) {
      tip(null);
      return lookAt(drag.first - ((event.offsetX - drag.x) / size().width) * mapState.look.span, mapState.look.span);
    }
    const at = under(event.offsetX, event.offsetY);
    if (at === null) return tip(null);
    if (at !== mapState.chosen) choose(at);
    const { label, kind, size: bytesOf } = mapState.map.ranges[at];
    const title = make("b", kind === "free" ? "free" : labelled(label));
    tip([title, make("span.num", bytes(bytesOf))], event.clientX, event.clientY);
  });
  const release = () => { drag = null; };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("pointerleave", () => tip(null));
  canvas.addEventListener("wheel", (event) => {
    const { first, span } = mapState.look;
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (event.ctrlKey || event.metaKey) zoomMap(Math.exp(event.deltaY * 0.004), placeAt(event.offsetX));
    else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) lookAt(first + (sideways / size().width) * span, span);
    else return;
    event.preventDefault();
  }, { passive: false });
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { map, chosen } = mapState;
    const go = (at) => choose(at, { show: true, speak: true });
    const block = (by) => {
      const owner = chosen === null ? 0 : map.ownerOf[chosen] + by;
      go(map.owners[Math.min(Math.max(0, owner), map.owners.length - 1)].from);
    };
    const keys = {
      ArrowLeft: () => go(chosen === null ? 0 : chosen - 1),
      ArrowRight: () => go(chosen === null ? 0 : chosen + 1),
      ArrowUp: () => block(-1),
      ArrowDown: () => block(1),
      Home: () => go(0),
      End: () => go(map.count - 1),
      Enter: fitRange,
      "+": () => zoomMap(0.5, middle()),
      "=": () => zoomMap(0.5, middle()),
      "-": () => zoomMap(2, middle()),
      0: () => lookAt(0, map.widest),
    };
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  canvas.addEventListener("focus", () => {
    if (mapState.chosen === null) choose(0, { speak: true });
    else say(sentence(mapState.map, mapState.chosen));
  });
}

function ageOf(range) {
  const last = report.frames[report.frames.length - 1];
  return range.since_frame === null || last === undefined ? null : Math.max(0, +last - +range.since_frame);
}

// In frames, in time, or both, as far as either is known.
function ageWords(range) {
  const frames = ageOf(range);
  const words = frames === null ? [] : [plural(frames, "frame", "frames")];
  if (range.age_ns !== null) words.push(duration(range.age_ns));
  return words.join(" · ") || "–";
}

function sentence(map, at) {
  const range = map.ranges[at];
  const { number } = map.owners[map.ownerOf[at]];
  const age = ageWords(range);
  const words = range.kind === "free" ? ["free"] : [labelled(range.label).slice(0, 120), range.kind];
  words.push(bytes(range.size), `at ${bytes(range.offset)} of block ${number}`);
  if (age !== "–") words.push(`${age} old`);
  return words.join(", ");
}

function details() {
  const { map, chosen } = mapState;
  if (chosen === null) {
    $("map-readout").replaceChildren(empty("No range chosen", "Point at one, or go to the map and press an arrow key."));
    return;
  }
  const range = map.ranges[chosen];
  const { block, number } = map.owners[map.ownerOf[chosen]];
  const two = (value) => make("td", bytes(value), make("small", exactBytes(value)));
  const list = [
    ["Kind", make("td", make("span.kind", swatch(range.kind, range.kind === "free" ? "open" : null), range.kind))],
    ["Size", two(range.size)],
    ["Offset", two(range.offset)],
    ["Age", make("td", ageWords(range))],
    ["Tag", make("td", range.tag === null ? "–" : String(range.tag))],
    ["Block", make("td", `${number}${block.dedicated ? ", dedicated" : ""}`)],
    ["Block size", two(block.size)],
    ["Memory type", make("td", String(block.memory_type))],
    ["Heap", make("td", String(block.heap))],
    ["Allocator", make("td", foreign(block.allocator))],
  ];
  const body = make("tbody", ...list.map(([name, cell]) => make("tr", set(make("th", name), { scope: "row" }), cell)));
  const title = range.kind === "free" ? make("p.name", "Free") : make("p.name", foreign(range.label || "unlabelled"));
  $("map-readout").replaceChildren(title, make("table", body));
}

// Finds ranges by their label, across heaps.
function finder(place) {
  const input = set(make("input"), { type: "search", placeholder: "Find a label", "aria-label": "Find a label in the map" });
  const count = make("span.muted.mono");
  let [found, next, asked] = [[], 0, ""];
  const search = () => {
    asked = input.value.trim().toLowerCase();
    found = [];
    next = 0;
    if (asked) {
      report.blocks.forEach((block, number) => block.ranges.forEach((range) => {
        if (range.label && range.label.toLowerCase().includes(asked)) found.push({ number, range });
      }));
    }
    count.textContent = asked ? plural(found.length, "match", "matches") : "";
  };
  input.addEventListener("input", search);
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || found.length === 0) return;
    const at = (next + found.length) % found.length;
    reveal(found[at].number, found[at].range);
    count.textContent = `${grouped(at + 1)} of ${plural(found.length, "match", "matches")}`;
    next = at + (event.shiftKey ? -1 : 1);
  });
  place.append(input, count);
}

// Shows one range of a block in the map.
function reveal(number, range) {
  const { heap } = report.blocks[number];
  if (mapState.map.heap !== heap) { mapState.press(heap); }
  const { map } = mapState;
  const owner = map.owners.find((it) => it.number === number);
  for (let at = owner.from; at < owner.to; at += 1) {
    if (map.ranges[at] === range) return mapState.choose(at, { show: true, speak: true });
  }
}
