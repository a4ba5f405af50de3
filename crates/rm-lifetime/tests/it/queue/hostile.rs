//! Code of others that panics, comes back, or never ends.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::channel,
    },
    thread,
    time::Duration,
};

use rm_alloc_core::BufferAllocation;
use rm_lifetime::{DeferredDestructionQueue, GpuTimeline, RetireAt, Retirer, TimelineError};

use crate::support::{ALL, Bed, KIB, Tally};

const LONG: Duration = Duration::from_secs(600);

/// Runs something when it is dropped.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// A timeline that does as the test says.
struct Line {
    wait: Box<dyn Fn() -> Result<bool, TimelineError> + Send + Sync>,
    _end: OnDrop<Box<dyn FnMut() + Send + Sync>>,
}

impl Line {
    fn new(
        wait: impl Fn() -> Result<bool, TimelineError> + Send + Sync + 'static,
        end: impl FnMut() + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self { wait: Box::new(wait), _end: OnDrop(Box::new(end)) })
    }
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Line")
    }
}

// SAFETY: nothing is ever submitted on it.
unsafe impl GpuTimeline for Line {
    fn completed(&self) -> u64 {
        0
    }

    fn upcoming(&self) -> u64 {
        1
    }

    fn wait(&self, _: u64, _: Duration) -> Result<bool, TimelineError> {
        (self.wait)()
    }
}

/// The last handle of a timeline may ask the queue for anything: none of its locks is held.
#[test]
fn a_timeline_ends_outside_our_locks() {
    let bed = Bed::counting(0);
    let queue = Arc::new(bed.queue);
    let (known, passed) = (Arc::new(OnceLock::new()), Arc::new(AtomicBool::new(false)));
    let (of, note) = (Arc::clone(&known), Arc::clone(&passed));
    let end = move || {
        let queue: Arc<DeferredDestructionQueue> = Arc::clone(of.get().unwrap());
        let (tell, told) = channel();
        thread::spawn(move || {
            queue.retirer();
            tell.send(()).ok();
        });
        note.store(told.recv_timeout(LONG).is_ok(), Ordering::Relaxed);
    };
    let id = queue.attach(Line::new(|| Ok(true), end)).unwrap();
    known.set(Arc::clone(&queue)).unwrap();
    let retirer = queue.retirer();
    // SAFETY: nothing is submitted on it.
    assert!(unsafe { queue.detach(id) });
    drop((bed.retirer, queue.retirer(), retirer));
    assert!(passed.load(Ordering::Relaxed));
}

/// A shutdown leaves alone what others submit while it waits.
#[test]
fn what_is_submitted_during_a_shutdown_is_left_alone() {
    let bed = Bed::counting(1);
    let (line, retirer) = (Arc::clone(&bed.timelines[0].1), bed.retirer.clone());
    let tally = Tally::default();
    let mut one = Some(tally.one());
    let work = std::sync::Mutex::new(move || {
        line.submit();
        let value = line.upcoming();
        assert_eq!(line.submit(), value, "recorded as upcoming, and in flight");
        if let Some(one) = one.take() {
            retirer.retire_with(one, RetireAt::Now);
        }
    });
    let wait = move || {
        (work.lock().unwrap())();
        Ok(true)
    };
    bed.queue.attach(Line::new(wait, || ())).unwrap();
    let drained = bed.queue.shutdown(LONG).unwrap();
    assert_eq!((drained.entries, tally.get()), (0, 0));
    bed.timelines[0].1.complete(u64::MAX);
}

/// While somebody else drains, a flush says that it did nothing.
#[test]
fn a_flush_says_when_somebody_else_drains() {
    let bed = Bed::counting(1);
    let queue = Arc::new(bed.queue);
    let ((begin, begun), (go, gone)) = (channel(), channel::<()>());
    let closure = move || {
        begin.send(()).unwrap();
        gone.recv().unwrap();
    };
    bed.retirer.retire_with(closure, RetireAt::Now);
    bed.timelines[0].1.complete(1);
    let other = Arc::clone(&queue);
    let thread = thread::spawn(move || other.drain(ALL));
    begun.recv().unwrap();
    // SAFETY: no device is involved.
    assert!(unsafe { queue.flush() }.busy);
    assert!(queue.drain(ALL).busy && bed.retirer.drain(ALL).busy);
    go.send(()).unwrap();
    let drained = thread.join().unwrap();
    assert_eq!((drained.entries, drained.busy), (1, false));
}

