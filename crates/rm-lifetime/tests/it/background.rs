//! Garbage dies on a thread of its own.

use std::{
    mem::forget,
    sync::{Arc, Mutex, mpsc::channel},
    thread,
    time::Duration,
};

use rm_lifetime::{
    BackgroundDrainer, DeferredDestructionQueue, DrainLimit, ManualTimeline, RetireAt, Retirer,
};

use crate::lines::manager;

/// Kicks alone.
const NEVER: Duration = Duration::MAX;

/// A queue in which everything is ready that was retired before the timeline's next move.
fn queue() -> (DeferredDestructionQueue, Arc<ManualTimeline>) {
    let (manager, _sim) = manager();
    let queue = DeferredDestructionQueue::new(&manager);
    // SAFETY: no device is involved.
    let timeline = Arc::new(unsafe { ManualTimeline::new() });
    queue.attach(timeline.clone()).unwrap();
    (queue, timeline)
}

fn spawn(queue: &DeferredDestructionQueue) -> BackgroundDrainer {
    BackgroundDrainer::spawn(queue, DrainLimit::default(), NEVER).unwrap()
}

fn retire(retirer: &Retirer, closure: impl FnOnce() + Send + 'static) {
    retirer.retire_with(closure, RetireAt::Now);
}

#[test]
fn a_kick_destroys_what_is_ready_on_another_thread() {
    let (queue, timeline) = queue();
    let drainer = spawn(&queue);
    let (tell, told) = channel();
    for name in 0..3 {
        let tell = tell.clone();
        retire(&queue.retirer(), move || tell.send((name, thread::current().id())).unwrap());
    }
    timeline.complete(timeline.submit());
    drainer.kick();
    for name in 0..3 {
        let (dead, on) = told.recv().unwrap();
        assert_eq!(dead, name, "in their order");
        assert_ne!(on, thread::current().id());
    }
    retire(&queue.retirer(), || ());
    drainer.kick();
    let drained = drainer.stop();
    assert_eq!(drained.entries, 3, "what is not ready stays");
    assert_eq!(queue.statistics().waiting, 1);
    timeline.complete(timeline.submit());
    assert_eq!(queue.drain(DrainLimit::default()).entries, 1);
}

#[test]
fn a_kick_before_the_stop_is_answered() {
    for _ in 0..50 {
        let (queue, timeline) = queue();
        let drainer = spawn(&queue);
        retire(&queue.retirer(), || ());
        timeline.complete(timeline.submit());
        drainer.kick();
        assert_eq!(drainer.stop().entries, 1);
    }
}

#[test]
fn without_a_kick_it_drains_every_period() {
    let (queue, timeline) = queue();
    let drainer = BackgroundDrainer::spawn(&queue, DrainLimit::default(), Duration::ZERO).unwrap();
    for _ in 0..3 {
        let (tell, told) = channel();
        retire(&queue.retirer(), move || tell.send(()).unwrap());
        timeline.complete(timeline.submit());
        told.recv().unwrap();
    }
    assert_eq!(drainer.stop().entries, 3);
}

#[test]
fn a_drain_is_bounded() {
    let (queue, timeline) = queue();
    let limit = DrainLimit { entries: Some(2), ..DrainLimit::default() };
    let drainer = BackgroundDrainer::spawn(&queue, limit, NEVER).unwrap();
    (0..5).for_each(|_| retire(&queue.retirer(), || ()));
    timeline.complete(timeline.submit());
    drainer.kick();
    let drained = drainer.stop();
    assert_eq!((drained.entries, drained.left), (2, 3));
}

#[test]
fn panics_stay_where_they_are() {
    let (queue, timeline) = queue();
    let drainer = spawn(&queue);
    let (tell, told) = channel();
    retire(&queue.retirer(), || panic!("on purpose"));
    retire(&queue.retirer(), move || tell.send(()).unwrap());
    timeline.complete(timeline.submit());
    drainer.kick();
    told.recv().unwrap();
    let drained = drainer.stop();
    assert_eq!((drained.entries, drained.panicked), (2, 1));
}

#[test]
fn kicking_and_dropping_never_wait() {
    let (queue, timeline) = queue();
    let drainer = spawn(&queue);
    let (begin, begun) = channel();
    let (go_on, wait) = channel::<()>();
    let (tell, told) = channel();
    retire(&queue.retirer(), move || {
        begin.send(()).unwrap();
        wait.recv().unwrap();
        tell.send(()).unwrap();
    });
    timeline.complete(timeline.submit());
    drainer.kick();
    begun.recv().unwrap();
    (0..1000).for_each(|_| drainer.kick());
    drop(drainer);
    go_on.send(()).unwrap();
    told.recv().unwrap();
}

#[test]
fn a_queue_is_not_kept_alive() {
    let (queue, _timeline) = queue();
    let drainer = spawn(&queue);
    let forgotten = Arc::new(Mutex::new(0));
    let hear = forgotten.clone();
    queue.on_forgotten(move |it| *hear.lock().unwrap() = it.calls);
    retire(&queue.retirer(), || ());
    drop(queue);
    assert_eq!(*forgotten.lock().unwrap(), 1, "it went at once");
    drainer.kick();
    assert_eq!(drainer.stop().entries, 0);
}

#[test]
fn the_thread_ends_when_the_queue_is_gone() {
    let (queue, _timeline) = queue();
    let drainer = spawn(&queue);
    drop(queue);
    drainer.kick();
    while !format!("{drainer:?}").contains("running: false") {
        thread::yield_now();
    }
    drainer.kick();
    // Neither told to end nor waited for.
    forget(drainer);
}

#[test]
fn handles_keep_the_queue_for_the_thread() {
    let (queue, timeline) = queue();
    let drainer = spawn(&queue);
    let retirer = queue.retirer();
    drop(queue);
    let (tell, told) = channel();
    retire(&retirer, move || tell.send(()).unwrap());
    timeline.complete(timeline.submit());
    drainer.kick();
    told.recv().unwrap();
    assert_eq!(drainer.stop().entries, 1);
}

#[test]
fn garbage_may_stop_the_thread_that_it_dies_on() {
    let (queue, timeline) = queue();
    let drainer = spawn(&queue);
    let kick = Arc::new(Mutex::new(Some(drainer)));
    let (inside, (tell, told)) = (kick.clone(), channel());
    retire(&queue.retirer(), move || {
        let drainer = inside.lock().unwrap().take().unwrap();
        tell.send(drainer.stop()).unwrap();
    });
    timeline.complete(timeline.submit());
    if let Some(drainer) = &*kick.lock().unwrap() {
        drainer.kick();
    }
    assert_eq!(told.recv().unwrap().entries, 0, "nobody waits for itself");
}
