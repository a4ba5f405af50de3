//! The file: whole or not there, readable by machines, and harmless.

use std::{fs, io, path::Path};

use rm_metrics::{MetricsError, Report, ReportBlock, ReportRange, write_report};
use serde_json::Value;

use super::sample::sample;

fn page(report: &Report) -> String {
    let mut page = Vec::new();
    report.render(&mut page).unwrap();
    String::from_utf8(page).unwrap()
}

/// The text of the element that holds the report.
fn embedded(page: &str) -> &str {
    let (_, rest) = page.split_once("<script type=\"application/json\" id=\"report\">").unwrap();
    rest.split_once("</script>").unwrap().0
}

#[test]
fn the_report_in_a_page_is_the_one_given() {
    let report = sample();
    let read: Value = serde_json::from_str(embedded(&page(&report))).unwrap();
    assert_eq!(read, serde_json::to_value(&report).unwrap());
    let memory = &read["memory"][0];
    assert_eq!(memory["used_bytes"][1_999], report.memory[0].used_bytes[1_999]);
    let ranges: usize = report.blocks.iter().map(|block| block.ranges.len()).sum();
    assert!(ranges > 4_000, "the sample is as large as a program's: {ranges}");
    assert!(report.refusals.len() > 2 && report.events.len() > 20);
}

#[test]
fn the_same_report_makes_the_same_page() {
    assert_eq!(page(&sample()), page(&sample()));
}

#[test]
fn a_policy_names_the_only_script_and_the_only_style() {
    let page = page(&sample());
    let (head, _) = page.split_once("</head>").unwrap();
    let policy = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
                  script-src 'sha256-";
    assert!(head.contains(policy), "before anything that could run");
    let at = head.find(policy).unwrap();
    assert!(at < head.find("<style>").unwrap());
    for word in ["unsafe-inline", "unsafe-eval", "http:", "https:"] {
        assert!(!page.contains(word), "{word}");
    }
    assert_eq!(page.matches("<script").count(), 2, "the report, and what shows it");
    assert_eq!(page.matches("</script").count(), 2);
}

#[test]
fn no_text_ends_the_element_that_holds_it() {
    let attacks = [
        "</script><script>alert(1)</script>",
        "</SCRIPT\n>",
        "<!--<script>",
        "&lt;\u{2028}\u{2029}",
        "\"\\\u{0}\u{7f}\u{85}\u{202e}",
    ];
    for attack in attacks {
        let mut report = Report::new(attack);
        report.device.name = attack.into();
        report.blocks.push(ReportBlock {
            allocator: attack.into(),
            ranges: vec![ReportRange {
                offset: 0,
                size: 1,
                kind: rm_metrics::RangeKind::Used,
                label: Some(attack.into()),
                ..ReportRange::default()
            }],
            ..ReportBlock::default()
        });
        let page = page(&report);
        let json = embedded(&page);
        let special = |it: char| {
            "<>&".contains(it) || it.is_control() || "\u{2028}\u{2029}\u{202e}".contains(it)
        };
        assert!(!json.contains(special), "{json}");
        let read: Value = serde_json::from_str(json).unwrap();
        assert_eq!(read["blocks"][0]["ranges"][0]["label"], attack, "and it is still what it was");
        assert_eq!(page.matches("<script").count(), 2);
    }
}

#[test]
fn long_texts_are_cut_with_a_mark() {
    let long = "ü".repeat(1 << 19);
    let mut report = Report::new(&long);
    report.refusals.push(rm_metrics::ReportRefusal {
        explanation: long.clone(),
        ..rm_metrics::ReportRefusal::default()
    });
    let page = page(&report);
    assert!(page.len() < 200_000, "{}", page.len());
    let read: Value = serde_json::from_str(embedded(&page)).unwrap();
    let title = read["title"].as_str().unwrap();
    assert!(title.starts_with("üüü") && title.ends_with("… [1048064 bytes more]"), "{title}");
    let explanation = read["refusals"][0]["explanation"].as_str().unwrap();
    assert!(explanation.len() > 16_000 && explanation.ends_with("bytes more]"));
}

#[test]
fn numbers_that_scripts_would_round_are_written_as_digits() {
    let mut report = Report::new("large");
    report.frames = vec![(1 << 53) - 1, 1 << 53];
    let page = page(&report);
    assert!(embedded(&page).contains("\"frames\":[9007199254740991,\"9007199254740992\"]"));
}

#[test]
fn a_series_of_another_length_is_refused_before_anything_is_written() {
    let mut report = sample();
    report.memory[1].block_bytes.pop();
    let mut page = Vec::new();
    let error = report.render(&mut page).unwrap_err();
    let expected = "series `block_bytes` has 1999 values for 2000 frames; give one a frame, or none \
                    at all";
    assert_eq!(error.to_string(), expected);
    assert!(page.is_empty());
    let folder = folder("uneven");
    let path = folder.join("report.html");
    assert!(matches!(write_report(&path, &report), Err(MetricsError::UnevenSeries { .. })));
    assert_eq!(files(&folder), [] as [&str; 0], "nothing is left behind");
}

#[test]
fn a_page_takes_the_place_of_the_last_one_in_one_step() {
    let folder = folder("placed");
    let path = folder.join("report.html");
    fs::write(&path, "the last one").unwrap();
    write_report(&path, &Report::new("new")).unwrap();
    assert!(fs::read_to_string(&path).unwrap().ends_with("</html>\n"));
    assert_eq!(files(&folder), ["report.html"], "and nothing lies beside it");
}

#[test]
fn a_place_that_cannot_be_written_to_says_what_to_do() {
    let folder = folder("unwritable");
    let report = Report::new("nowhere");
    let error = write_report(&folder.join("missing/report.html"), &report).unwrap_err();
    assert!(matches!(error, MetricsError::Unwritable { .. }), "{error:?}");
    assert!(error.to_string().ends_with("make its folder first"), "{error}");
    let error = write_report(&folder, &report).unwrap_err();
    assert!(error.to_string().ends_with("name a file, not a folder"), "{error}");
    assert_eq!(files(&folder), [] as [&str; 0]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_and_leaves_nothing() {
    let path = Path::new("/dev/full");
    let error = write_report(path, &sample()).unwrap_err();
    let MetricsError::Unwritable { source, .. } = &error else { panic!("{error:?}") };
    assert_eq!(source.kind(), io::ErrorKind::StorageFull);
    assert!(error.to_string().contains("free some space"), "{error}");
    assert!(!fs::metadata(path).unwrap().is_file(), "the device is still one");
}

#[test]
fn a_writer_that_refuses_is_heard() {
    struct Full(usize);
    impl io::Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(self.0);
            self.0 -= taken;
            if taken == 0 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(taken) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let report = sample();
    let whole = page(&report).len();
    for room in [0, 1, 5_000, whole / 2, whole - 1] {
        let error = report.render(Full(room)).unwrap_err();
        assert!(matches!(error, MetricsError::Write(_)), "{room} bytes of room: {error:?}");
    }
    report.render(Full(whole)).unwrap();
}

/// An empty folder of this test's own.
fn folder(name: &str) -> std::path::PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("report-{name}"));
    fs::remove_dir_all(&folder).ok();
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
