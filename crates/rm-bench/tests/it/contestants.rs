//! Everybody plays every trace, and the device's own figures agree with the trace.

use std::time::Duration;

use rm_bench::{BACKENDS, Level, Prices, Results, Run, Scale, TraceKind, Venue, entries, inspect};

fn run(device: &str, scale: Scale, traces: &[TraceKind], contestant: &str) -> Results {
    let run = Run {
        venue: &Venue::open(device).unwrap(),
        scale,
        seed: 1,
        traces: traces.to_vec(),
        levels: Level::ALL.to_vec(),
        contestants: vec![contestant.to_owned()],
        backends: BACKENDS,
        rounds: 1,
        patience: Duration::MAX,
        prices: &Prices::h200().unwrap(),
    };
    run.play(|_| ()).unwrap()
}

#[test]
fn everybody_plays_every_trace_on_the_h200() {
    let results = run("sim:h200", Scale::Quick, &TraceKind::ALL, "");
    for level in Level::ALL {
        for entry in entries(level, BACKENDS) {
            assert!(results.notes.contains_key(&format!("setting/{level}/{}", entry.name)));
            for kind in TraceKind::ALL {
                let name = format!("{level}/{kind}/{}", entry.name);
                assert_eq!(results.notes.get(&name), None, "refused");
                for what in ["time", "priced", "p999", "driver_calls", "peak_reserved"] {
                    let value = results.value(&format!("{name}/{what}"));
                    assert!(value.is_some_and(|value| value > 0.0), "{name}/{what}: {value:?}");
                }
            }
        }
    }
}

#[test]
fn who_cannot_play_is_out_with_a_reason_and_the_others_are_not() {
    let play = |who| run("sim:count-4096", Scale::Full, &[TraceKind::Tiny], who);
    let results = play("direct");
    let reason = &results.notes["memory/t4-tiny/direct"];
    assert!(
        reason.starts_with("not applicable: ") && reason.contains("too many memory objects"),
        "{reason}"
    );
    assert_eq!(results.value("memory/t4-tiny/direct/time"), None);
    assert!(play("vk-mem").value("memory/t4-tiny/vk-mem/time").is_some());
}

#[test]
fn reserved_bytes_are_the_devices_own_and_cover_what_is_alive() {
    let venue = Venue::open("sim:h200").unwrap();
    for kind in TraceKind::ALL.into_iter().filter(|kind| kind.is_deterministic()) {
        let trace = kind.generate(Scale::Quick, 1);
        for entry in entries(Level::Memory, BACKENDS) {
            let seen = inspect(&entry, &venue.stage().unwrap(), &trace).unwrap();
            let reserved = seen.peak_reserved.unwrap();
            assert!(reserved >= trace.peak_bytes(), "{kind}, {}: {reserved}", entry.name);
            if entry.name == "direct" {
                assert_eq!(reserved, trace.peak_bytes(), "one object each wastes nothing");
            }
        }
    }
}
