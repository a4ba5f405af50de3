//! The oracle and the bytes tell when the host does not wait for a batch.

use std::{iter, sync::Arc};

use resource_management::backend::direct::DirectAllocator;
use rm_vksim::{Call, Profile, Rule, SimDevice};

use super::HostExecutor;
use crate::{
    content::Content,
    error::DemoError,
    executor::{Batch, Executor, PartCopy},
    host::{self, HostBuffer},
    platform::{Platform, Simulated},
    resource::{Part, Resident},
    scene::{Asset, Scene},
};

#[derive(Clone, Copy)]
enum Direction {
    Download,
    Upload,
}

/// The vertices of a mesh, and buffers to copy them from and to, on a simulated device.
struct Bench {
    device: Arc<SimDevice>,
    allocator: DirectAllocator,
    staging: HostBuffer,
    read_back: HostBuffer,
    mesh: Resident,
}

impl Bench {
    fn new() -> Self {
        let platform = Simulated::new(Profile::arm_noncoherent()).unwrap();
        let allocator = DirectAllocator::new(&platform.context().unwrap());
        let mut scene = Scene::new();
        let mut assets = iter::repeat_with(|| scene.next_frame()).flatten();
        let asset = assets.find(|asset| matches!(asset, Asset::Mesh(_))).unwrap();
        let mesh = Resident::create(&allocator, asset, 0, 0).unwrap();
        let [mut staging, mut read_back] = [HostBuffer::staging(), HostBuffer::read_back()];
        for buffer in [&mut staging, &mut read_back] {
            buffer.place(mesh.parts()[0].content().bytes());
            // SAFETY: there is no other allocator, and no device uses the buffer.
            unsafe { buffer.reserve(&allocator) }.unwrap();
        }
        host::write(
            // SAFETY: there is no other allocator, and no device uses the buffer.
            unsafe { staging.reserve(&allocator) }.unwrap(),
            0,
            mesh.parts()[0].content(),
        )
        .unwrap();
        let device = Arc::clone(platform.device());
        Self { device, allocator, staging, read_back, mesh }
    }

    /// Spoils what the staging buffer holds.
    fn corrupt(&mut self) {
        let content = self.content();
        // SAFETY: there is no other allocator, and no real device that would mind.
        let staging = unsafe { self.staging.reserve(&self.allocator) }.unwrap();
        host::corrupt(staging, 0, content).unwrap();
    }

    fn submit(
        &self,
        executor: &mut HostExecutor,
        direction: Direction,
        bytes: u64,
    ) -> Result<(), DemoError> {
        let object = self.part().object().unwrap();
        let copy = [PartCopy { object, place: 0, bytes }];
        let (uploads, downloads): (&[_], &[_]) = match direction {
            Direction::Upload => (&copy, &[]),
            Direction::Download => (&[], &copy),
        };
        let (staging, read_back) =
            (self.staging.buffer().unwrap(), self.read_back.buffer().unwrap());
        let batch = Batch { staging, uploads, read_back, downloads };
        // SAFETY: one device; whatever else is promised and not kept, the oracle catches.
        unsafe { executor.submit(&batch) }
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

    /// Frees everything, in use or not.
    fn free(mut self) -> Arc<SimDevice> {
        // SAFETY: it is of this allocator, and no real device that would mind uses it.
        unsafe { self.staging.free(&self.allocator) };
        // SAFETY: as above.
        unsafe { self.read_back.free(&self.allocator) };
        // SAFETY: as above.
        unsafe { self.mesh.free(&self.allocator) };
        self.device
    }
}

#[test]
fn bytes_go_there_and_back_and_what_the_host_reads_is_invalidated() {
    let bench = Bench::new();
    let mut executor = HostExecutor::new(&bench.device);
    for direction in [Direction::Upload, Direction::Download] {
        bench.submit(&mut executor, direction, bench.content().bytes()).unwrap();
        executor.wait().unwrap();
    }
    assert!(bench.came_back());
    let invalidations = bench.device.counts().of(Call::InvalidateMappedMemoryRanges);
    assert!(invalidations > 0, "the read-back buffer is in memory that is not coherent");
    bench.free().verdict().unwrap();
}

#[test]
fn writing_to_a_staging_buffer_in_use_shows_in_the_bytes() {
    let mut bench = Bench::new();
    let mut executor = HostExecutor::new(&bench.device);
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
    let mut executor = HostExecutor::new(&bench.device);
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
    let mut executor = HostExecutor::new(&bench.device);
    bench.submit(&mut executor, Direction::Upload, bench.content().bytes()).unwrap();
    executor.halt();
    bench.free().verdict().unwrap();
}

#[test]
fn more_bytes_than_an_object_has_are_refused() {
    let bench = Bench::new();
    let mut executor = HostExecutor::new(&bench.device);
    let bytes = bench.part().object().unwrap().size() + 1;
    let refused = bench.submit(&mut executor, Direction::Upload, bytes).unwrap_err();
    assert!(matches!(refused, DemoError::Copy { .. }), "got {refused:?}");
    bench.free().verdict().unwrap();
}
