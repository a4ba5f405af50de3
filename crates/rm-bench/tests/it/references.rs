//! Everybody is compared with peers whose locks are where ours are.

use std::time::Duration;

use rm_bench::{
    BACKENDS, Inspection, Level, Prices, Results, Run, Scale, TraceKind, Venue, entries, inspect,
};

const VK_MEM: &str = "ratio";
const LOCKED_VK_MEM: &str = "ratio_to/vk-mem+locks";
const LOCKED_GPU_ALLOC: &str = "ratio_to/gpu-alloc+mutex";

fn run(contestants: &[&str]) -> Results {
    let run = Run {
        venue: &Venue::open("sim:h200").unwrap(),
        scale: Scale::Quick,
        seed: 1,
        traces: vec![TraceKind::Frames, TraceKind::Threads],
        levels: Level::ALL.to_vec(),
        contestants: contestants.iter().map(|part| (*part).to_owned()).collect(),
        backends: BACKENDS,
        rounds: 1,
        patience: Duration::MAX,
        prices: &Prices::h200().unwrap(),
    };
    run.play(|_| ()).unwrap()
}

fn seen(who: &str, kind: TraceKind) -> Inspection {
    let entries = entries(Level::Memory, BACKENDS);
    let entry = entries.iter().find(|entry| entry.name == who).unwrap();
    let stage = Venue::open("sim:h200").unwrap().stage().unwrap();
    inspect(entry, &stage, &kind.generate(Scale::Quick, 1)).unwrap()
}

#[test]
fn everybody_has_a_ratio_to_every_reference_that_plays_the_level() {
    let results = run(&[]);
    for level in Level::ALL {
        for kind in [TraceKind::Frames, TraceKind::Threads] {
            for entry in entries(level, BACKENDS) {
                let name = format!("{level}/{kind}/{}", entry.name);
                let ratio = |metric: &str| results.value(&format!("{name}/{metric}"));
                assert!(ratio(VK_MEM).is_some_and(|it| it > 0.0), "{name}");
                assert!(ratio(LOCKED_VK_MEM).is_some_and(|it| it > 0.0), "{name}");
                let plays = level == Level::Memory;
                assert_eq!(ratio(LOCKED_GPU_ALLOC).is_some(), plays, "{name}");
            }
            let own = format!("{level}/{kind}/vk-mem+locks/{LOCKED_VK_MEM}");
            assert_eq!(results.value(&own), Some(1.0), "its own measure");
        }
    }
}

#[test]
fn a_speedup_is_reported_where_threads_play_and_nowhere_else() {
    let results = run(&["direct"]);
    for level in Level::ALL {
        for who in ["direct", "direct+manager"] {
            let speedup = |kind: TraceKind| results.value(&format!("{level}/{kind}/{who}/speedup"));
            assert!(speedup(TraceKind::Threads).is_some_and(|it| it > 0.0), "{level}, {who}");
            assert_eq!(speedup(TraceKind::Frames), None, "{level}, {who}");
        }
    }
}

#[test]
fn contestants_are_chosen_by_any_of_several_parts_of_their_names() {
    let results = run(&["direct", "+locks"]);
    let played = |who: &str| results.value(&format!("buffer/t2-frames/{who}/time")).is_some();
    assert!(played("direct") && played("direct+manager") && played("vk-mem+locks"));
    assert!(!played("vma") && !played("vk-mem") && !played("gpu-allocator"));
    let absent = results.metrics.keys().filter(|name| name.ends_with("/ratio")).count();
    assert_eq!(absent, 0, "nobody is compared with who does not play");
}

#[test]
fn locks_change_nothing_but_time_and_buddies_take_what_free_lists_took() {
    let calls = |who: &str, kind: TraceKind| seen(who, kind).calls.unwrap();
    for kind in [TraceKind::Churn, TraceKind::Streaming] {
        assert_eq!(calls("vk-mem", kind), calls("vk-mem+locks", kind), "{kind}");
        assert_eq!(calls("gpu-alloc", kind), calls("gpu-alloc+mutex", kind), "{kind}");
    }
    let frames = TraceKind::Frames;
    assert_eq!(calls("vk-mem", frames), calls("vk-mem+locks", frames));
    assert_ne!(calls("gpu-alloc", frames), calls("gpu-alloc+mutex", frames));
}
