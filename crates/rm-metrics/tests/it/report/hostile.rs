//! Texts that would like to be more than text.

use rm_metrics::{
    MemorySeries, RangeKind, Report, ReportBlock, ReportDevice, ReportEvent, ReportFigure,
    ReportLeak, ReportRange, ReportRefusal,
};

use super::{
    browser::{assert_quiet, show},
    driver::key,
};

#[test]
fn hostile_texts_are_text() {
    let attacks = [
        "</script><script>window.pwned = 1; alert(1)</script>",
        "<img src=x onerror=\"window.pwned = 1\">",
        "=cmd()|' /C calc'!A0",
        "\"'`,{}[]\\ \r\n\t\0\u{1b}[31m",
        "<!--<script>",
        "]]>&lt;b&gt;&#x3c;b&#x3e;",
        "a\u{202e}gnp.exe\u{2066}\u{2028}\u{2029}\u{feff}",
        "javascript:window.pwned=1",
    ];
    let mut report = hostile(&attacks);
    report.blocks[0].ranges[0].label = Some("x".repeat(1 << 20));
    let Some(browser) = show(&report) else { return };
    assert_eq!(browser.ask("return window.pwned === undefined"), true);
    // The page's own: one of data, one of code.
    assert_eq!(browser.ask("return document.scripts.length"), 2);
    let strangers = browser.ask("return document.querySelectorAll('img, b > b, iframe').length");
    assert_eq!(strangers, 0);
    let text = browser.text("document.body.textContent");
    let body = text.split("(() => {").next().unwrap();
    for attack in [attacks[0], attacks[1], attacks[2], attacks[4], attacks[5], attacks[7]] {
        assert!(body.contains(attack), "{attack}");
    }
    for mark in ["␍␊␉␀␛", "⟨U+202E⟩gnp.exe⟨U+2066⟩⟨U+2028⟩⟨U+2029⟩⟨U+FEFF⟩", "bytes more]"]
    {
        assert!(body.contains(mark), "{mark}");
    }
    let shown = browser.ask("return document.querySelector('#top-list tbody').textContent.length");
    assert!(shown.as_u64().unwrap() < 4_000, "a long label is cut: {shown}");
    // Everything that shows labels once more.
    browser.ask("document.querySelector('#map-plot canvas').focus()");
    browser.press(&[key::HOME, key::RIGHT, key::RIGHT, key::RIGHT, key::ENTER]);
    browser.ask("for (const it of document.querySelectorAll('summary, th button')) it.click()");
    browser.settle();
    assert_eq!(browser.ask("return window.pwned === undefined"), true);
    let wide = "document.scrollingElement.scrollWidth <= innerWidth";
    assert_eq!(browser.ask(&format!("return {wide}")), true, "no text pushes the page apart");
    assert_quiet(&browser);
}

#[test]
fn a_script_that_got_in_after_all_would_not_run() {
    let Some(browser) = show(&hostile(&["harmless"])) else { return };
    browser.ask(
        "const script = document.createElement('script');
         script.textContent = 'window.pwned = 1';
         document.body.append(script);
         const image = document.createElement('img');
         image.setAttribute('onerror', 'window.pwned = 1');
         image.src = 'data:,';
         document.body.append(image);
         fetch('data:,').catch(() => { window.kept = 1; });",
    );
    browser.until("window.kept === 1");
    assert_eq!(browser.ask("return window.pwned === undefined"), true);
    let console = browser.console();
    let refused = |entry: &&serde_json::Value| {
        entry["message"].as_str().unwrap().contains("Content Security Policy")
    };
    assert!(console.iter().filter(refused).count() >= 3, "{console:#?}");
}

/// A report in which every text is one of `texts`.
fn hostile(texts: &[&str]) -> Report {
    let mut turn = texts.iter().cycle();
    let mut text = || (*turn.next().unwrap()).to_owned();
    let mut report = Report::new(&text());
    report.made = text();
    report.device = ReportDevice {
        name: text(),
        driver: text(),
        api: text(),
        backend: text(),
        program: text(),
    };
    report.frames = vec![0, 1];
    report.memory.push(MemorySeries {
        name: text(),
        used_bytes: vec![1, 2],
        ..MemorySeries::device()
    });
    for label in texts {
        report.refusals.push(ReportRefusal {
            frame: 1,
            what: text(),
            label: Some((*label).into()),
            requested: None,
            reason: text(),
            explanation: text(),
        });
        report.events.push(ReportEvent {
            frame: 1,
            name: text(),
            text: text(),
            ..ReportEvent::default()
        });
        report.leaks.push(ReportLeak {
            label: Some((*label).into()),
            count: 1,
            bytes: 1,
            backtrace: Some(text()),
            ..ReportLeak::default()
        });
        report.figures.push(ReportFigure { name: text(), ..ReportFigure::default() });
    }
    let ranges = (0_u64..).zip(texts).map(|(at, text)| ReportRange {
        offset: at * 64,
        size: 64,
        kind: RangeKind::Buffer,
        label: Some((*text).into()),
        ..ReportRange::default()
    });
    report.blocks.push(ReportBlock {
        allocator: text(),
        size: 64 * texts.len() as u64,
        ranges: ranges.collect(),
        ..ReportBlock::default()
    });
    report
}
