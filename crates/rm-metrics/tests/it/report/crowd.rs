//! More ranges and more frames than a screen has pixels.

use rm_metrics::{MemorySeries, RangeKind, Report, ReportBlock, ReportRange};

use super::{
    browser::{assert_quiet, digits, readout, show},
    driver::key,
    sample::crowded,
};

#[test]
fn a_hundred_thousand_ranges_never_take_more_rectangles_than_pixels() {
    let report = crowded(100_000);
    let Some(browser) = show(&report) else { return };
    let drawn = || {
        let counted = browser.ask(
            "const it = document.querySelector('#map-plot canvas').dataset;
             return [it.drawn, it.pixels, it.ranges].map(Number)",
        );
        [0, 1, 2].map(|at| counted[at].as_u64().unwrap())
    };
    let [all, pixels, ranges] = drawn();
    assert!(ranges >= 100_000, "{ranges}");
    assert!(all > 1_000 && all <= pixels, "{all} rectangles for {pixels} pixels");
    // Six kinds share a column of a lane at most, and each block has a lane of its own here.
    let width = browser.ask("return document.querySelector('#map-plot canvas').clientWidth");
    let most = 6 * width.as_u64().unwrap() * report.blocks.len() as u64;
    assert!(all <= most && most < ranges, "{all} rectangles, {most} at most, {ranges} ranges");
    let nodes = browser.ask("return document.querySelectorAll('*').length").as_u64().unwrap();
    assert!(nodes < 2_000, "{nodes} elements");
    browser.ask("document.querySelector('#map-plot canvas').focus()");
    browser.press(&[key::HOME, key::RIGHT, key::RIGHT]);
    // From whole blocks down to single ranges; each picture keeps to the bound.
    let mut least = all;
    for step in 0..16 {
        browser.press(&["+"]);
        let [now, pixels, _] = drawn();
        assert!(now <= pixels, "step {step}: {now} rectangles for {pixels} pixels");
        least = least.min(now);
    }
    assert!(least < all / 4, "a closer look draws less: {least} of {all}");
    browser.press(&["0", key::END]);
    let [now, pixels, _] = drawn();
    assert!(now <= pixels, "{now} rectangles for {pixels} pixels");
    let rows = readout(&browser, "map-readout");
    let last = report.blocks.last().unwrap();
    let size = rows.iter().find(|(name, _)| name == "Block size").unwrap();
    assert_eq!(digits(&size.1), last.size);
    assert_quiet(&browser);
}

#[test]
fn pixels_that_many_ranges_share_show_how_much_of_each_there_is() {
    const PIECE: u64 = 4 << 10;
    let mut report = Report::new("Shares");
    let mut block = ReportBlock { size: 64 << 20, ..ReportBlock::default() };
    // A quarter buffers, half images, a quarter free, in pieces far smaller than a pixel.
    for offset in (0..block.size).step_by(4 << 12) {
        for (kind, first, pieces) in [(RangeKind::Buffer, 0, 1), (RangeKind::Image, 1, 2)] {
            let (offset, size) = (offset + first * PIECE, pieces * PIECE);
            block.ranges.push(ReportRange { offset, size, kind, ..ReportRange::default() });
        }
    }
    report.blocks.push(block);
    let Some(browser) = show(&report) else { return };
    let shares = browser.ask(
        "const canvas = document.querySelector('#map-plot canvas');
         const dots = canvas.getContext('2d').getImageData(0, 24 + 26, canvas.width, 24).data;
         const style = getComputedStyle(document.documentElement);
         const count = (name) => {
           const wanted = parseInt(style.getPropertyValue('--' + name).trim().slice(1), 16);
           let found = 0;
           for (let at = 0; at < dots.length; at += 4) {
             found += (dots[at] << 16 | dots[at + 1] << 8 | dots[at + 2]) === wanted;
           }
           return found / (dots.length / 4);
         };
         const mixed = [...Array(canvas.width).keys()].filter((x) => {
           const colours = new Set();
           for (let y = 2; y < 22; y += 1) {
             const at = (y * canvas.width + x) * 4;
             colours.add(dots.slice(at, at + 3).join());
           }
           return colours.size > 2;
         });
         return [...['buffer', 'image', 'free'].map(count), mixed.length / canvas.width]",
    );
    assert!(shares[3].as_f64().unwrap() > 0.95, "columns show every kind they hold: {shares}");
    for (share, expected) in [0.25, 0.5, 0.25].into_iter().enumerate() {
        let found = shares[share].as_f64().unwrap();
        // The edges of the lane take a few.
        assert!((found - expected).abs() < 0.09, "{shares}");
    }
    assert_quiet(&browser);
}

#[test]
fn no_peak_is_lost_among_a_hundred_thousand_frames() {
    const FRAMES: u64 = 100_000;
    const PEAK: usize = 61_803;
    let mut report = Report::new("Long");
    report.frames = (0..FRAMES).collect();
    let mut used: Vec<u64> = (0..FRAMES).map(|frame| (64 << 20) + frame % 97).collect();
    used[PEAK] = 1 << 30;
    report.memory.push(MemorySeries { used_bytes: used, ..MemorySeries::device() });
    let Some(browser) = show(&report) else { return };
    // Somewhere around the frame, the column of pixels is as high as the plot.
    let tall = browser.ask(&format!(
        "const canvas = document.querySelector('#memory-plot canvas');
         const width = Math.floor(canvas.clientWidth - 64 - 8);
         const x = Math.floor(64 + {PEAK} / {FRAMES} * width);
         const dots = canvas.getContext('2d').getImageData(x - 2, 60, 5, 1).data;
         const colours = new Set();
         for (let at = 0; at < dots.length; at += 4) colours.add(dots.slice(at, at + 4).join());
         return colours.size"
    ));
    assert_eq!(tall, 2, "one column differs from its neighbours");
    let card = browser.text("document.querySelectorAll('.card')[1].textContent");
    assert!(card.contains("1 GiB") && digits(card.rsplit("frame").next().unwrap()) == PEAK as u64);
    assert_quiet(&browser);
}
