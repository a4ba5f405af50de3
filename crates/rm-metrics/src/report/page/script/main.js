// The page as a whole: colours, heading, sections.

const dusk = matchMedia("(prefers-color-scheme: dark)");
let theme = "auto";

function applyTheme() {
  const dark = theme === "dark" || (theme === "auto" && dusk.matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  for (const paint of repaints) paint();
}

// Where the browser keeps nothing for files, the choice lasts as long as the page.
function remembered(value) {
  try {
    if (value) localStorage.setItem("memory-report-theme", value);
    return localStorage.getItem("memory-report-theme");
  } catch {
    return null;
  }
}

function themeSection() {
  const kept = remembered();
  theme = ["auto", "light", "dark"].includes(kept) ? kept : "auto";
  const options = [["auto", "Auto"], ["light", "Light"], ["dark", "Dark"]].map(([value, text]) => ({ value, text }));
  $("theme").append(choice("Colours", options, theme, (value) => { theme = value; remembered(value); applyTheme(); }));
  dusk.addEventListener("change", applyTheme);
  applyTheme();
}

function headerSection() {
  const title = visible(report.title) || "Memory report";
  document.title = title;
  $("title").textContent = title;
  const { name, driver, api, backend, program } = report.device;
  const { frames } = report;
  const span = frames.length ? `${grouped(frames.length)} (${grouped(frames[0])} to ${grouped(frames[frames.length - 1])})` : "none";
  const facts = [["Device", name], ["Driver", driver], ["Vulkan", api], ["Backend", backend], ["Program", program], ["Made", report.made], ["Frames", span]];
  $("facts").append(...facts.filter(([, text]) => text).map(([term, text]) => make("div", make("dt", term), make("dd", foreign(text)))));
  $("foot").textContent = "Everything on this page is in this file. Sizes are binary: 1 KiB is 1,024 bytes, 1 MiB is 1,024 KiB.";
}

function card(name, big, note, kind, share) {
  const it = make(kind ? `dl.card.${kind}` : "dl.card", make("dt", name), make("dd.big", big), make("dd.note", note));
  if (share !== undefined) {
    const bar = make("i");
    bar.style.width = `${Math.min(100, 100 * share)}%`;
    it.append(set(make(kind ? `div.meter.${kind}` : "div.meter", bar), { "aria-hidden": "true" }));
  }
  return it;
}

function cardSection() {
  const cards = [];
  const device = report.memory[0];
  if (device && device.used_bytes.length) {
    const { used_bytes: used, budget_bytes: budgets, name } = device;
    const at = used.length - 1;
    const budget = budgets[at] ?? null;
    const share = budget === null ? undefined : +used[at] / Math.max(1, +budget);
    const warned = report.warning_percent > 0 && share * 100 >= report.warning_percent;
    const kind = share > 1 ? "bad" : warned ? "warn" : "";
    const of = budget === null ? "no budget" : `${percent(+used[at], +budget)} of ${bytes(budget)}`;
    cards.push(card(`Used at the end, ${visible(name)}`, bytes(used[at]), of, kind, share));
    let peak = 0;
    used.forEach((value, index) => { if (+value > +used[peak]) peak = index; });
    cards.push(card("Most at the end of a frame", bytes(used[peak]), `frame ${grouped(report.frames[peak])}`, ""));
  }
  let [size, used, ranges] = [0, 0, 0];
  for (const block of report.blocks) {
    size += +block.size;
    for (const range of block.ranges) if (range.kind !== "free") { used += +range.size; ranges += 1; }
  }
  const blocks = plural(report.blocks.length, "memory object", "memory objects");
  cards.push(card("Allocations at the end", grouped(ranges), `in ${blocks}, ${percent(used, size)} of ${bytes(size)}`, ""));
  const refused = report.refusals.length;
  cards.push(card("Refusals", grouped(refused), refused ? `the last in frame ${grouped(report.refusals[refused - 1].frame)}` : "every request was served", refused ? "bad" : ""));
  const leaked = report.leaks.reduce((sum, it) => sum + exactly(it.bytes), 0n);
  const count = report.leaks.reduce((sum, it) => sum + exactly(it.count), 0n);
  cards.push(card("Leaks", grouped(count), count ? `${bytes(leaked)} never given back` : "nothing was left behind", count ? "bad" : ""));
  $("cards").append(...cards);
}

function sectionLinks() {
  const names = [
    ["memory", "Memory"], ["map", "Heap map"], ["top", "Largest"], ["refusals", "Refusals", report.refusals.length, true],
    ["leaks", "Leaks", report.leaks.length, true], ["events", "Events", report.events.length], ["figures", "Figures"],
  ];
  const links = names.map(([id, text, count, bad]) => {
    const badge = count === undefined ? null : make(bad && count ? "span.badge.bad" : "span.badge", grouped(count));
    return set(make("a", text, badge), { href: `#${id}` });
  });
  $("sections").append(...links);
  // The last section whose heading is above the middle of the screen.
  const here = painter(() => {
    let at = 0;
    names.forEach(([id], index) => { if ($(id).getBoundingClientRect().top < innerHeight * 0.4) at = index; });
    links.forEach((link, index) => {
      if (index === at) set(link, { "aria-current": "true" });
      else link.removeAttribute("aria-current");
    });
  });
  addEventListener("scroll", here, { passive: true });
  here();
}

beginTimeline(report.frames.length);
themeSection();
headerSection();
sectionLinks();
cardSection();
memorySection();
churnSection();
mapSection();
topSection();
refusalSection();
leakSection();
eventSection();
figureSection();
document.documentElement.dataset.ready = "true";
