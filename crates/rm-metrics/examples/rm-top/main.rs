//! `rm-top`: where the memory of a program is, live in a terminal.
//!
//! `cargo run -p rm-metrics --example rm-top -- SOCKET`, with the path at which the program has opened its live view, such
//! as that of `rm-demo --live SOCKET`. `--once` prints one frame as text.

#[cfg(unix)]
mod command;
#[cfg(unix)]
mod picture;
#[cfg(unix)]
mod screen;
#[cfg(unix)]
mod terminal;
#[cfg(unix)]
mod view;

#[cfg(unix)]
fn main() -> std::process::ExitCode {
    command::main(std::env::args_os().skip(1))
}

#[cfg(not(unix))]
fn main() {
    // Nothing to connect to: live views are Unix sockets.
}
