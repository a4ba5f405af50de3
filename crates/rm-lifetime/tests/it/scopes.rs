//! Scopes: BEHAVIOURS 44.

use std::sync::{Arc, Mutex};

use ash::vk::{Format, ImageUsageFlags};
use rm_alloc_core::{BufferRequest, ErrorKind, ImageRequest};
use rm_lifetime::{
    Kept, LifetimeScope, LifetimeScopeManager, Point, Points, RetireAt, SharedResourceFactory,
};

use crate::support::{Bed, KIB, request, strict};

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
    let pass = scopes.begin("pass");
    let step = scopes.begin("step");
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
    step.end(RetireAt::Now);
    drop(step);
    assert_eq!(bed.queue.statistics().queued, 2);
    scopes.end_all(RetireAt::Now);
    assert_eq!((scopes.scope_count(), scopes.total_bytes()), (0, 0));
    assert_eq!(bed.queue.statistics().queued, 4);
    drop((frame, aside));
    bed.complete(0, 1);
    assert_eq!(bed.drain(), 4);
    assert_eq!(bed.charged(), (0, 0));
}
