//! The page in a browser: drawn, quiet, moved by pointer and keys, and never more than text.

use std::fs;

use rm_metrics::{MemorySeries, RangeKind, Report, write_report};

use super::{
    driver::{Browser, key},
    sample::sample,
};

/// Opens `report` in a browser, if there is one.
pub(super) fn show(report: &Report) -> Option<Browser> {
    let browser = Browser::open()?;
    let path = browser.folder().join("report.html");
    write_report(&path, report).unwrap();
    browser.visit(&path);
    Some(browser)
}

/// Nothing was said to the console, and nothing was fetched.
pub(super) fn assert_quiet(browser: &Browser) {
    let console = browser.console();
    assert!(console.is_empty(), "{console:#?}");
    let fetched = browser.ask("return performance.getEntriesByType('resource').map(it => it.name)");
    assert_eq!(fetched, serde_json::json!([]), "the page is all there is");
}

/// The digits of a text, as a number.
pub(super) fn digits(text: &str) -> u64 {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_else(|_| panic!("no number in {text:?}"))
}

/// The rows beside a plot or the map: name and exact figure.
pub(super) fn readout(browser: &Browser, id: &str) -> Vec<(String, String)> {
    let rows = browser.ask(&format!(
        "return [...document.querySelectorAll('#{id} tr')].map(row => [
            row.querySelector('th').textContent,
            (row.querySelector('small') || row.querySelector('td')).textContent])"
    ));
    serde_json::from_value(rows).unwrap()
}

/// How many colours a canvas shows.
fn colours(browser: &Browser, canvas: &str) -> usize {
    let count = browser.ask(&format!(
        "const canvas = document.querySelector('{canvas}');
         const dots = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
         return new Set(new Uint32Array(dots.buffer)).size"
    ));
    usize::try_from(count.as_u64().unwrap()).unwrap()
}

/// The rows that `report` has for a frame of a series.
fn expected(series: &MemorySeries, frame: usize) -> Vec<(String, u64)> {
    let mut rows = vec![("Used".to_owned(), series.used_bytes[frame])];
    let mut categories: Vec<_> = series
        .categories
        .iter()
        .filter(|it| it.used_bytes.iter().any(|bytes| *bytes > 0))
        .map(|it| (it.name.clone(), it.used_bytes[frame]))
        .collect();
    categories.reverse();
    rows.append(&mut categories);
    rows.push(("Retiring".into(), series.retiring_bytes[frame]));
    let budget = series.budget_bytes[frame].unwrap();
    rows.push(("Budget".into(), budget));
    rows.push(("Warning line".into(), budget * 90 / 100));
    rows.push(("Memory objects".into(), series.block_bytes[frame]));
    if let Some(usage) = series.driver_usage_bytes.get(frame) {
        rows.push(("Driver’s usage".into(), *usage));
    }
    rows
}

fn shown(browser: &Browser) -> Vec<(String, u64)> {
    let rows = readout(browser, "memory-readout");
    let figures = rows.into_iter().filter(|(name, _)| !name.contains("Refused"));
    figures.map(|(name, figure)| (name, digits(&figure))).collect()
}

#[test]
fn a_page_is_drawn_and_says_nothing_to_the_console() {
    let report = sample();
    let Some(browser) = show(&report) else { return };
    assert_eq!(browser.text("document.title"), report.title);
    for canvas in ["#memory-plot canvas", "#churn-plot canvas", "#map-plot canvas"] {
        assert!(colours(&browser, canvas) > 3, "{canvas} is blank");
    }
    for section in ["top", "refusals", "leaks", "events", "figures"] {
        let height = browser.ask(&format!(
            "return document.getElementById('{section}').getBoundingClientRect().height"
        ));
        assert!(height.as_f64().unwrap() > 60.0, "{section}");
    }
    assert_quiet(&browser);
}

