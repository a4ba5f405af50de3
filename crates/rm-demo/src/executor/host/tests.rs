//! The oracle and the bytes tell when the host does not wait for a batch.

use std::{iter, sync::Arc};

use resource_management::lifetime::DeferredDestructionQueue;
use rm_vksim::{Call, Profile, Rule, SimDevice};

use super::HostExecutor;
use crate::{
    budget::Budget,
    content::Content,
    error::DemoError,
    executor::{Batch, Executor, PartCopy},
    host::{self, HostBuffer},
    options::Options,
    platform::{Platform, Simulated},
    resource::{Part, Resident},
    scene::{Asset, Scene},
    scratch::Scratch,
    supply::Supply,
};

/// Bytes that no mesh exceeds.
const LIMIT: u64 = 16 << 20;

#[derive(Clone, Copy)]
enum Direction {
    Download,
    Upload,
}

/// The vertices of a mesh, and buffers to copy them from and to, on a simulated device.
struct Bench {
    platform: Simulated,
    supply: Supply,
    queue: DeferredDestructionQueue,
    staging: HostBuffer,
    read_back: HostBuffer,
    mesh: Resident,
}

impl Bench {
    fn new() -> Self {
        let platform = Simulated::new(Profile::arm_noncoherent()).unwrap();
        let budget = Budget::new(&platform.context().unwrap(), &Options::default()).unwrap();
        let (supply, queue) = Supply::idle(&budget);
        let mut scene = Scene::new();
        let mut assets = iter::repeat_with(|| scene.next_frame()).flatten();
        let asset = assets.find(|asset| matches!(asset, Asset::Mesh(_))).unwrap();
        let mesh = Resident::create(supply.factory(), asset, 0, 0).unwrap();
        let [mut staging, mut read_back] =
            [HostBuffer::staging(LIMIT), HostBuffer::read_back(LIMIT)];
        for buffer in [&mut staging, &mut read_back] {
            buffer.place(mesh.parts()[0].content().bytes());
            buffer.reserve(&supply).unwrap();
        }
        let content = mesh.parts()[0].content();
        host::write(staging.reserve(&supply).unwrap(), 0, content).unwrap();
        Self { platform, supply, queue, staging, read_back, mesh }
    }

    fn device(&self) -> Arc<SimDevice> {
        Arc::clone(self.platform.device())
    }

    /// Spoils what the staging buffer holds.
    fn corrupt(&mut self) {
        let content = self.content();
        host::corrupt(self.staging.reserve(&self.supply).unwrap(), 0, content).unwrap();
    }

    fn submit(
        &self,
        executor: &mut HostExecutor,
        direction: Direction,
        bytes: u64,
    ) -> Result<(), DemoError> {
        let object = self.part().object().unwrap();
        let copy = [PartCopy { object: object.subject(), place: 0, bytes }];
        let (uploads, downloads): (&[_], &[_]) = match direction {
            Direction::Upload => (&copy, &[]),
            Direction::Download => (&[], &copy),
        };
        let (staging, read_back) =
            (self.staging.buffer().unwrap(), self.read_back.buffer().unwrap());
        let batch = Batch { staging, uploads, read_back, downloads, detours: &[], steps: &[] };
        // SAFETY: one device; whatever else is promised and not kept, the oracle catches.
        unsafe { executor.record(&batch) }?;
        // SAFETY: just recorded.
        unsafe { executor.submit() }
    }

    /// Whether the read-back buffer holds what it should.
    fn came_back(&self) -> bool {
        let read_back = self.read_back.buffer().unwrap();
        // SAFETY: no device writes.
        unsafe { host::compare(read_back, 0, self.content()) }.unwrap().is_none()
    }

    fn part(&self) -> &Part {
        &self.mesh.parts()[0]
    }

    fn content(&self) -> Content {
        self.part().content()
    }

    /// Destroys everything, in use or not.
    fn free(self) -> Arc<SimDevice> {
        let Self { platform, queue, staging, read_back, mesh, .. } = self;
        drop((staging, read_back, mesh));
        // SAFETY: there is no real device that would mind.
        unsafe { queue.flush() };
        Arc::clone(platform.device())
    }
}

