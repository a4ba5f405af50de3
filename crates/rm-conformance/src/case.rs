//! A case, and how cases are run.

use std::{fmt, sync::Arc, thread};

use rm_alloc_core::DeviceContext;

use crate::{CASES, Environment, Fixture, Group, Outcome, Skip, environment};

/// One promise, and the function that checks it.
#[derive(Clone, Copy)]
pub struct Case {
    /// What it belongs to.
    pub group: Group,
    /// The promise; also the name of its function in [`cases`](crate::cases).
    pub name: &'static str,
    /// Checks the promise; panics where it is broken.
    pub check: fn(&Environment) -> Outcome,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}::{}", self.group, self.name)
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// How a run went that did not fail.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[must_use]
pub struct Summary {
    /// Cases whose promise was kept.
    pub passed: usize,
    /// Cases that could not be run here; each has said why on the standard error.
    pub skipped: usize,
}

/// Runs `case` on `environment`.
///
/// # Errors
///
/// [`Skip`] if it cannot be run there.
///
/// # Panics
///
/// If the promise is broken.
pub fn run(case: &Case, environment: &Environment) -> Outcome {
    let place = Place { case, environment };
    let outcome = (case.check)(environment);
    drop(place);
    outcome
}

/// Runs every case of `group` on `environment`, and says of each that skips why it does.
///
/// # Panics
///
/// If a promise is broken.
pub fn run_group(group: Group, environment: &Environment) -> Summary {
    run_each(CASES.iter().filter(|case| case.group == group), environment)
}

/// Runs every case on `environment`, and says of each that skips why it does.
///
/// # Panics
///
/// If a promise is broken.
pub fn run_all(environment: &Environment) -> Summary {
    run_each(CASES.iter(), environment)
}

/// Runs the case called `name` on every built-in profile, and says where and why it skips.
///
/// That is what [`conformance_tests!`](crate::conformance_tests) makes each test of.
/// `RM_CONFORMANCE_PROFILE` in the environment leaves a single profile.
///
/// # Panics
///
/// If the promise is broken on one of them, or there is no such case.
pub fn run_on_every_profile<F>(name: &str, factory: F)
where
    F: Fn(&Arc<DeviceContext>) -> Fixture + Clone + Send + Sync + 'static,
{
    let Some(case) = CASES.iter().find(|case| case.name == name) else {
        panic!("there is no case `{name}`");
    };
    let mut skipped: Vec<(Skip, Vec<String>)> = Vec::new();
    for profile in environment::profiles() {
        let environment = Environment::simulated(profile, factory.clone());
        let Err(skip) = run(case, &environment) else { continue };
        let place = environment.name().to_owned();
        match skipped.iter_mut().find(|(known, _)| *known == skip) {
            Some((_, places)) => places.push(place),
            None => skipped.push((skip, vec![place])),
        }
    }
    for (skip, places) in skipped {
        say(&format!("skipped `{case}` on {}: {skip}", places.join(", ")));
    }
}

fn run_each<'c>(cases: impl Iterator<Item = &'c Case>, environment: &Environment) -> Summary {
    let mut summary = Summary::default();
    for case in cases {
        match run(case, environment) {
            Ok(()) => summary.passed += 1,
            Err(skip) => {
                summary.skipped += 1;
                say(&format!("skipped `{case}` on {}: {skip}", environment.name()));
            }
        }
    }
    summary
}

/// Says which case failed where, if the thread panics.
struct Place<'a> {
    case: &'a Case,
    environment: &'a Environment,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            say(&format!("`{}` is broken on {}", self.case, self.environment.name()));
        }
    }
}

#[expect(clippy::print_stderr, reason = "the output of a test is where its reader looks")]
fn say(line: &str) {
    eprintln!("{line}");
}
