//! Instructions of a trace, counted by callgrind where valgrind is installed.
//!
//! This program runs itself under callgrind twice, once with one round of the trace and once with three; half the
//! difference is a round in which the allocator has warmed up, and everything else cancels out.

use std::{env, path::PathBuf, process::Command};

use crate::{contestant::Level, results::first_line, trace::TraceKind};

/// Rounds of the two runs.
const ROUNDS: [u64; 2] = [1, 3];

/// A valgrind, and what its counts depend on.
#[derive(Clone, Debug)]
pub struct Instructions {
    program: PathBuf,
    toolchain: String,
}

impl Instructions {
    /// The valgrind of this machine; `None` if there is none.
    pub fn find() -> Option<Self> {
        first_line("valgrind", &["--version"])?;
        let program = env::current_exe().ok()?;
        let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
        let rustc = first_line(&rustc, &["--version"])?;
        let libc = first_line("getconf", &["GNU_LIBC_VERSION"]).unwrap_or_default();
        let (arch, system) = (env::consts::ARCH, env::consts::OS);
        Some(Self { program, toolchain: format!("{rustc}, {arch} {system}, {libc}") })
    }

    /// Compiler, platform and C library.
    pub fn toolchain(&self) -> &str {
        &self.toolchain
    }

    /// Instructions of one round; `None` if valgrind did not say.
    pub fn count(&self, level: Level, kind: TraceKind, contestant: &str) -> Option<u64> {
        let [few, many] = ROUNDS.map(|rounds| self.run(level, kind, contestant, rounds));
        Some(many?.checked_sub(few?)? / (ROUNDS[1] - ROUNDS[0]))
    }

    fn run(&self, level: Level, kind: TraceKind, contestant: &str, rounds: u64) -> Option<u64> {
        let mut command = Command::new("valgrind");
        command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
        command.arg(&self.program).args(["play", level.name(), kind.name(), contestant]);
        let output = command.arg(rounds.to_string()).output().ok()?;
        collected(&String::from_utf8_lossy(&output.stderr))
    }
}

/// The count in callgrind's closing lines.
fn collected(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.split_once("Collected : "))?;
    line.1.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::collected;

    #[test]
    fn the_count_is_found_in_what_callgrind_says() {
        let text = "==7== Events    : Ir\n==7== Collected : 123456\n==7== \n";
        assert_eq!(collected(text), Some(123_456));
        assert_eq!(collected("valgrind: no such tool"), None);
    }
}
