//! The cost of a pair is known at every number of live allocations.

use std::time::Duration;

use rm_bench::{BACKENDS, Growth, Level, Results, entries};

const LIVE: [usize; 2] = [50, 200];

fn play(patience: Duration) -> Results {
    let growth = Growth {
        live: LIVE.to_vec(),
        pairs: 20,
        seed: 1,
        levels: Level::ALL.to_vec(),
        contestants: Vec::new(),
        backends: BACKENDS,
        patience,
    };
    growth.play(|_| ()).unwrap()
}

/// Every contestant in every trace, as metrics name them.
fn everybody() -> impl Iterator<Item = String> {
    Level::ALL.into_iter().flat_map(|level| {
        ["t1-churn", "t4-tiny"].into_iter().flat_map(move |kind| {
            let entries = entries(level, BACKENDS).into_iter();
            entries.map(move |entry| format!("{level}/{kind}/{}", entry.name))
        })
    })
}

#[test]
fn everybody_has_a_cost_at_every_number_and_a_growth() {
    let results = play(Duration::MAX);
    for name in everybody() {
        for live in LIVE {
            let cost = results.value(&format!("{name}/pair/{live}"));
            assert!(cost.is_some_and(|cost| cost > 0.0), "{name} at {live}: {cost:?}");
            assert_eq!(results.notes.get(&format!("{name}/{live}")), None, "refused");
        }
        let growth = results.value(&format!("{name}/growth"));
        assert!(growth.is_some_and(|growth| growth > 0.0), "{name}: {growth:?}");
    }
}

#[test]
fn who_is_too_slow_to_fill_is_noted_and_has_no_cost() {
    let results = play(Duration::ZERO);
    for name in everybody() {
        assert_eq!(results.notes[&format!("{name}/50")], "not filled in 0 s");
        assert_eq!(results.value(&format!("{name}/pair/50")), None);
        assert_eq!(results.value(&format!("{name}/growth")), None);
    }
}