/// A shutdown waits for whoever drains, and not for itself.
#[test]
fn a_shutdown_waits_for_whoever_drains() {
    let bed = Bed::counting(1);
    let queue = bed.queue;
    let (begin, begun) = channel();
    let ready = Arc::new(AtomicBool::new(false));
    let wait = Arc::clone(&ready);
    bed.retirer.retire_with(
        move || {
            begin.send(()).unwrap();
            while !wait.load(Ordering::Acquire) {
                thread::yield_now();
            }
        },
        RetireAt::Now,
    );
    bed.timelines[0].1.complete(1);
    let (retirer, tally) = (bed.retirer.clone(), Tally::default());
    let thread = thread::spawn(move || retirer.drain(ALL));
    begun.recv().unwrap();
    bed.retirer.retire_with(tally.one(), RetireAt::Now);
    let shutdown = thread::spawn(move || queue.shutdown(LONG).unwrap());
    ready.store(true, Ordering::Release);
    assert_eq!(thread.join().unwrap().entries + shutdown.join().unwrap().entries, 2);
    assert_eq!(tally.get(), 1);

    let bed = Bed::counting(1);
    let mut queue = Some(bed.queue);
    let (tell, told) = channel();
    let retirer = bed.retirer.clone();
    let mine = queue.take();
    let closure = move || tell.send(mine.map(|mine| mine.shutdown(LONG))).unwrap();
    bed.retirer.retire_with(closure, RetireAt::Now);
    bed.timelines[0].1.complete(1);
    assert_eq!(retirer.drain(ALL).entries, 1);
    assert!(told.recv().unwrap().unwrap().unwrap().busy, "within its own drain it would never end");
}

/// What garbage queues is flushed as well; what never ends is followed for a while.
#[test]
fn garbage_without_end_does_not_keep_us() {
    fn again(retirer: Retirer, count: Arc<AtomicU64>) {
        count.fetch_add(1, Ordering::Relaxed);
        let next = retirer.clone();
        retirer.retire_with(move || again(next, count), RetireAt::Now);
    }
    let bed = Bed::counting(1);
    let (tally, retirer) = (Tally::default(), bed.retirer.clone());
    let one = tally.one();
    bed.retirer.retire_with(move || retirer.retire_with(one, RetireAt::Now), RetireAt::Now);
    // SAFETY: no device is involved.
    assert_eq!((unsafe { bed.queue.flush() }.entries, tally.get()), (2, 1));
    let count = Arc::new(AtomicU64::new(0));
    again(bed.retirer.clone(), Arc::clone(&count));
    // SAFETY: no device is involved.
    assert_eq!(unsafe { bed.queue.flush() }.entries, 64);
    assert_eq!(bed.queue.shutdown(Duration::MAX).unwrap().entries, 64);
    assert_eq!(count.load(Ordering::Relaxed), 1 + 2 * 64);
}

/// What several rounds have done is added up.
#[test]
fn rounds_add_up() {
    let bed = Bed::counting(1);
    let round = |retirer: Retirer, first: BufferAllocation, second: BufferAllocation| {
        retirer.retire_buffer(first, RetireAt::Now);
        let next = retirer.clone();
        let closure = move || {
            next.retire_buffer(second, RetireAt::Now);
            panic!("on purpose");
        };
        retirer.retire_with(closure, RetireAt::Now);
    };
    round(bed.retirer.clone(), bed.buffer(KIB), bed.buffer(2 * KIB));
    // SAFETY: no device uses them.
    let flushed = unsafe { bed.queue.flush() };
    assert_eq!((flushed.entries, flushed.bytes, flushed.panicked), (3, 3 * KIB, 1));
    round(bed.retirer.clone(), bed.buffer(KIB), bed.buffer(2 * KIB));
    let finished = bed.queue.shutdown(LONG).unwrap();
    assert_eq!((finished.entries, finished.bytes, finished.panicked), (3, 3 * KIB, 1));
    assert_eq!(finished.examined, 3);
}

/// A drop never panics, whoever does in it.
#[test]
fn drops_never_panic() {
    let bomb = || assert!(thread::panicking(), "on purpose");
    let bed = Bed::counting(0);
    bed.queue.attach(Line::new(|| Ok(true), bomb)).unwrap();
    let hearer = OnDrop(bomb);
    bed.queue.on_forgotten(move |_| {
        let _hearer = &hearer;
    });
    let Bed { queue, retirer, .. } = bed;
    drop(retirer);
    assert!(catch_unwind(AssertUnwindSafe(|| drop(queue))).is_ok());
}

