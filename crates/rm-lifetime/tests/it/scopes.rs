//! Scopes: BEHAVIOURS 44.

use std::sync::{Arc, Mutex};

use ash::vk::{Format, ImageUsageFlags};
use rm_alloc_core::{BufferRequest, ErrorKind, ImageRequest};
use rm_lifetime::{
    BufferRange, Kept, LifetimeScope, LifetimeScopeManager, Point, Points, RetireAt,
    SharedResourceFactory, View,
};

use crate::support::{Bed, KIB, at, request, strict};

fn factory(bed: &Bed) -> SharedResourceFactory {
    SharedResourceFactory::new(&bed.manager, &bed.queue)
}

/// Something that a scope holds, and that says when it goes.
#[derive(Debug)]
struct Witness(&'static str, Arc<Mutex<Vec<&'static str>>>);

impl Kept for Witness {
    fn bytes(&self) -> u64 {
        1
    }

    fn release(self: Box<Self>, _: RetireAt) {
        self.1.lock().unwrap().push(self.0);
    }
}

/// Created resources are tracked, with counts and bytes, and released when the scope ends.
#[test]
fn what_a_scope_makes_it_releases() {
    let bed = Bed::new(1);
    let mut pass = LifetimeScope::new("pass", &factory(&bed));
    drop(pass.create_buffer(&request(KIB)).unwrap());
    let image = ImageRequest::new_2d(Format::R8G8B8A8_UNORM, 64, 64, ImageUsageFlags::SAMPLED);
    let bytes = pass.create_image(&image).unwrap().size();
    assert_eq!((pass.name(), pass.count(), pass.bytes()), ("pass", 2, KIB + bytes));
    assert_eq!(bed.queue.statistics().queued, 0, "the scope holds them");
    pass.end(RetireAt::Now);
    assert_eq!((pass.count(), pass.bytes(), pass.is_empty()), (0, 0, true));
    assert_eq!(bed.queue.statistics().queued, 2);
    pass.end(RetireAt::Now);
    assert_eq!(bed.queue.statistics().queued, 2, "ending again does nothing");
    drop(pass.create_buffer(&request(KIB)).unwrap());
    drop(pass);
    assert_eq!(bed.queue.statistics().queued, 3, "a drop ends it");
    bed.complete(0, 1);
    assert_eq!(bed.drain(), 3);
    assert_eq!(bed.charged(), (0, 0));
}

/// Released in reverse order of creation, nested scopes in their place.
#[test]
fn release_goes_newest_first() {
    let bed = Bed::new(1);
    let released = Arc::default();
    let witness = |name| Witness(name, Arc::clone(&released));
    let mut frame = LifetimeScope::new("frame", &factory(&bed));
    frame.keep(witness("first"));
    let pass = frame.nested("pass");
    pass.keep(witness("in the pass"));
    pass.nested("step").keep(witness("in the step"));
    pass.keep(witness("last of the pass"));
    frame.keep(witness("last"));
    assert_eq!((frame.count(), frame.bytes()), (2, 2));
    assert_eq!((frame.total_count(), frame.total_bytes()), (5, 5));
    assert!(!frame.is_empty());
    frame.end(RetireAt::Now);
    assert!(frame.is_empty());
    let order = ["last", "last of the pass", "in the step", "in the pass", "first"];
    assert_eq!(*released.lock().unwrap(), order);

    let mut dropped = LifetimeScope::new("dropped", &factory(&bed));
    dropped.keep(witness("older"));
    dropped.keep(witness("newer"));
    drop(dropped);
    assert_eq!(released.lock().unwrap()[5..], ["newer", "older"]);
}

/// A resource with another owner survives its scope.
#[test]
fn what_has_another_owner_survives() {
    let bed = Bed::new(1);
    let mut pass = LifetimeScope::new("pass", &factory(&bed));
    let kept = pass.create_buffer(&request(KIB)).unwrap();
    let foreign = factory(&bed).create_buffer(&request(KIB)).unwrap();
    pass.keep(foreign.clone());
    // SAFETY: nothing is in flight.
    let reached = RetireAt::Points(unsafe { Points::new(&[]) }.unwrap());
    pass.end(reached);
    assert!(kept.is_unique() && foreign.is_unique());
    assert_eq!(bed.queue.statistics().queued, 0);
    drop((kept, foreign));
    bed.complete(0, 1);
    assert_eq!(bed.drain(), 2);
}

/// A scope can end at points, which then decide for what it alone owns.
#[test]
fn a_scope_can_end_at_points() {
    let bed = Bed::new(1);
    let mut pass = LifetimeScope::new("pass", &factory(&bed));
    for _ in 0..3 {
        drop(pass.create_buffer(&request(KIB)).unwrap());
    }
    let value = bed.submit(0);
    let point = Point { timeline: bed.timelines[0].0, value };
    // SAFETY: that is all that was submitted.
    pass.end(RetireAt::Points(unsafe { Points::new(&[point]) }.unwrap()));
    assert_eq!(bed.drain(), 0);
    bed.complete(0, value);
    assert_eq!(bed.drain(), 3, "and not at what is upcoming");
}

/// A guard ends its own scope, and no other.
#[test]
fn a_guard_ends_its_own_scope() {
    let bed = Bed::new(1);
    let mut frame = LifetimeScope::new("frame", &factory(&bed));
    frame.create_buffer(&request(KIB)).unwrap();
    {
        let mut pass = frame.guard("pass");
        pass.create_buffer(&request(KIB)).unwrap();
        assert_eq!(pass.total_count(), 1);
    }
    assert_eq!((frame.total_count(), bed.queue.statistics().queued), (1, 1));
    frame.guard("other").end(RetireAt::Now);
    assert_eq!((frame.total_count(), bed.queue.statistics().queued), (1, 1));
    drop(frame);
    bed.complete(0, 1);
    assert_eq!(bed.drain(), 2);
}

