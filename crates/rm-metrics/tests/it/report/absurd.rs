//! Reports that are half empty, or hold more than there can be.

use rm_metrics::{CategorySeries, MemorySeries, RangeKind, Report, ReportBlock, ReportRange};

use super::{
    browser::{assert_quiet, show},
    driver::{Browser, key},
};

/// Dots of the plot of memory, within its axes, that are not the ground.
fn drawn(browser: &Browser) -> u64 {
    let dots = browser.ask(
        "const canvas = document.querySelector('#memory-plot canvas');
         const dots = window.devicePixelRatio || 1;
         const [left, top] = [64 * dots, 12 * dots];
         const part = canvas.getContext('2d').getImageData(left, top, canvas.width - left, 240 * dots);
         return part.data.filter((it, at) => at % 4 === 3 && it > 0).length",
    );
    dots.as_u64().unwrap()
}

#[test]
fn a_plot_shows_what_is_known_where_the_sum_is_not() {
    let blocks = MemorySeries { block_bytes: vec![1 << 20; 8], ..MemorySeries::device() };
    let category = CategorySeries { name: "buffer".into(), used_bytes: vec![1 << 20; 8] };
    let categories = MemorySeries { categories: vec![category], ..MemorySeries::device() };
    for (series, what) in [(blocks, "blocks"), (categories, "categories")] {
        let mut report = Report::new(what);
        report.frames = (0..8).collect();
        report.memory.push(series);
        let Some(browser) = show(&report) else { return };
        browser.settle();
        assert!(drawn(&browser) > 0, "no {what}");
        assert_quiet(&browser);
    }
}

#[test]
fn categories_that_hold_nothing_need_no_sum() {
    let categories = [vec![0; 8], Vec::new()]
        .map(|used_bytes| CategorySeries { name: "buffer".into(), used_bytes });
    let mut report = Report::new("Nothing yet");
    report.frames = (0..8).collect();
    report.memory.push(MemorySeries { categories: categories.into(), ..MemorySeries::device() });
    let Some(browser) = show(&report) else { return };
    assert_eq!(browser.text("document.documentElement.dataset.ready"), "true");
    assert_quiet(&browser);
}

#[test]
fn what_no_range_covers_counts_as_free() {
    let used = |offset| ReportRange {
        offset,
        size: 100,
        kind: RangeKind::Buffer,
        ..ReportRange::default()
    };
    let mut report = Report::new("Gaps");
    report.blocks.push(ReportBlock {
        size: 1000,
        // The last two lie over others, or outside.
        ranges: vec![used(0), used(500), used(500), used(2000)],
        ..ReportBlock::default()
    });
    let Some(browser) = show(&report) else { return };
    browser.settle();
    let total = browser.text("document.getElementById('map-total').textContent");
    assert!(total.contains("20.0 % used") && total.contains("fragmentation 0.500"), "{total}");
    assert_quiet(&browser);
}

#[test]
fn a_map_of_every_byte_there_is_can_be_zoomed_at_its_end() {
    let range = ReportRange { offset: u64::MAX - 4096, size: 4096, ..ReportRange::default() };
    let mut report = Report::new("All of it");
    report.blocks.push(ReportBlock {
        size: u64::MAX,
        ranges: vec![range],
        ..ReportBlock::default()
    });
    let Some(browser) = show(&report) else { return };
    browser.ask("document.querySelector('#map-plot canvas').focus()");
    browser.press(&[key::END, key::ENTER]);
    for _ in 0..8 {
        browser.press(&["+", "+"]);
    }
    browser.settle();
    let span = browser.text("document.querySelector('#map-plot canvas').dataset.span");
    assert_eq!(span, "64");
    assert_quiet(&browser);
}