#[test]
fn every_figure_beside_the_plot_is_the_one_given() {
    let report = sample();
    let Some(browser) = show(&report) else { return };
    // By pointer, here and there over the width of the plot.
    for part in [0.0, 0.2, 0.37, 0.5, 0.81, 0.999] {
        let place = browser.ask(&format!(
            "const box = document.querySelector('#memory-plot canvas').getBoundingClientRect();
             const width = Math.floor(box.width - 64 - 8);
             return [Math.ceil(box.left + 64 + {part} * width), Math.round(box.top + 100),
                     width, box.left + 64]"
        ));
        let [x, y, width, left] = [0, 1, 2, 3].map(|at| place[at].as_f64().unwrap());
        browser.point(x as i64, y as i64);
        let frame = (x - left) / width * report.frames.len() as f64;
        let frame = frame as usize;
        let word = browser.text("document.querySelector('#memory-readout .muted').textContent");
        let there = digits(word.split('·').next().unwrap()) as usize;
        // Pointers stand on whole pixels, and a pixel is two frames.
        assert!(there.abs_diff(frame) <= 3, "the cursor is on {there}, the pointer on {frame}");
        assert_eq!(shown(&browser), expected(&report.memory[0], there), "frame {there}");
    }
    // By keys, for every heap.
    for (at, series) in report.memory.iter().enumerate() {
        browser.ask(&format!("document.querySelectorAll('#memory-tools button')[{at}].click()"));
        browser.ask("document.querySelector('#memory-plot canvas').focus()");
        browser.press(&[key::HOME, key::RIGHT, key::RIGHT, key::RIGHT]);
        assert_eq!(shown(&browser), expected(series, 3), "{}", series.name);
        browser.until("document.getElementById('said').textContent.startsWith('Frame 3,')");
        browser.press(&[key::END, key::LEFT]);
        assert_eq!(shown(&browser), expected(series, report.frames.len() - 2), "{}", series.name);
    }
    let figures = browser.ask(
        "return [...document.querySelectorAll('#figures-list tbody tr')].map(row => [
            row.cells[0].textContent, (row.cells[1].querySelector('small') || row.cells[1]).textContent])",
    );
    let figures: Vec<(String, String)> = serde_json::from_value(figures).unwrap();
    let last = |name: &str| digits(&figures.iter().find(|(it, _)| it == name).unwrap().1);
    assert_eq!(last("used_bytes"), *report.memory[0].used_bytes.last().unwrap());
    assert_eq!(last("block_bytes"), *report.memory[0].block_bytes.last().unwrap());
    assert_eq!(last("refusals"), report.refusals.len() as u64);
    assert_quiet(&browser);
}

#[test]
fn plots_zoom_by_keys_around_the_cursor() {
    let report = sample();
    let Some(browser) = show(&report) else { return };
    browser.ask("document.querySelector('#churn-plot canvas').focus()");
    browser.press(&[key::HOME, "+", "+", "+", "+", "+", "+", "+", "+", "+", "+"]);
    let view = said(&browser, "#churn-plot canvas", ["first", "last"]);
    assert_eq!(view, [0.0, 8.0], "the least view is of eight frames");
    browser.press(&[key::RIGHT; 12]);
    assert_eq!(shown(&browser), expected(&report.memory[0], 12));
    let said = "document.getElementById('said').textContent";
    browser.until(&format!("{said}.startsWith('Frame 12:')"));
    browser.press(&["0", key::END]);
    assert_eq!(shown(&browser), expected(&report.memory[0], report.frames.len() - 1));
    assert_quiet(&browser);
}

#[test]
fn the_map_shows_each_range_by_keys_and_pointer() {
    let report = sample();
    let Some(browser) = show(&report) else { return };
    let canvas = "document.querySelector('#map-plot canvas')";
    browser.ask(&format!("{canvas}.focus()"));
    browser.press(&[key::HOME]);
    let row = |name: &str| {
        let rows = readout(&browser, "map-readout");
        rows.into_iter().find(|(it, _)| it == name).unwrap().1
    };
    let mut blocks = std::collections::BTreeSet::new();
    for _ in 0..3 {
        for _ in 0..6 {
            let name = row("Block");
            let block = &report.blocks[digits(&name) as usize];
            let offset = digits(&row("Offset"));
            let range = block.ranges.iter().find(|range| range.offset == offset).unwrap();
            assert_eq!(digits(&row("Size")), range.size);
            assert_eq!(digits(&row("Block size")), block.size);
            assert_eq!(digits(&row("Memory type")), u64::from(block.memory_type));
            let label = match range.kind {
                RangeKind::Free => "Free",
                _ => range.label.as_deref().unwrap_or("unlabelled"),
            };
            assert_eq!(
                browser.text("document.querySelector('#map-readout .name').textContent"),
                label
            );
            if let Some(since) = range.since_frame {
                assert_eq!(digits(&row("Age")), report.frames.last().unwrap() - since);
            }
            blocks.insert(digits(&name));
            browser.press(&[key::RIGHT]);
        }
        browser.press(&[key::DOWN]);
    }
    assert!(blocks.len() >= 3, "arrows go from block to block: {blocks:?}");
    browser.until("document.getElementById('said').textContent.includes('of block')");

    // The pointer over the middle of a range that the keys have made wide.
    browser.press(&[key::HOME, key::ENTER]);
    let (size, offset, block) = (row("Size"), row("Offset"), row("Block"));
    let there = browser.ask(&format!(
        "{canvas}.scrollIntoView({{ block: 'center', behavior: 'instant' }});
         const box = {canvas}.getBoundingClientRect();
         document.getElementById('map-plot').scrollTop = 0;
         return [Math.round(box.left + box.width / 6), Math.round(box.top + 24 + 26 + 12)]"
    ));
    browser.settle();
    let [x, y] = [0, 1].map(|at| there[at].as_i64().unwrap());
    browser.point(x, y + 29);
    assert_ne!((row("Size"), row("Offset"), row("Block")), (size.clone(), offset.clone(), block));
    browser.point(x, y);
    assert_eq!((row("Size"), row("Offset")), (size, offset));
    let tip = browser.text("document.getElementById('tip').textContent");
    assert!(tip.contains("iB"), "{tip}");
    assert_quiet(&browser);
}

