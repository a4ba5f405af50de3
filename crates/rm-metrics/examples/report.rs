//! Writes a page about a program that never ran, to see what such a page looks like.

use std::{error::Error, path::PathBuf};

use rm_metrics::write_report;

#[path = "../tests/it/report/sample.rs"]
#[expect(clippy::unwrap_used, dead_code, reason = "made for the tests, which use the rest as well")]
mod sample;

#[expect(clippy::print_stdout, reason = "it says where the page lies")]
fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).map_or_else(|| "report.html".into(), PathBuf::from);
    write_report(&path, &sample::sample())?;
    println!("{}", path.display());
    Ok(())
}