/// A lost device is done with everything, also with what waits for those who have not heard of it.
#[test]
fn a_loss_that_one_timeline_hears_of_counts_for_all() {
    let bed = Bed::counting(1);
    bed.submit(0);
    let lost = Line::new(|| Err(TimelineError::DeviceLost), || ());
    bed.queue.attach(lost).unwrap();
    let other = TimelineError::Vulkan(ash::vk::Result::ERROR_OUT_OF_HOST_MEMORY);
    bed.queue.attach(Line::new(move || Err(other), || ())).unwrap();
    let tally = Tally::default();
    bed.retirer.clone().retire_with(tally.one(), RetireAt::Now);
    assert_eq!(bed.queue.shutdown(Duration::ZERO), Err(TimelineError::DeviceLost));
    assert_eq!(tally.get(), 1);
}

/// Any other error of a timeline makes nothing ready.
#[test]
fn an_error_of_a_timeline_makes_nothing_ready() {
    let bed = Bed::counting(0);
    let error = TimelineError::Vulkan(ash::vk::Result::ERROR_OUT_OF_HOST_MEMORY);
    bed.queue.attach(Line::new(move || Err(error), || ())).unwrap();
    let tally = Tally::default();
    bed.retirer.clone().retire_with(tally.one(), RetireAt::Now);
    bed.queue.on_forgotten(|_| ());
    assert_eq!(bed.queue.shutdown(LONG), Err(error));
    drop(bed.retirer);
    assert_eq!(tally.get(), 0);
}

/// Closures of any alignment and of no size run where they lie.
#[test]
fn closures_of_any_alignment_run() {
    // Small enough to be stored in place, but for its alignment.
    #[repr(align(32))]
    struct Wide([u8; 32]);
    static SUM: AtomicU64 = AtomicU64::new(0);
    let bed = Bed::counting(1);
    for _ in 0..8 {
        let wide = Wide([3; 32]);
        let closure = move || {
            let wide = &wide;
            assert_eq!(std::ptr::from_ref(wide).addr() % 32, 0);
            SUM.fetch_add(u64::from(wide.0[5]), Ordering::Relaxed);
        };
        bed.retirer.retire_with(closure, RetireAt::Now);
        let no_size = || {
            SUM.fetch_add(100, Ordering::Relaxed);
        };
        bed.retirer.retire_with(no_size, RetireAt::Now);
    }
    bed.complete(0, 1);
    assert_eq!(bed.queue.drain(ALL).panicked, 0);
    assert_eq!(SUM.load(Ordering::Relaxed), 8 * 103);
}

/// A timeline that cannot say what is upcoming is not taken at its word that everything is done.
#[test]
fn a_shutdown_believes_nobody_who_knows_no_upcoming_value() {
    #[derive(Debug)]
    struct Half;
    // SAFETY: nothing is ever submitted on it.
    unsafe impl GpuTimeline for Half {
        fn completed(&self) -> u64 {
            0
        }

        fn upcoming(&self) -> u64 {
            panic!("on purpose")
        }

        fn wait(&self, _: u64, _: Duration) -> Result<bool, TimelineError> {
            Ok(true)
        }
    }
    let bed = Bed::counting(0);
    bed.queue.attach(Arc::new(Half)).unwrap();
    bed.queue.on_forgotten(|_| ());
    let tally = Tally::default();
    bed.retirer.clone().retire_with(tally.one(), RetireAt::Now);
    assert!(format!("{:?}", bed.queue).contains("waiting: 1"));
    assert_eq!(bed.queue.shutdown(LONG).unwrap().entries, 0);
    drop(bed.retirer);
    assert_eq!(tally.get(), 0);
}

/// A queue makes room within reason, whatever it is asked for.
#[test]
fn room_is_made_within_reason() {
    let bed = Bed::counting(0);
    let queue = DeferredDestructionQueue::with_capacity(&bed.manager, usize::MAX);
    assert_eq!(queue.statistics().capacity, 1 << 20);
    assert_eq!(DeferredDestructionQueue::with_capacity(&bed.manager, 0).statistics().capacity, 2);
}