#[test]
fn bytes_go_there_and_back_and_what_the_host_reads_is_invalidated() {
    let bench = Bench::new();
    let mut executor = bench.platform.host_executor();
    for direction in [Direction::Upload, Direction::Download] {
        bench.submit(&mut executor, direction, bench.content().bytes()).unwrap();
        executor.wait().unwrap();
    }
    assert!(bench.came_back());
    let invalidations = bench.device().counts().of(Call::InvalidateMappedMemoryRanges);
    assert!(invalidations > 0, "the read-back buffer is in memory that is not coherent");
    bench.free().verdict().unwrap();
}

#[test]
fn writing_to_a_staging_buffer_in_use_shows_in_the_bytes() {
    let mut bench = Bench::new();
    let mut executor = bench.platform.host_executor();
    bench.submit(&mut executor, Direction::Upload, bench.content().bytes()).unwrap();
    bench.corrupt();
    executor.wait().unwrap();
    bench.submit(&mut executor, Direction::Download, bench.content().bytes()).unwrap();
    executor.wait().unwrap();
    assert!(!bench.came_back());
    bench.free().verdict().unwrap();
}

#[test]
fn freeing_what_a_batch_uses_breaks_a_rule_and_ends_the_batch() {
    let bench = Bench::new();
    let mut executor = bench.platform.host_executor();
    bench.submit(&mut executor, Direction::Upload, bench.content().bytes()).unwrap();
    let device = bench.free();
    let verdict = device.verdict().unwrap_err();
    assert!(verdict.violations.iter().any(|it| it.rule == Rule::InUse), "{verdict}");
    let refused = executor.wait().unwrap_err();
    assert!(matches!(refused, DemoError::Copy { .. }), "got {refused:?}");
    let verdict = device.verdict().unwrap_err();
    assert!(verdict.violations.iter().all(|it| it.rule == Rule::UseAfterFree), "{verdict}");
}

#[test]
fn a_halted_batch_is_no_longer_in_use() {
    let bench = Bench::new();
    let mut executor = bench.platform.host_executor();
    bench.submit(&mut executor, Direction::Upload, bench.content().bytes()).unwrap();
    executor.halt();
    bench.free().verdict().unwrap();
}

#[test]
fn more_bytes_than_an_object_has_are_refused() {
    let bench = Bench::new();
    let mut executor = bench.platform.host_executor();
    let bytes = bench.content().bytes() + 1;
    let refused = bench.submit(&mut executor, Direction::Upload, bytes).unwrap_err();
    assert!(matches!(refused, DemoError::Copy { .. }), "got {refused:?}");
    bench.free().verdict().unwrap();
}

#[test]
fn detours_over_the_same_bytes_both_come_back_and_the_first_is_gone_then() {
    let bench = Bench::new();
    let mut executor = bench.platform.host_executor();
    let scratch = Scratch::new(&bench.supply, |memory| executor.expect_aliases(memory)).unwrap();
    let [mut staging, mut read_back] = [HostBuffer::staging(LIMIT), HostBuffer::read_back(LIMIT)];
    let errands = scratch.errands(0, &mut staging, &mut read_back);
    let detours: Vec<_> = scratch.detours(&errands).collect();
    let source = staging.reserve(&bench.supply).unwrap();
    for errand in &errands {
        host::write(source, errand.from, errand.content).unwrap();
    }
    let target = read_back.reserve(&bench.supply).unwrap();
    let batch = Batch {
        staging: source,
        uploads: &[],
        read_back: target,
        downloads: &[],
        detours: &detours,
        steps: &[],
    };
    // SAFETY: one device, places within the buffers, and all of it lives on.
    unsafe { executor.record(&batch) }.unwrap();
    // SAFETY: just recorded, and as above.
    unsafe { executor.submit() }.unwrap();
    executor.wait().unwrap();
    for errand in &errands {
        // SAFETY: no device writes.
        let difference = unsafe { host::compare(target, errand.to, errand.content) }.unwrap();
        assert_eq!(difference, None, "{}", errand.name);
    }
    let first = detours[0].scratch;
    let mut found = vec![0; usize::try_from(first.size()).unwrap()];
    assert!(bench.device().read_bytes(first.device_memory(), first.memory_offset(), &mut found));
    let difference = errands[0].content.compare(0, &found).unwrap();
    assert!(difference.first > 0, "the second begins later");
    drop((staging, read_back, scratch));
    bench.free().verdict().unwrap();
}