/// A refused resource is not tracked.
#[test]
fn a_refusal_leaves_the_scope_as_it_was() {
    let bed = Bed::with(1, strict(KIB));
    let mut pass = LifetimeScope::new("pass", &factory(&bed));
    let error = pass.create_buffer(&request(64 * KIB)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::OverBudget { .. }), "{error:?}");
    assert_eq!((pass.total_count(), bed.queue.statistics().queued), (0, 0));
}

/// Handles of a manager end their own scope and those within it, in any order.
#[test]
fn scopes_of_a_manager_end_in_any_order() {
    let bed = Bed::new(1);
    let scopes = LifetimeScopeManager::new(&factory(&bed));
    let frame = scopes.begin("frame");
    let pass = frame.begin("pass");
    let step = pass.begin("step");
    let aside = frame.begin("aside");
    let make = |size| BufferRequest::new(size, ash::vk::BufferUsageFlags::STORAGE_BUFFER);
    for (scope, size) in [(&frame, KIB), (&pass, 2 * KIB), (&step, 4 * KIB), (&aside, 8 * KIB)] {
        drop(scope.create_buffer(&make(size)).unwrap());
    }
    assert_eq!((scopes.scope_count(), scopes.total_count()), (4, 4));
    assert_eq!(
        (frame.total_bytes(), pass.total_bytes(), aside.total_bytes()),
        (15 * KIB, 6 * KIB, 8 * KIB)
    );
    drop(pass);
    assert_eq!((scopes.scope_count(), scopes.total_count()), (2, 2), "with the step in it");
    assert!(!step.is_open() && frame.is_open() && aside.is_open());
    let error = step.create_buffer(&make(KIB)).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::InvalidRequest(_)), "{error:?}");
    let late = step.begin("late");
    assert!(!late.is_open() && late.create_buffer(&make(KIB)).is_err());
    assert_eq!(step.total_count(), 0);
    let released = Arc::default();
    let handle = step.keep(Witness("kept", Arc::clone(&released))).unwrap_err();
    assert_eq!((handle.0, released.lock().unwrap().len()), ("kept", 0), "given back");
    step.end(RetireAt::Now);
    drop((step, late));
    assert_eq!(bed.queue.statistics().queued, 2);
    frame.keep(Witness("older", Arc::clone(&released))).unwrap();
    aside.keep(Witness("newer", Arc::clone(&released))).unwrap();
    scopes.end_all(RetireAt::Now);
    assert_eq!((scopes.scope_count(), scopes.total_bytes()), (0, 0));
    assert_eq!(*released.lock().unwrap(), ["newer", "older"]);
    assert_eq!(bed.queue.statistics().queued, 4);
    drop((frame, aside));
    bed.complete(0, 1);
    assert_eq!(bed.drain(), 4);
    assert_eq!(bed.charged(), (0, 0));
}

/// What panics when it is let go of harms nothing else: the rest goes, newest first.
#[test]
fn a_panic_in_a_scope_is_contained() {
    #[derive(Debug)]
    struct Bomb;
    impl Kept for Bomb {
        fn bytes(&self) -> u64 {
            0
        }

        fn release(self: Box<Self>, _: RetireAt) {
            panic!("on purpose")
        }
    }
    let bed = Bed::new(1);
    let released = Arc::default();
    let mut pass = LifetimeScope::new("pass", &factory(&bed));
    pass.keep(Witness("first", Arc::clone(&released)));
    pass.keep(Witness("second", Arc::clone(&released)));
    pass.keep(Bomb);
    drop(pass);
    assert_eq!(*released.lock().unwrap(), ["second", "first"]);
}

/// A handle is asked for its size once, and outside every lock.
#[test]
fn a_handle_may_ask_its_scopes_for_anything() {
    #[derive(Debug)]
    struct Curious(LifetimeScopeManager);
    impl Kept for Curious {
        fn bytes(&self) -> u64 {
            self.0.total_bytes() + 1
        }

        fn release(self: Box<Self>, _: RetireAt) {
            assert_eq!(self.0.scope_count(), 0, "no lock is held");
        }
    }
    let bed = Bed::new(1);
    let scopes = LifetimeScopeManager::new(&factory(&bed));
    let pass = scopes.begin("pass");
    pass.keep(Curious(scopes.clone())).unwrap();
    assert_eq!((scopes.total_bytes(), pass.total_bytes()), (1, 1));
    assert!(format!("{scopes:?}").contains("pass"));
}

/// A view and a range in a scope go with it, at its points.
#[test]
fn views_in_a_scope_go_at_its_points() {
    let bed = Bed::new(1);
    let mut pass = LifetimeScope::new("pass", &factory(&bed));
    let host = factory(&bed).create_buffer(&request(KIB)).unwrap();
    let destroy = bed.sim.device().fp_v1_0().destroy_buffer;
    // SAFETY: made by this device, and nobody else destroys it.
    pass.keep(unsafe { View::adopt_raw(bed.object(), destroy, &host) });
    pass.keep(BufferRange::new(&host, 0, 64).unwrap());
    drop(host);
    assert_eq!((pass.count(), pass.bytes()), (2, 0));
    pass.end(at(&[]));
    assert_eq!(bed.drain(), 2, "and not at what is upcoming");
}
