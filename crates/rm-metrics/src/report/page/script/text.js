// Numbers and texts for people.

// A number above 2^53 comes as a string of its digits, so that none of them is lost.
const exactly = (value) => BigInt(value);

const grouped = (value) => exactly(value).toString().replace(/\B(?=(\d{3})+$)/g, "\u202f");

// The same words as the library's: hundredths are rounded down.
function bytes(value) {
  const count = exactly(value);
  for (const [shift, unit] of [[40n, "TiB"], [30n, "GiB"], [20n, "MiB"], [10n, "KiB"]]) {
    const whole = count >> shift;
    if (whole === 0n) continue;
    const rest = count & ((1n << shift) - 1n);
    if (rest === 0n) return `${whole} ${unit}`;
    const hundredths = (rest * 100n) >> shift;
    return `${whole}.${hundredths.toString().padStart(2, "0")} ${unit}`;
  }
  return `${count} B`;
}

const exactBytes = (value) => `${grouped(value)} B`;

const percent = (part, whole) => (whole > 0 ? `${((100 * part) / whole).toFixed(1)} %` : "–");

const plural = (count, one, many) => `${grouped(count)} ${exactly(count) === 1n ? one : many}`;

function duration(nanoseconds) {
  const ns = Number(nanoseconds);
  if (ns >= 1e9) return `${(ns / 1e9).toFixed(3)} s`;
  if (ns >= 1e6) return `${(ns / 1e6).toFixed(3)} ms`;
  return ns >= 1e3 ? `${(ns / 1e3).toFixed(3)} µs` : `${ns} ns`;
}

// Characters that would be invisible, or turn the text around them, are shown as what they are.
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

function visible(text) {
  return text.replace(UNSEEN, (character) => {
    const code = character.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    return `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
  });
}

const labelled = (label) => (label === null || label === "" ? "unlabelled" : visible(label));
