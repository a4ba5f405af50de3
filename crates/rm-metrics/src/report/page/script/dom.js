// Elements, made of text and never of markup.

const $ = (id) => document.getElementById(id);

const report = JSON.parse($("report").textContent);

// `make("td.right", "text", child)`: an element with its classes and what it holds.
function make(what, ...content) {
  const [name, ...classes] = what.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  element.append(...content.filter((it) => it !== null && it !== undefined));
  return element;
}

function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

// Text that came from outside, kept to its own direction.
const foreign = (text) => make("bdi", visible(text));

function swatch(color, shape) {
  const it = make(shape ? `i.swatch.${shape}` : "i.swatch");
  const paint = shape && shape !== "open" ? "borderColor" : "background";
  it.style[paint] = `var(--${color})`;
  set(it, { "aria-hidden": "true" });
  return it;
}

function button(classes, text, name, press) {
  const it = set(make(`button${classes}`, text), { type: "button" });
  if (name) set(it, { "aria-label": name, title: name });
  it.addEventListener("click", press);
  return it;
}

// Buttons of which one is pressed.
function choice(name, options, chosen, pick) {
  const group = set(make("div.choice"), { role: "group", "aria-label": name });
  const buttons = options.map(({ value, text }) => {
    const press = () => {
      for (const it of buttons) set(it, { "aria-pressed": String(it === own) });
      pick(value);
    };
    const own = button("", text, null, press);
    set(own, { "aria-pressed": String(value === chosen) });
    group.append(own);
    return own;
  });
  return group;
}

const empty = (title, why) => make("p.empty", make("b", title), why);

// Says `text` to those who do not see it; the last word counts, and only once it stands for a moment.
let saying = 0;
function say(text) {
  clearTimeout(saying);
  saying = setTimeout(() => { $("said").textContent = text; }, 120);
}

// A box beside the pointer; `null` takes it away.
function tip(lines, x, y) {
  const box = $("tip");
  box.hidden = !lines;
  if (!lines) return;
  box.replaceChildren(...lines);
  const { width, height } = box.getBoundingClientRect();
  const left = x + 14 + width > innerWidth ? x - 14 - width : x + 14;
  const above = y + 14 + height > innerHeight ? y - 14 - height : y + 14;
  box.style.left = `${Math.max(4, left)}px`;
  box.style.top = `${Math.max(4, above)}px`;
}

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

// Drawn again at the next picture, however often it is asked for.
function painter(draw) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; draw(); });
  };
}

// As many dots as the screen has; the context measures in the page's pixels.
function fit(canvas, width, height) {
  const dots = window.devicePixelRatio || 1;
  const [wide, high] = [Math.round(width * dots), Math.round(height * dots)];
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide;
    canvas.height = high;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d");
  context.setTransform(dots, 0, 0, dots, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

const repaints = [];
