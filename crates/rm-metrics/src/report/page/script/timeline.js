// Which frames are in view and which one the cursor is on: one for all plots, so that they move together.

const timeline = { count: 0, first: 0, last: 1, cursor: 0, moved: [], zoomed: [] };

const LEAST_FRAMES = 8;

function beginTimeline(count) {
  Object.assign(timeline, { count, first: 0, last: Math.max(1, count), cursor: Math.max(0, count - 1) });
}

// Shows the frames from `first` to before `last`, moved and widened until they are among those there are.
function view(first, last) {
  const all = Math.max(1, timeline.count);
  const span = Math.min(all, Math.max(Math.min(LEAST_FRAMES, all), last - first));
  timeline.first = Math.min(Math.max(0, first), all - span);
  timeline.last = timeline.first + span;
  for (const tell of timeline.zoomed) tell();
}

function zoom(factor, around) {
  const { first, last } = timeline;
  view(around - (around - first) * factor, around + (last - around) * factor);
}

// Puts the cursor on the frame at `index`, and brings it into view.
function point(index) {
  if (timeline.count === 0) return;
  timeline.cursor = Math.min(Math.max(0, Math.round(index)), timeline.count - 1);
  const { cursor, first, last } = timeline;
  if (cursor < first) view(cursor, cursor + last - first);
  else if (cursor >= last) view(cursor + 1 - (last - first), cursor + 1);
  for (const tell of timeline.moved) tell();
}

// What each column of pixels stands for: the frame in it at which `values` is greatest, so that no peak is lost however
// many frames there are.
function picks(width, values) {
  const { first, last, count } = timeline;
  const per = (last - first) / width;
  const chosen = new Uint32Array(width);
  for (let x = 0; x < width; x += 1) {
    const from = Math.min(count - 1, Math.floor(first + x * per));
    const to = Math.min(count, Math.max(from + 1, Math.floor(first + (x + 1) * per)));
    let best = from;
    for (let index = from + 1; index < to; index += 1) {
      if (+values[index] > +values[best]) best = index;
    }
    chosen[x] = best;
  }
  return chosen;
}
