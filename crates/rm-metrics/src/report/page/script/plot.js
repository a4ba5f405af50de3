// A plot over frames: two canvases, an axis, the cursor, the pointer and the keys. What it shows is its owner's.

const GUTTER = 64;
const FOOT = 26;

// `draw(context, area)` paints within `area`, `flag(index)` is the word beside the cursor, `tell(index)` is what is said of
// a frame.
function plot(host, { name, height, hint, draw, flag, tell }) {
  const base = set(make("canvas.base"), {
    tabindex: "0", role: "application", "aria-roledescription": "plot", "aria-label": name, "aria-describedby": hint,
  });
  const over = set(make("canvas.over"), { "aria-hidden": "true" });
  host.append(base, over);

  const area = () => {
    const width = host.clientWidth;
    return { left: GUTTER, top: 8, width: Math.max(1, Math.floor(width - GUTTER - 8)), height: height - 8 - FOOT, full: width };
  };
  const atX = (index, { left, width }) => left + ((index - timeline.first) / (timeline.last - timeline.first)) * width;
  const atFrame = (x, { left, width }) => timeline.first + ((x - left) / width) * (timeline.last - timeline.first);

  const paint = painter(() => {
    const here = area();
    const context = fit(base, here.full, height);
    draw(context, here);
    // For those who want to know what is in view.
    Object.assign(base.dataset, { first: timeline.first, last: timeline.last });
    frameAxis(context, here, (index) => atX(index, here));
    mark();
  });

  function mark() {
    const here = area();
    const context = fit(over, here.full, height);
    if (timeline.count === 0) return;
    const x = Math.round(atX(timeline.cursor + 0.5, here)) + 0.5;
    if (x < here.left || x > here.left + here.width + 1) return;
    context.strokeStyle = color("cursor");
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x, here.top);
    context.lineTo(x, here.top + here.height);
    context.stroke();
    const words = flag(timeline.cursor);
    context.font = `600 11px ${color("sans")}`;
    const wide = context.measureText(words).width + 12;
    const left = x + 6 + wide > here.left + here.width ? x - 6 - wide : x + 6;
    context.fillStyle = color("text");
    context.beginPath();
    context.roundRect(Math.max(here.left, left), here.top + 2, wide, 19, 4);
    context.fill();
    context.fillStyle = color("page");
    context.textBaseline = "middle";
    context.fillText(words, Math.max(here.left, left) + 6, here.top + 12);
  }

  let drag = null;
  base.addEventListener("pointerdown", (event) => {
    drag = { x: event.offsetX, first: timeline.first, last: timeline.last, moved: false };
    base.setPointerCapture(event.pointerId);
  });
  base.addEventListener("pointermove", (event) => {
    const here = area();
    if (drag && event.buttons) {
      const by = event.offsetX - drag.x;
      drag.moved ||= Math.abs(by) > 4;
      const all = drag.last - drag.first >= timeline.count;
      if (drag.moved && !all) {
        const frames = (by / here.width) * (drag.last - drag.first);
        return view(drag.first - frames, drag.last - frames);
      }
    }
    if (event.offsetX >= here.left) point(Math.floor(atFrame(event.offsetX, here)));
  });
  const release = () => { drag = null; };
  base.addEventListener("pointerup", release);
  base.addEventListener("pointercancel", release);
  base.addEventListener("wheel", (event) => {
    if (event.ctrlKey || event.metaKey) zoom(Math.exp(event.deltaY * 0.004), atFrame(event.offsetX, area()));
    else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const frames = (event.deltaX / area().width) * (timeline.last - timeline.first);
      view(timeline.first + frames, timeline.last + frames);
    } else return;
    event.preventDefault();
  }, { passive: false });
  base.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.shiftKey ? Math.max(1, Math.round((timeline.last - timeline.first) / 10)) : 1;
    const keys = {
      ArrowLeft: () => point(timeline.cursor - step),
      ArrowRight: () => point(timeline.cursor + step),
      Home: () => point(0),
      End: () => point(timeline.count - 1),
      "+": () => zoom(0.5, timeline.cursor),
      "=": () => zoom(0.5, timeline.cursor),
      "-": () => zoom(2, timeline.cursor),
      0: () => view(0, timeline.count),
    };
    const act = keys[event.key];
    if (!act || timeline.count === 0) return;
    event.preventDefault();
    act();
    say(tell(timeline.cursor));
  });
  base.addEventListener("focus", () => { if (timeline.count) say(tell(timeline.cursor)); });

  new ResizeObserver(paint).observe(host);
  repaints.push(paint);
  timeline.zoomed.push(paint);
  timeline.moved.push(painter(mark));
  return paint;
}

// Numbers of frames below the plot, at round distances.
function frameAxis(context, { left, top, width, height }, at) {
  const span = timeline.last - timeline.first;
  const most = Math.max(2, Math.floor(width / 90));
  let step = 1;
  for (let turn = 0; span / step > most; turn += 1) step *= [2, 2.5, 2][turn % 3];
  step = Math.max(1, Math.round(step));
  context.font = `400 11px ${color("sans")}`;
  context.fillStyle = color("axis");
  context.textBaseline = "top";
  context.textAlign = "center";
  for (let index = Math.ceil(timeline.first / step) * step; index < timeline.last; index += step) {
    if (index >= timeline.count) break;
    const x = at(index + 0.5);
    const words = grouped(report.frames[index]);
    const half = context.measureText(words).width / 2;
    if (x - half < left - 8 || x + half > left + width + 8) continue;
    context.fillText(words, x, top + height + 10);
  }
  context.textAlign = "left";
}

// Lines at round numbers of `words`, up to `most`; answers the value that the top stands for.
function valueAxis(context, { left, top, width, height }, most, words, steps) {
  const lines = Math.max(2, Math.min(6, Math.floor(height / 44)));
  let step = steps(most / lines);
  const rise = (value) => top + height - (value / most) * height;
  context.font = `400 11px ${color("sans")}`;
  context.textBaseline = "middle";
  context.textAlign = "right";
  context.lineWidth = 1;
  for (let value = 0; value <= most; value += step) {
    const y = Math.round(rise(value)) + 0.5;
    context.strokeStyle = value === 0 ? color("line-strong") : color("grid");
    context.beginPath();
    context.moveTo(left, y);
    context.lineTo(left + width, y);
    context.stroke();
    context.fillStyle = color("axis");
    context.fillText(words(value), left - 7, Math.max(top + 4, y));
  }
  context.textAlign = "left";
  return rise;
}

// The next step that is a power of two, or thrice one.
function binaryStep(least) {
  let step = 1;
  while (step < least) step *= 2;
  return step * 0.75 >= least && step >= 4 ? step * 0.75 : step;
}
