//! The program behind `cargo xtask bench`.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;
use rm_bench::{CountingHeap, cli};

#[global_allocator]
static HEAP: CountingHeap = CountingHeap;

fn main() -> ExitCode {
    match cli::run(cli::Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // Nobody to tell is no reason to fail otherwise.
            writeln!(io::stderr(), "rm-bench: {error}").ok();
            ExitCode::from(2)
        }
    }
}
