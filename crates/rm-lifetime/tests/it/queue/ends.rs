//! The end of a queue: shutdown, flush, and the last handle.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use rm_lifetime::{
    DeferredDestructionQueue, Forgotten, GpuTimeline, ManualTimeline, RetireAt, TimelineError,
};

use crate::support::{ALL, Bed, KIB, Tally, attach};

const LONG: Duration = Duration::from_secs(600);

/// What a queue has to forget.
fn listen(queue: &DeferredDestructionQueue) -> Arc<Mutex<Vec<Forgotten>>> {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&heard);
    queue.on_forgotten(move |forgotten| into.lock().unwrap().push(*forgotten));
    heard
}

/// A flush destroys everything, ready or not.
#[test]
fn a_flush_destroys_everything() {
    let bed = Bed::new(2);
    let tally = Tally::default();
    bed.retirer.retire_with(tally.one(), RetireAt::Now);
    bed.drain();
    bed.retirer.retire_with(tally.one(), RetireAt::Now);
    bed.retire_buffer(KIB);
    // SAFETY: no device uses any of it.
    let drained = unsafe { bed.queue.flush() };
    assert_eq!((drained.entries, tally.get()), (3, 2));
    assert_eq!(bed.charged(), (0, 0));
    assert_eq!(bed.queue.statistics().flushed, 3);
}

/// Shutdown waits for what was submitted, and then nothing is left, what was never submitted included.
#[test]
fn shutdown_waits_for_the_device_and_leaves_nothing() {
    let bed = Bed::new(2);
    let heard = listen(&bed.queue);
    let (value, timeline) = (bed.submit(0), Arc::clone(&bed.timelines[0].1));
    bed.retire_buffer(KIB);
    bed.retire_object(bed.object(), RetireAt::Now);
    let device = thread::spawn(move || timeline.complete(value));
    let drained = bed.queue.shutdown(LONG).unwrap();
    device.join().unwrap();
    assert_eq!((drained.entries, drained.bytes), (2, KIB));
    drop(bed.retirer);
    assert_eq!(*heard.lock().unwrap(), []);
    assert_eq!(bed.sim.leaks(), []);
}

/// Garbage that queues garbage is gone after a shutdown as well.
#[test]
fn shutdown_goes_on_while_garbage_queues_garbage() {
    let bed = Bed::new(1);
    let (tally, retirer) = (Tally::default(), bed.retirer.clone());
    let one = tally.one();
    bed.retirer.retire_with(
        move || {
            let last = retirer.clone();
            retirer.retire_with(move || last.retire_with(one, RetireAt::Now), RetireAt::Now);
        },
        RetireAt::Now,
    );
    assert_eq!(bed.queue.shutdown(LONG).unwrap().entries, 3);
    assert_eq!(tally.get(), 1);
}

/// What is not ready in time is forgotten and reported, and never destroyed.
#[test]
fn what_is_never_ready_is_forgotten_and_reported() {
    let bed = Bed::new(1);
    let heard = listen(&bed.queue);
    bed.submit(0);
    let tally = Tally::default();
    bed.retire_buffer(KIB);
    let object = bed.object();
    bed.retire_object(object, RetireAt::Now);
    bed.retirer.retire_with(tally.one(), RetireAt::Now);
    assert_eq!(bed.queue.shutdown(Duration::ZERO).unwrap().entries, 0);
    assert_eq!(*heard.lock().unwrap(), [], "a retirer is left");
    drop(bed.retirer);
    let heard = heard.lock().unwrap();
    let [forgotten] = heard[..] else { panic!("{heard:?}") };
    assert_eq!((forgotten.resources, forgotten.bytes), (1, KIB));
    assert_eq!((forgotten.objects, forgotten.calls, tally.get()), (1, 1, 0));
    assert_eq!(bed.sim.leaks().len(), 3, "two buffers and the memory of one");
}

