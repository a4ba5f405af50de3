//! How the page looks: nothing cut off at any width, every word readable in both colours, and pictures for people to judge.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rm_metrics::write_report;

use super::{
    driver::{Browser, key},
    sample::sample,
};

/// Width, height, colours, name.
const LOOKS: [(u32, u32, &str, &str); 6] = [
    (1440, 2900, "light", "wide-light"),
    (1440, 2900, "dark", "wide-dark"),
    (768, 3000, "light", "middle-light"),
    (320, 5200, "light", "narrow-light"),
    (320, 5200, "dark", "narrow-dark"),
    (2200, 1400, "dark", "very-wide-dark"),
];

/// Words whose contrast with what lies behind them is below WCAG's AA, of elements that are shown.
const FAINT: &str = r"
const parse = (it) => { const [r, g, b, a = 1] = it.match(/[\d.]+/g).map(Number); return { r, g, b, a }; };
const light = ({ r, g, b }) => {
  const [x, y, z] = [r, g, b].map((it) => it / 255).map((it) => it <= 0.04045 ? it / 12.92 : ((it + 0.055) / 1.055) ** 2.4);
  return 0.2126 * x + 0.7152 * y + 0.0722 * z;
};
const behind = (it) => {
  for (; it; it = it.parentElement) {
    const color = parse(getComputedStyle(it).backgroundColor);
    if (color.a > 0.95) return color;
  }
  return { r: 255, g: 255, b: 255 };
};
const faint = [];
for (const it of document.querySelectorAll('body *')) {
  const words = [...it.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim()).join(' ').trim();
  if (!words || !it.checkVisibility() || it.closest('script, noscript, .unseen')) continue;
  const style = getComputedStyle(it);
  const [a, b] = [light(parse(style.color)), light(behind(it))].sort((a, b) => b - a);
  const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
  const ratio = (a + 0.05) / (b + 0.05);
  if (ratio < (large ? 3 : 4.5)) faint.push(`${ratio.toFixed(2)}: ${words.slice(0, 40)}`);
}
return faint;
";

#[test]
fn pages_fit_and_can_be_read_at_every_width_and_in_both_colours() {
    let Some(browser) = Browser::open() else { return };
    let page = browser.folder().join("report.html");
    write_report(&page, &sample()).unwrap();
    let screens = screens();
    for (width, height, colours, name) in LOOKS {
        browser.prefer("prefers-color-scheme", colours);
        browser.resize(width, height);
        browser.visit(&page);
        let theme = browser.text("document.documentElement.dataset.theme");
        assert_eq!(theme, colours, "the page follows the system");
        let over = browser.ask(
            "return [document.scrollingElement.scrollWidth, innerWidth,
                [...document.querySelectorAll('main *')].filter(it =>
                    it.getBoundingClientRect().right > innerWidth + 1 && !it.closest('.table'))
                    .map(it => it.tagName + '.' + it.className).slice(0, 5)]",
        );
        assert!(over[0].as_u64() <= over[1].as_u64(), "{name} is wider than its window: {over}");
        let faint = browser.ask(FAINT);
        assert_eq!(faint, serde_json::json!([]), "{name}");
        browser.ask("document.querySelector('#map-plot canvas').focus({ preventScroll: true })");
        browser.press(&[key::HOME, key::DOWN, key::DOWN, key::RIGHT]);
        browser.ask("scrollTo(0, 0)");
        browser.settle();
        browser.picture(&screens.join(format!("{name}.png")));
    }
    assert!(browser.console().is_empty());
}

#[test]
fn the_toggle_outweighs_the_system_and_focus_is_seen_everywhere() {
    let Some(browser) = Browser::open() else { return };
    let page = browser.folder().join("report.html");
    write_report(&page, &sample()).unwrap();
    browser.prefer("prefers-color-scheme", "light");
    browser.visit(&page);
    let ground = "getComputedStyle(document.body).backgroundColor";
    let light = browser.text(ground);
    browser.ask("document.querySelectorAll('#theme button')[2].click()");
    assert_eq!(browser.text("document.documentElement.dataset.theme"), "dark");
    assert_ne!(browser.text(ground), light);
    // Through everything that takes the keyboard, from the top of the page.
    let mut seen = 0;
    let mut names = Vec::new();
    browser.ask("document.activeElement.blur(); scrollTo(0, 0)");
    for _ in 0..40 {
        browser.press(&[key::TAB]);
        let outline = browser.text("getComputedStyle(document.activeElement).outlineStyle");
        let name = browser.text(
            "document.activeElement.tagName + ' ' + (document.activeElement.ariaLabel
                || document.activeElement.textContent.slice(0, 30))",
        );
        if name.starts_with("BODY") {
            break;
        }
        assert_ne!(outline, "none", "{name}");
        seen += 1;
        names.push(name);
    }
    assert!(seen > 25, "{names:?}");
    for what in ["CANVAS Memory over time", "CANVAS Churn per frame", "CANVAS Map of heap 0"] {
        assert!(names.iter().any(|name| name.starts_with(what)), "{what} in {names:#?}");
    }
}

#[test]
fn a_range_and_a_moment_up_close_have_their_pictures_too() {
    let Some(browser) = Browser::open() else { return };
    let page = browser.folder().join("report.html");
    write_report(&page, &sample()).unwrap();
    browser.prefer("prefers-color-scheme", "dark");
    browser.resize(1440, 1150);
    browser.visit(&page);
    browser.ask("document.querySelectorAll('#memory-tools button')[1].click()");
    browser.ask("document.querySelector('#memory-plot canvas').focus()");
    browser.press(&[key::HOME]);
    browser.press(&[key::RIGHT; 120]);
    browser.press(&["+", "+", "+", "+"]);
    browser.press(&[key::RIGHT; 40]);
    browser.picture(&screens().join("close-plot.png"));
    browser.ask("document.querySelector('#map-plot canvas').focus({ preventScroll: true })");
    browser.press(&[key::HOME, key::DOWN, key::DOWN]);
    browser.press(&[key::RIGHT; 30]);
    browser.press(&[key::ENTER, "-", "-", "-"]);
    browser.ask("document.getElementById('map').scrollIntoView({ behavior: 'instant' })");
    browser.settle();
    browser.picture(&screens().join("close-map.png"));
    assert!(browser.console().is_empty());
}

/// Where pictures of the page lie for people to look at.
fn screens() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let screens = target.join("report-screens");
    fs::create_dir_all(&screens).unwrap();
    screens
}
