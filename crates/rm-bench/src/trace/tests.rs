//! Traces are what they are said to be.

use super::{Lane, Op, Scale, TraceKind};

/// Plays a lane on paper: bytes and allocations alive at most, and whether it ends empty.
fn audit(lane: &Lane) -> (u64, u64) {
    let mut slots = vec![0; lane.slots];
    let (mut bytes, mut live, mut peak) = (0, 0, (0, 0));
    for op in &lane.ops {
        let slot: &mut u64 = &mut slots[op.slot()];
        match op.want() {
            Some(want) => {
                assert_eq!(*slot, 0, "a slot that is taken is not taken again");
                assert!(want.size.is_multiple_of(16) && want.alignment.is_power_of_two());
                *slot = want.size;
                (bytes, live) = (bytes + want.size, live + 1);
                peak = (peak.0.max(bytes), peak.1.max(live));
            }
            None => {
                assert_ne!(*slot, 0, "nothing empty is freed");
                (bytes, live) = (bytes - *slot, live - 1);
                *slot = 0;
            }
        }
    }
    assert_eq!((bytes, live), (0, 0), "everything is freed in the end");
    peak
}

#[test]
fn every_trace_is_consistent_and_ends_empty() {
    for kind in TraceKind::ALL {
        for lane in &kind.generate(Scale::Quick, 1).lanes {
            assert_eq!(audit(lane), (lane.peak_bytes, lane.peak_live), "{kind}");
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_trace_and_another_one_another() {
    for kind in TraceKind::ALL {
        let first = kind.generate(Scale::Quick, 1);
        assert_eq!(first, kind.generate(Scale::Quick, 1));
        assert_ne!(first, kind.generate(Scale::Quick, 2), "{kind}");
    }
}

#[test]
fn full_traces_have_the_documented_sizes() {
    let churn = TraceKind::Churn.generate(Scale::Full, 1);
    assert_eq!((churn.ops(), churn.lanes[0].peak_live), (1_000_000, 10_000));
    let threads = TraceKind::Threads.generate(Scale::Full, 1);
    assert_eq!((threads.ops(), threads.lanes.len()), (1_000_000, 2));
    let streaming = TraceKind::Streaming.generate(Scale::Full, 1);
    assert!((100_000..100_002).contains(&streaming.ops()), "{}", streaming.ops());
    let peak = streaming.peak_bytes();
    assert!(peak <= 4 << 30 && peak > (4 << 30) - (64 << 20), "{peak} bytes");
}

#[test]
fn a_steady_churn_fills_keeps_its_number_alive_and_empties() {
    for kind in [TraceKind::Churn, TraceKind::Tiny] {
        let lane = kind.steady(100, 1_000, 1);
        assert_eq!(audit(&lane), (lane.peak_bytes, 100), "{kind}");
        assert_eq!(lane.ops.len(), 100 + 2 * 1_000 + 100);
        let takes = |op: &Op| op.want().is_some();
        assert!(lane.ops[..100].iter().all(takes));
        let pairs = lane.ops[100..2_100].chunks(2);
        assert!(pairs.into_iter().all(|pair| !takes(&pair[0]) && takes(&pair[1])), "{kind}");
        assert!(!lane.ops[2_100..].iter().any(takes));
    }
}

#[test]
fn a_trace_is_found_by_its_number_or_its_name() {
    assert_eq!(TraceKind::named("t4"), Some(TraceKind::Tiny));
    assert_eq!(TraceKind::named("t6-comb"), Some(TraceKind::Comb));
    assert_eq!(TraceKind::named(""), None);
    assert_eq!(TraceKind::named("t7"), None);
}