/// Entries wait on when the queue is dropped, and the last handle lets ready ones die.
#[test]
fn the_last_handle_lets_ready_entries_die() {
    let bed = Bed::new(1);
    let heard = listen(&bed.queue);
    bed.retire_buffer(KIB);
    drop(bed.queue);
    bed.retirer.retire_buffer(
        bed.manager.allocate_buffer(&crate::support::request(KIB)).unwrap(),
        RetireAt::Now,
    );
    assert_eq!(bed.manager.device_figures().count, 2);
    bed.timelines[0].1.complete(1);
    drop(bed.retirer);
    assert_eq!(bed.manager.device_figures().count, 0);
    assert_eq!(*heard.lock().unwrap(), []);
}

/// A timeline of a device that was lost, at a moment of the test's choice.
#[derive(Debug)]
struct Losable {
    lost: AtomicU64,
}

// SAFETY: nothing is ever submitted on it.
unsafe impl GpuTimeline for Losable {
    fn completed(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    fn upcoming(&self) -> u64 {
        1
    }

    fn wait(&self, _: u64, _: Duration) -> Result<bool, TimelineError> {
        Err(TimelineError::DeviceLost)
    }
}

/// After the device is lost everything may be destroyed, and waiting is an error.
#[test]
fn a_lost_device_is_done_with_everything() {
    let bed = Bed::new(0);
    let queue = DeferredDestructionQueue::new(&bed.manager);
    let timeline = Arc::new(Losable { lost: AtomicU64::new(0) });
    queue.attach(timeline.clone()).unwrap();
    let (retirer, tally) = (queue.retirer(), Tally::default());
    retirer.retire_with(tally.one(), RetireAt::Now);
    assert_eq!(queue.drain(ALL).entries, 0);
    timeline.lost.store(u64::MAX, Ordering::Relaxed);
    assert_eq!((queue.drain(ALL).entries, tally.get()), (1, 1));

    timeline.lost.store(0, Ordering::Relaxed);
    retirer.retire_with(tally.one(), RetireAt::Now);
    assert_eq!(queue.shutdown(LONG), Err(TimelineError::DeviceLost));
    assert_eq!(tally.get(), 2);
}

/// A timeline that panics is never reached, and harms nobody else.
#[test]
fn a_timeline_that_panics_is_never_reached() {
    #[derive(Debug)]
    struct Broken;
    // SAFETY: it answers nothing.
    unsafe impl GpuTimeline for Broken {
        fn completed(&self) -> u64 {
            panic!("on purpose")
        }

        fn upcoming(&self) -> u64 {
            panic!("on purpose")
        }

        fn wait(&self, _: u64, _: Duration) -> Result<bool, TimelineError> {
            panic!("on purpose")
        }
    }
    let bed = Bed::new(0);
    let heard = listen(&bed.queue);
    bed.queue.attach(Arc::new(Broken)).unwrap();
    let tally = Tally::default();
    bed.queue.retirer().retire_with(tally.one(), RetireAt::Now);
    assert_eq!(bed.drain(), 0);
    let broken = bed.queue;
    assert_eq!(broken.shutdown(LONG).unwrap().entries, 0);
    drop(bed.retirer);
    assert_eq!((heard.lock().unwrap().len(), tally.get()), (1, 0));
}

/// A queue of several threads: retire, drain and complete at once, and nothing is lost.
#[test]
fn threads_retire_while_another_drains() {
    const EACH: u64 = 20_000;
    let bed = Bed::counting(1);
    let (queue, timeline) = (bed.queue, Arc::clone(&bed.timelines[0].1));
    let tally = Tally::default();
    thread::scope(|scope| {
        for _ in 0..3 {
            let (retirer, tally) = (queue.retirer(), &tally);
            scope.spawn(move || {
                (0..EACH).for_each(|_| retirer.retire_with(tally.one(), RetireAt::Now));
            });
        }
        while tally.get() < 3 * EACH {
            let value = timeline.submit();
            timeline.complete(value);
            queue.drain(ALL);
        }
    });
    assert_eq!(queue.statistics().destroyed, 3 * EACH);
    let (_, other) = attach(&queue);
    assert_eq!(ManualTimeline::completed(&other), 0);
}
