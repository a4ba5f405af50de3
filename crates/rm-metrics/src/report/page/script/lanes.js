// The blocks of one heap laid out in lanes, all to one scale: a block that is as wide as the widest has a lane of its own,
// smaller ones of one memory type share lanes.

const KINDS = ["buffer", "image", "alias", "raw", "used", "free"];
const LANE = 24;
const LANE_GAP = 5;
const HEADING = 26;

// Ranges of all lanes lie one after the other in flat lists, so that any place is found by halving; `sums[kind]` counts the
// bytes of a kind before each of them, so that what a pixel covers is known however many ranges lie in it.
function layOut(heap) {
  const blocks = report.blocks.map((block, number) => ({ block, number })).filter((it) => it.block.heap === heap);
  blocks.sort((a, b) =>
    a.block.memory_type - b.block.memory_type || a.block.dedicated - b.block.dedicated
    || +b.block.size - +a.block.size || a.number - b.number);
  const widest = blocks.reduce((most, it) => Math.max(most, +it.block.size), 1);
  const total = blocks.reduce((sum, it) => sum + it.block.ranges.length * 2 + 1, 0);
  const map = {
    heap, widest, height: 0, rows: [], owners: [], ranges: [], count: 0,
    starts: new Float64Array(total), ends: new Float64Array(total),
    kinds: new Uint8Array(total), rowOf: new Uint32Array(total), ownerOf: new Uint32Array(total),
    sums: KINDS.map(() => new Float64Array(total + 1)),
  };
  let [lane, type] = [null, null];
  for (const { block, number } of blocks) {
    const size = +block.size;
    if (block.memory_type !== type) {
      type = block.memory_type;
      map.rows.push({ y: map.height, h: HEADING, heading: heading(type, blocks) });
      map.height += HEADING;
      lane = null;
    }
    if (!lane || lane.end + size > widest) {
      lane = { y: map.height, h: LANE, from: map.count, to: map.count, end: 0, owners: [map.owners.length, 0] };
      map.rows.push(lane);
      map.height += LANE + LANE_GAP;
    }
    const owner = map.owners.length;
    map.owners.push({ block, number, start: lane.end, end: lane.end + size, row: map.rows.length - 1, from: map.count, to: 0 });
    let place = 0;
    const put = (range, offset, end) => {
      const at = map.count;
      map.starts[at] = lane.end + offset;
      map.ends[at] = lane.end + end;
      map.kinds[at] = KINDS.indexOf(range.kind);
      map.rowOf[at] = map.rows.length - 1;
      map.ownerOf[at] = owner;
      map.ranges.push(range);
      KINDS.forEach((_, kind) => { map.sums[kind][at + 1] = map.sums[kind][at] + (kind === map.kinds[at] ? end - offset : 0); });
      map.count += 1;
      place = end;
    };
    const free = (offset, end) => put({ offset, size: end - offset, kind: "free", label: null, tag: null, since_frame: null, age_ns: null }, offset, end);
    for (const range of block.ranges) {
      const offset = Math.max(place, +range.offset);
      const end = Math.min(size, +range.offset + +range.size);
      if (offset > place) free(place, Math.min(size, offset));
      if (end > offset) put(range, offset, end);
    }
    if (place < size) free(place, size);
    lane.end += size;
    lane.to = map.count;
    lane.owners[1] = map.owners.length;
    map.owners[owner].to = map.count;
  }
  return map;
}

// What a block holds, by the rules by which it is drawn: what no range covers is free, and nothing lies beyond its end.
const filled = (block) => {
  const size = +block.size;
  let [sum, largest, used, place] = [0, 0, 0, 0];
  const free = (count) => { sum += count; largest = Math.max(largest, count); };
  for (const range of block.ranges) {
    const offset = Math.max(place, +range.offset);
    const end = Math.min(size, +range.offset + +range.size);
    if (end <= offset) continue;
    if (offset > place) free(offset - place);
    if (range.kind === "free") free(end - offset); else used += end - offset;
    place = end;
  }
  if (place < size) free(size - place);
  return { sum, largest, used };
};

// What stands above the lanes of a memory type, in full and in brief.
function heading(type, blocks) {
  let [count, size, used] = [0, 0, 0];
  for (const { block } of blocks) {
    if (block.memory_type !== type) continue;
    count += 1; size += +block.size; used += filled(block).used;
  }
  const parts = [`Memory type ${type}`, plural(count, "block", "blocks"), bytes(Math.round(size)), `${percent(used, size)} used`];
  return [parts.join("   ·   "), `Type ${type} · ${bytes(Math.round(size))} · ${percent(used, size)} used`];
}

// Bytes of blocks, the part that is used, and 1 − the largest free range of each block ÷ all that is free.
function summary(heap) {
  let [size, used, largest, open, count] = [0, 0, 0, 0, 0];
  for (const block of report.blocks) {
    if (block.heap !== heap) continue;
    const it = filled(block);
    size += +block.size; used += it.used; largest += it.largest; open += it.sum; count += 1;
  }
  return { size, used, count, fragmentation: open > 0 ? 1 - largest / open : null };
}

// The last index from `from` to before `to` whose value is at most `wanted`.
function lastAtMost(values, from, to, wanted) {
  let [low, high] = [from, to];
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (values[middle] <= wanted) low = middle; else high = middle;
  }
  return low;
}

// The range of a lane that holds `place`.
const rangeAt = (map, lane, place) => lastAtMost(map.starts, lane.from, lane.to, place);

// Bytes of `kind` in a lane before `place`, from an arbitrary start that is the same for the whole lane.
function before(map, lane, kind, place) {
  const at = rangeAt(map, lane, place);
  const within = Math.min(place, map.ends[at]) - map.starts[at];
  return map.sums[kind][at] + (map.kinds[at] === kind ? Math.max(0, within) : 0);
}

// The row at `y`, or the last one above it.
function rowAt(map, y) {
  let [low, high] = [0, map.rows.length];
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (map.rows[middle].y <= y) low = middle; else high = middle;
  }
  return low;
}
