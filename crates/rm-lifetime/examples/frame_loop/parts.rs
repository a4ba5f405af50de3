//! What is soaked: each part makes and retires something in every frame.

use std::sync::atomic::{AtomicU64, Ordering};

use ash::vk::{self, BufferUsageFlags, Handle};
use rm_alloc_core::{BufferRequest, MemoryLocation};
use rm_lifetime::{
    DeferredDestructionQueue, LifetimeScope, LifetimeScopeManager, Point, RetireAt, Retirer,
    SharedBuffer, SharedResourceFactory,
};

use crate::Result;

/// Something that is done in every frame; what it holds goes when it is dropped.
pub(crate) trait Part {
    fn frame(&mut self, frame: &mut Frame<'_>) -> Result;
}

/// What a part gets to see.
pub(crate) struct Frame<'r> {
    pub(crate) random: &'r mut Random,
    /// What the work of this frame will signal.
    pub(crate) end: Point,
}

/// All that is soaked, in the order in which it runs.
pub(crate) fn parts(queue: &DeferredDestructionQueue) -> Vec<Box<dyn Part>> {
    let factory = SharedResourceFactory::new(queue.manager(), queue);
    let scopes = LifetimeScopeManager::new(&factory);
    vec![
        Box::new(Owners(factory.clone())),
        Box::new(Sharers { factory: factory.clone(), held: Vec::new() }),
        Box::new(Scopes(factory)),
        Box::new(OpenScopes(scopes)),
        Box::new(Objects(queue.retirer())),
        Box::new(Calls(queue.retirer())),
    ]
}

/// Buffers with one owner; the host writes to one of them.
struct Owners(SharedResourceFactory);

impl Part for Owners {
    fn frame(&mut self, frame: &mut Frame<'_>) -> Result {
        let mesh = self.0.own_buffer(&request(frame, 1 << 20).label("mesh"))?;
        let camera = request(frame, 1 << 10).location(MemoryLocation::HostVisible);
        let mut camera = self.0.own_buffer(&camera.label("camera"))?;
        camera.write(0, &[7])?;
        mesh.retire(RetireAt::Now);
        Ok(())
    }
}

/// Buffers whose owners come and go, some of which record what they are used for.
struct Sharers {
    factory: SharedResourceFactory,
    held: Vec<SharedBuffer>,
}

impl Sharers {
    /// Owners at most.
    const MOST: usize = 32;
}

impl Part for Sharers {
    fn frame(&mut self, frame: &mut Frame<'_>) -> Result {
        let buffer = self.factory.create_buffer(&request(frame, 64 << 10).label("shared"))?;
        if frame.random.below(2) == 0 {
            // SAFETY: no device uses it, and the value is that of work being recorded.
            unsafe { buffer.used(frame.end) };
        }
        for _ in 0..frame.random.below(4) {
            self.held.push(buffer.clone());
        }
        self.held.push(buffer);
        while self.held.len() > Self::MOST {
            let at = frame.random.below(self.held.len());
            drop(self.held.swap_remove(at));
        }
        Ok(())
    }
}

/// A scope with one nested in it and one that ends before it.
struct Scopes(SharedResourceFactory);

impl Part for Scopes {
    fn frame(&mut self, frame: &mut Frame<'_>) -> Result {
        let mut pass = LifetimeScope::new("pass", &self.0);
        let cascade = pass.create_buffer(&request(frame, 4 << 10))?;
        let blur = pass.nested("blur").create_buffer(&request(frame, 4 << 10))?;
        let staging = pass.guard("upload").create_buffer(&request(frame, 4 << 10))?;
        drop((cascade, blur, staging));
        pass.end(RetireAt::Now);
        Ok(())
    }
}

/// Scopes that are begun one within the other, the outer one ended first.
struct OpenScopes(LifetimeScopeManager);

impl Part for OpenScopes {
    fn frame(&mut self, frame: &mut Frame<'_>) -> Result {
        let outer = self.0.begin("frame");
        let inner = outer.begin("bloom");
        let bright = inner.create_buffer(&request(frame, 16 << 10))?;
        drop(outer);
        drop((bright, inner));
        Ok(())
    }
}

/// Vulkan objects, made and destroyed by counting.
struct Objects(Retirer);

pub(crate) static OBJECTS: Tally = Tally::new();

unsafe extern "system" fn destroy(
    _: vk::Device,
    sampler: vk::Sampler,
    _: *const vk::AllocationCallbacks<'_>,
) {
    OBJECTS.takes(sampler.as_raw());
}

impl Part for Objects {
    fn frame(&mut self, frame: &mut Frame<'_>) -> Result {
        let sampler = vk::Sampler::from_raw(frame.end.value);
        OBJECTS.gives(sampler.as_raw());
        // SAFETY: destroying it counts, and nothing else.
        unsafe { self.0.retire_raw(sampler, destroy, RetireAt::Now) };
        Ok(())
    }
}

/// Closures: one in place, and sometimes one that needs a box.
struct Calls(Retirer);

pub(crate) static CALLS: Tally = Tally::new();

impl Part for Calls {
    fn frame(&mut self, frame: &mut Frame<'_>) -> Result {
        let value = frame.end.value;
        CALLS.gives(value);
        self.0.retire_with(move || CALLS.takes(value), RetireAt::Now);
        if frame.random.below(8) == 0 {
            let values = [value; 8];
            CALLS.gives(values[7]);
            self.0.retire_with(move || CALLS.takes(values[7]), RetireAt::Now);
        }
        Ok(())
    }
}

/// A buffer of up to `most` bytes.
fn request(frame: &mut Frame<'_>, most: usize) -> BufferRequest<'static> {
    let size = 1 + frame.random.below(most) as u64;
    BufferRequest::new(size, BufferUsageFlags::STORAGE_BUFFER)
}

/// Values that were given away and that came back, each the number of its frame.
#[derive(Debug)]
pub(crate) struct Tally {
    given: AtomicU64,
    taken: AtomicU64,
    early: AtomicU64,
}

/// The frame that the device has finished.
pub(crate) static FINISHED: AtomicU64 = AtomicU64::new(0);

impl Tally {
    const fn new() -> Self {
        Self { given: AtomicU64::new(0), taken: AtomicU64::new(0), early: AtomicU64::new(0) }
    }

    fn gives(&self, value: u64) {
        self.given.fetch_add(value, Ordering::Relaxed);
    }

    fn takes(&self, value: u64) {
        self.taken.fetch_add(value, Ordering::Relaxed);
        let early = value > FINISHED.load(Ordering::Relaxed);
        self.early.fetch_add(u64::from(early), Ordering::Relaxed);
    }

    /// Whether all of it came back, and nothing before the device was done.
    pub(crate) fn is_balanced(&self) -> bool {
        let sum = |it: &AtomicU64| it.load(Ordering::Relaxed);
        sum(&self.given) == sum(&self.taken) && sum(&self.early) == 0
    }
}

/// Marsaglia's xorshift, the same numbers in every run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// A number below `end`, which is not 0.
    #[expect(clippy::cast_possible_truncation, reason = "any bits will do")]
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 as usize % end
    }
}
