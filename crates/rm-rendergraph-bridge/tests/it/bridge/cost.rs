//! What it costs, as exact counters.

use rm_headless::heap::allocations_of;
use rm_rendergraph_bridge::UploadRequest;

use crate::bed::{Bed, KIB, timeline};

/// In steady state uploads, their ends and refusals need no heap.
#[test]
fn steady_state_needs_no_heap() {
    let bed = Bed::new();
    let timelines = [timeline(), timeline(), timeline()];
    let mut number = 0;
    let mut frame = || {
        for timeline in &timelines {
            for _ in 0..20 {
                let value = timeline.submit();
                bed.upload(256).submitted(timeline.clone(), value);
                bed.upload(256).submitted_in_frame(number);
                drop(bed.upload(256));
            }
        }
        let refused = bed.bridge.try_upload(&UploadRequest::new(Bed::QUOTA).label("refused"));
        assert!(refused.is_err());
        // The last one but one, so that something is always pending.
        timelines.iter().for_each(|it| it.complete(it.submit() - 2));
        bed.bridge.collect();
        bed.bridge.complete_frame(number);
        number += 1;
    };
    (0..4).for_each(|_| frame());
    assert_eq!(allocations_of(|| (0..16).for_each(|_| frame())), 0);
    assert_eq!(bed.taken(), 3 * 256);
    timelines.iter().for_each(|it| it.complete(it.submit()));
    assert_eq!((bed.bridge.collect(), bed.taken()), (3 * 256, 0));
}

/// One timeline a submission, each of which vanishes: places are used again, so that nothing grows.
#[test]
fn timelines_that_come_and_go_need_no_heap() {
    let bed = Bed::new();
    let mut fresh: Vec<_> = (0..200).map(|_| timeline()).collect();
    let mut round = || {
        let timeline = fresh.pop().unwrap();
        bed.upload(KIB).submitted(timeline.clone(), timeline.submit());
        drop(timeline);
        assert_eq!((bed.bridge.collect(), bed.bridge.pending().count), (KIB, 0));
    };
    round();
    assert_eq!(allocations_of(|| (0..199).for_each(|_| round())), 0);
}

/// A shared resource costs what it costs without a bridge.
#[test]
fn a_tracked_buffer_costs_what_any_shared_buffer_costs() {
    let bed = Bed::new();
    let retirer = bed.queue.retirer();
    let request = crate::bed::buffer(KIB);
    let own = || drop(bed.bridge.allocate_buffer_tracked(&request, &retirer).unwrap());
    let factory = rm_lifetime::SharedResourceFactory::new(&bed.manager, &bed.queue);
    let others = || drop(factory.create_buffer(&request).unwrap());
    (0..600).for_each(|_| others());
    (0..600).for_each(|_| own());
    bed.finish();
    assert_eq!(allocations_of(own), allocations_of(others));
    bed.finish();
}
