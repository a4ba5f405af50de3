// Height of the ruler above the lanes.
const RULER = 24;

// Drawing a heap: never more rectangles than there are pixels, however many ranges there are.

// `look` is the part of a lane in view: its first byte and how many. Answers how many rectangles were drawn.
function drawMap(context, map, look, width, height, scroll, chosen) {
  const paints = KINDS.map((kind) => color(kind));
  const inks = KINDS.map((kind) => color(`on-${kind}`));
  const [ground, line, text, muted] = ["panel", "line-strong", "text", "muted"].map(color);
  const font = color("sans");
  const per = width / look.span;
  const atX = (place) => (place - look.first) * per;
  let drawn = 0;

  const fill = (paint, x, y, wide, tall) => {
    context.fillStyle = paint;
    context.fillRect(x, y, wide, tall);
    drawn += 1;
  };

  // One column of pixels that many ranges share: as much of each kind as there is, what is free on top.
  const column = (lane, x, y) => {
    const [from, to] = [look.first + x / per, look.first + (x + 1) / per];
    fill(paints[KINDS.length - 1], x, y, 1, lane.h);
    let low = y + lane.h;
    for (let kind = 0; kind < KINDS.length - 1; kind += 1) {
      const part = (before(map, lane, kind, to) - before(map, lane, kind, from)) * per;
      if (part <= 0.01) continue;
      const tall = Math.min(low - y, Math.max(1, part * lane.h));
      fill(paints[kind], x, low - tall, 1, tall);
      low -= tall;
    }
  };

  const range = (lane, at, left, right, y) => {
    const kind = map.kinds[at];
    const wide = right - left;
    // A gap between neighbours, once there is room for one.
    fill(paints[kind], left, y, wide >= 4 ? wide - 1 : wide, lane.h);
    if (wide < 44) return;
    const { label, kind: name, size } = map.ranges[at];
    const words = name === "free" ? (wide > 90 ? `${bytes(size)} free` : "") : labelled(label);
    const room = Math.floor((wide - 12) / 6.4);
    const shown = words.length > room ? (room > 3 ? `${words.slice(0, room - 1)}…` : "") : words;
    context.fillStyle = inks[kind];
    context.fillText(shown, left + 6, y + lane.h / 2 + 0.5);
  };

  const drawLane = (lane, y) => {
    const end = Math.min(width, Math.ceil(atX(lane.end)));
    let x = Math.max(0, Math.floor(atX(0)));
    while (x < end) {
      // By the middle of the pixel, which lies in the range that has most of it.
      const at = rangeAt(map, lane, look.first + (x + 0.5) / per);
      const right = Math.min(end, Math.round(atX(map.ends[at])));
      if (right - x >= 2) {
        range(lane, at, x, right, y);
        x = right;
      } else {
        column(lane, x, y);
        x += 1;
      }
    }
    // Where one block ends and the next begins.
    let edge = -Infinity;
    const first = lastAtMost(ownerStarts(map), lane.owners[0], lane.owners[1], look.first);
    for (let owner = first; owner < lane.owners[1]; owner += 1) {
      const x = Math.round(atX(map.owners[owner].end));
      if (x > width) break;
      if (x - edge < 3) {
        // Blocks too small to be told apart are skipped together.
        owner = Math.max(owner, lastAtMost(ownerStarts(map), owner, lane.owners[1], look.first + (edge + 2) / per) - 1);
        continue;
      }
      if (x > 0) fill(ground, x - 1, y - 1, 2, lane.h + 2);
      edge = x;
    }
    context.strokeStyle = line;
    context.lineWidth = 1;
    const left = Math.max(-2, atX(0));
    context.strokeRect(Math.round(left) + 0.5, y - 0.5, Math.min(width + 2, Math.round(atX(lane.end))) - Math.round(left) - 1, lane.h + 1);
  };

  context.textBaseline = "middle";
  for (let at = rowAt(map, scroll); at < map.rows.length; at += 1) {
    const row = map.rows[at];
    const y = row.y + RULER - scroll;
    if (y > height) break;
    if (row.heading) {
      context.font = `600 12px ${font}`;
      context.fillStyle = text;
      context.fillText(row.heading[width < 520 ? 1 : 0], 4, y + row.h / 2);
    } else {
      context.font = `500 11px ${font}`;
      drawLane(row, y);
    }
  }
  if (chosen !== null && map.count > 0) {
    outline(context, map, chosen, atX, width, scroll - RULER, text, ground);
  }
  ruler(context, map, look, width, { ground, line, muted, font, thumb: color("accent") });
  return drawn;
}

// Where the blocks of a map begin within their lanes, as one list.
function ownerStarts(map) {
  map.ownerStarts ??= Float64Array.from(map.owners, (owner) => owner.start);
  return map.ownerStarts;
}

// A frame around the chosen range that shows on every colour.
function outline(context, map, chosen, atX, width, scroll, ink, ground) {
  const row = map.rows[map.rowOf[chosen]];
  const owner = map.owners[map.ownerOf[chosen]];
  const [from, to] = [Math.max(-4, Math.round(atX(owner.start))), Math.min(width + 4, Math.round(atX(owner.end)))];
  context.strokeStyle = ink;
  context.lineWidth = 1;
  context.strokeRect(from + 0.5, row.y - scroll - 1.5, Math.max(2, to - from - 1), row.h + 3);
  const left = Math.max(-4, Math.round(atX(map.starts[chosen])));
  const right = Math.min(width + 4, Math.round(atX(map.ends[chosen])));
  const wide = Math.max(4, right - left);
  for (const [paint, line] of [[ground, 5], [ink, 2.5]]) {
    context.strokeStyle = paint;
    context.lineWidth = line;
    context.strokeRect(left, row.y - scroll, wide, row.h);
  }
}

// How far it is from the left end of a lane, and which part of the lanes is in view.
function ruler(context, map, { first, span }, width, { ground, line, muted, font, thumb }) {
  context.fillStyle = ground;
  context.fillRect(0, 0, width, RULER);
  const step = binaryStep(span / Math.max(2, Math.floor(width / 110)));
  context.font = `400 11px ${font}`;
  context.fillStyle = muted;
  // Counted, because far out a step may be too small to lead to another number.
  const steps = Math.floor((first + span) / step) - Math.ceil(first / step);
  for (let turn = 0; turn <= steps; turn += 1) {
    const place = (Math.ceil(first / step) + turn) * step;
    const x = Math.round(((place - first) / span) * width);
    const words = bytes(place);
    const wide = context.measureText(words).width;
    context.fillRect(Math.min(x, width - 1), RULER - 9, 1, 5);
    if (x + 4 + wide <= width) context.fillText(words, x + 4, 10);
  }
  context.fillStyle = line;
  context.fillRect(0, RULER - 4, width, 1);
  context.fillStyle = thumb;
  const [left, wide] = [(first / map.widest) * width, (span / map.widest) * width];
  if (span < map.widest) context.fillRect(Math.min(left, width - 6), RULER - 5, Math.max(6, wide), 3);
}
