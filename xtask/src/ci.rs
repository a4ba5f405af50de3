//! `cargo xtask ci`: what CI runs, in its order, each step with its time.

use std::time::Instant;

use crate::{
    asan, bench, demo, failure::Failure, features, layers, lint, loom, package, soak, test, tidy,
    workspace,
};

type Step = (&'static str, Box<dyn Fn() -> Result<(), Failure>>);

/// Runs every step until one fails.
///
/// # Errors
///
/// The failure of that step.
pub(crate) fn run(install: bool) -> Result<(), Failure> {
    for (name, step) in steps(install) {
        println!("\n=== {name}");
        let start = Instant::now();
        let result = step();
        let verdict = if result.is_ok() { "ok" } else { "FAILED" };
        println!("=== {name}: {verdict} in {:.1} s", start.elapsed().as_secs_f64());
        result?;
    }
    Ok(())
}

fn steps(install: bool) -> Vec<Step> {
    vec![
        ("fmt", Box::new(lint::format)),
        ("clippy", Box::new(lint::clippy)),
        ("doc", Box::new(lint::documentation)),
        ("layers", Box::new(|| layers::check(&workspace::metadata()?))),
        ("tidy", Box::new(|| tidy::check(&workspace::root()))),
        ("test", Box::new(move || test::run(install))),
        ("loom", Box::new(loom::run)),
        ("asan", Box::new(asan::run)),
        ("soak", Box::new(|| soak::run(&soak::Wish::brief()))),
        ("counters", Box::new(|| bench::run(&["counters".into()]))),
        ("features", Box::new(features::run)),
        ("package", Box::new(package::run)),
        ("demo", Box::new(move || demos(install))),
    ]
}

/// The demo as it is, and on the backend that puts several resources into a block.
fn demos(install: bool) -> Result<(), Failure> {
    for backend in ["direct", "native"] {
        let mut words = vec!["--each-driver", "--frames", "60", "--backend", backend];
        words.extend(install.then_some("--install"));
        demo::run(words.iter().map(Into::into).collect())?;
    }
    Ok(())
}