#[test]
fn a_label_is_found_and_its_heap_shown() {
    let mut report = sample();
    let last = report.blocks.len() - 1;
    report.blocks[last].ranges[0].label = Some("The One".into());
    report.blocks[last].ranges[0].kind = RangeKind::Buffer;
    report.blocks[last].ranges[0].since_frame = Some(1_998);
    report.blocks[last].ranges[0].age_ns = Some(1_500_000);
    let Some(browser) = show(&report) else { return };
    browser.ask("document.querySelector('#map-find input').focus()");
    browser.press(&["t", "h", "e", " ", "o", "n", "e", key::ENTER]);
    let name = browser.text("document.querySelector('#map-readout .name').textContent");
    assert_eq!(name, "The One");
    let count = browser.text("document.querySelector('#map-find span').textContent");
    assert!(count.contains("1 match"), "{count}");
    let rows = readout(&browser, "map-readout");
    assert!(rows.contains(&("Age".into(), "1 frame · 1.500 ms".into())), "{rows:?}");
    assert_quiet(&browser);
}

#[test]
fn an_empty_report_says_what_is_not_there() {
    let Some(browser) = show(&Report::new("Nothing")) else { return };
    let text = browser.text("document.body.innerText");
    for words in ["No frames", "No memory objects", "No allocations", "No refusals", "No leaks"] {
        assert!(text.contains(words), "{words}");
    }
    assert_quiet(&browser);
    let page = browser.folder().join("report.html");
    assert!(fs::metadata(page).unwrap().len() < 200_000, "an empty page is small");
}

#[test]
fn numbers_beyond_what_scripts_count_exactly_stay_exact() {
    let mut report = Report::new("Large");
    report.frames = vec![u64::MAX - 1];
    let used = (1 << 60) + 1;
    report.memory.push(MemorySeries {
        used_bytes: vec![used],
        budget_bytes: vec![Some(u64::MAX)],
        ..MemorySeries::device()
    });
    let Some(browser) = show(&report) else { return };
    let rows = shown(&browser);
    assert_eq!(rows, [("Used".to_owned(), used), ("Budget".to_owned(), u64::MAX)]);
    assert_quiet(&browser);
}

#[test]
fn tables_sort_and_lead_to_the_map() {
    let report = sample();
    let Some(browser) = show(&report) else { return };
    let mut sizes: Vec<u64> = Vec::new();
    for block in &report.blocks {
        let used = block.ranges.iter().filter(|range| range.kind != RangeKind::Free);
        sizes.extend(used.map(|range| range.size));
    }
    sizes.sort_unstable();
    let first = "document.querySelector('#top-list tbody tr')";
    let size =
        || digits(&browser.text(&format!("{first}.cells[1].querySelector('small').textContent")));
    assert_eq!(size(), *sizes.last().unwrap(), "the largest come first");
    browser.ask("document.querySelectorAll('#top-list th button')[1].click()");
    assert_eq!(size(), sizes[0], "and last, once the order is turned");
    let sorted = browser.text("document.querySelectorAll('#top-list th')[1].ariaSort");
    assert_eq!(sorted, "ascending");
    let rows = "return document.querySelectorAll('#top-list tbody tr').length";
    assert_eq!(browser.ask(rows), 15);
    browser.ask("document.querySelector('#top-list .more').click()");
    assert_eq!(browser.ask(rows), 215);
    let label = browser.text(&format!("{first}.querySelector('bdi').textContent"));
    browser.ask(&format!("{first}.querySelector('button').click()"));
    browser.settle();
    let name = browser.text("document.querySelector('#map-readout .name').textContent");
    assert_eq!(name, label);
    let bytes = readout(&browser, "map-readout");
    assert_eq!(digits(&bytes.iter().find(|(name, _)| name == "Size").unwrap().1), sizes[0]);
    let explained = browser.text("document.querySelector('#refusals-list pre').textContent");
    assert_eq!(explained, report.refusals[0].explanation);
    assert_quiet(&browser);
}

