//! Which command lines want a driver.

use std::ffi::OsString;

use super::driver_wanted;

fn wanted(line: &str) -> Option<String> {
    let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
    driver_wanted(&words)
}

#[test]
fn simulated_devices_and_files_want_no_driver() {
    assert_eq!(wanted("run --quick"), None);
    assert_eq!(wanted("run --device sim:h200"), None);
    assert_eq!(wanted("run --device=sim:h200"), None);
    assert_eq!(wanted("compare a.json b.json"), None);
    assert_eq!(wanted("counters --bless"), None);
}

#[test]
fn real_devices_want_one_and_prices_are_always_real() {
    assert_eq!(wanted("run --device real --quick"), Some("real".into()));
    assert_eq!(wanted("run --device=llvmpipe"), Some("llvmpipe".into()));
    assert_eq!(wanted("price"), Some("real".into()));
    assert_eq!(wanted("price --device h200"), Some("h200".into()));
}