/// Two figures that a canvas says of itself.
fn said(browser: &Browser, canvas: &str, names: [&str; 2]) -> [f64; 2] {
    let figures = browser.ask(&format!(
        "const it = document.querySelector('{canvas}').dataset;
         return [it.{}, it.{}].map(Number)",
        names[0], names[1]
    ));
    [0, 1].map(|at| figures[at].as_f64().unwrap())
}

/// Left edge, width and a height within a canvas, after it is brought into view.
fn place(browser: &Browser, canvas: &str) -> [i64; 3] {
    let place = browser.ask(&format!(
        "const it = document.querySelector('{canvas}');
         it.scrollIntoView({{ block: 'center', behavior: 'instant' }});
         const box = it.getBoundingClientRect();
         return [box.left, box.width, box.top + 70].map(Math.round)"
    ));
    browser.settle();
    [0, 1, 2].map(|at| place[at].as_i64().unwrap())
}

#[test]
fn plots_are_dragged_and_zoomed_by_pointer() {
    const CANVAS: &str = "#memory-plot canvas";
    let report = sample();
    let Some(browser) = show(&report) else { return };
    let view = || said(&browser, CANVAS, ["first", "last"]);
    assert_eq!(view(), [0.0, 2_000.0]);
    let [left, width, y] = place(&browser, CANVAS);
    let plot = width - 64 - 8;
    let middle = left + 64 + plot / 2;
    browser.wheel([middle, y], -400, key::CONTROL);
    let [first, last] = view();
    assert!(last - first < 500.0, "the wheel zooms: {first} to {last}");
    assert!(((first + last) / 2.0 - 1_000.0).abs() < 4.0, "around the pointer: {first} to {last}");
    // A quarter of the plot to the right shows a quarter of the view before.
    browser.drag([middle, y], [middle + plot / 4, y]);
    let [moved, end] = view();
    assert!(((first - moved) - (last - first) / 4.0).abs() < 3.0, "{first} came to {moved}");
    assert!(((end - moved) - (last - first)).abs() < 1e-6, "a move keeps the width");
    assert_eq!(said(&browser, "#churn-plot canvas", ["first", "last"]), [moved, end], "together");
    browser.drag([middle - plot / 3, y], [middle + plot / 2, y]);
    browser.drag([middle - plot / 3, y], [middle + plot / 2, y]);
    browser.drag([middle - plot / 3, y], [middle + plot / 2, y]);
    assert!(view()[0] >= 0.0, "nothing lies before the first frame");
    browser.ask("document.querySelectorAll('#memory-tools .tool')[2].click()");
    browser.settle();
    assert_eq!(view(), [0.0, 2_000.0]);
    assert_quiet(&browser);
}

#[test]
fn the_map_is_dragged_and_zoomed_by_pointer() {
    const CANVAS: &str = "#map-plot canvas";
    let report = sample();
    let Some(browser) = show(&report) else { return };
    let view = || said(&browser, CANVAS, ["first", "span"]);
    let [_, widest] = view();
    let largest = report.blocks.iter().filter(|it| it.heap == 0).map(|it| it.size).max();
    assert_eq!(widest, largest.unwrap() as f64, "at first, whole blocks");
    let [left, width, y] = place(&browser, CANVAS);
    browser.wheel([left + width / 2, y], -400, key::CONTROL);
    let [first, span] = view();
    assert!(span < widest / 4.0 && first > 0.0, "{first} and {span} of {widest}");
    browser.drag([left + width / 2, y], [left + width / 4, y]);
    let [moved, same] = view();
    assert_eq!(span, same);
    assert!((moved - first - span / 4.0).abs() < span / 100.0, "{first} came to {moved}");
    browser.wheel([left + width / 2, y], -100_000, key::SHIFT);
    assert_eq!(view(), [0.0, span], "nothing lies before a block");
    browser.press(&[key::TAB]);
    browser.ask("document.querySelector('#map-plot canvas').focus()");
    browser.press(&["0"]);
    assert_eq!(view(), [0.0, widest]);
    assert_quiet(&browser);
}
