//! Behaviour 29: a decorator that names what it wraps loses nothing.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use ash::vk::{BufferUsageFlags, Format, ImageUsageFlags};
use rm_alloc_core::{
    Allocation, BufferRequest, DeviceContext, FreedParcel, ImageRequest, MemoryAllocator,
    MemoryError, MemoryLocation, MemoryRequest, ParcelKind, TilingClass,
};

use crate::{Environment, Outcome};

/// The required methods and `below`; everything else is the trait's own default.
#[derive(Debug)]
pub(super) struct Forwarding {
    inner: Arc<dyn MemoryAllocator>,
    calls: AtomicU64,
}

impl Forwarding {
    pub(super) fn new(inner: Arc<dyn MemoryAllocator>) -> Self {
        Self { inner, calls: AtomicU64::new(0) }
    }
}

// SAFETY: every promise is kept by the allocator below.
unsafe impl MemoryAllocator for Forwarding {
    fn context(&self) -> &Arc<DeviceContext> {
        self.inner.context()
    }

    fn allocate(&self, request: &MemoryRequest<'_>) -> Result<Allocation, MemoryError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.inner.allocate(request)
    }

    unsafe fn free(&self, allocation: Allocation) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        // SAFETY: it came from there, and the device is done with it (caller).
        unsafe { self.inner.free(allocation) };
    }

    fn below(&self) -> Option<&dyn MemoryAllocator> {
        Some(&*self.inner)
    }
}

/// Stands between a decorator and the backend, and writes down the parcels that come through.
#[derive(Debug)]
struct Listening {
    inner: Arc<dyn MemoryAllocator>,
    parcels: Mutex<Vec<FreedParcel>>,
}

// SAFETY: every promise is kept by the allocator below.
unsafe impl MemoryAllocator for Listening {
    fn context(&self) -> &Arc<DeviceContext> {
        self.inner.context()
    }

    fn allocate(&self, request: &MemoryRequest<'_>) -> Result<Allocation, MemoryError> {
        self.inner.allocate(request)
    }

    unsafe fn free(&self, allocation: Allocation) {
        // SAFETY: it came from there, and the device is done with it (caller).
        unsafe { self.inner.free(allocation) };
    }

    fn below(&self) -> Option<&dyn MemoryAllocator> {
        Some(&*self.inner)
    }

    fn notify_freed(&self, parcel: FreedParcel) {
        self.parcels.lock().unwrap_or_else(PoisonError::into_inner).push(parcel);
        self.inner.notify_freed(parcel);
    }
}

/// Two decorators deep, name, abilities, figures, report and trimming are those of the backend.
pub fn a_decorator_loses_nothing(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    let mut backend = None;
    let stage = stage.decorated(|inner| {
        backend = Some(Arc::clone(&inner));
        Arc::new(Forwarding::new(Arc::new(Forwarding::new(inner))))
    });
    let Some(backend) = backend else { return Ok(()) };
    let outer = stage.allocator();
    assert_eq!(outer.name(), backend.name());
    assert_eq!(outer.capabilities(), backend.capabilities());
    let held: Vec<_> = (1..20)
        .map(|step| MemoryRequest::new(step * 1000, 1, 0, TilingClass::Linear).label("kept"))
        .map(|request| stage.take(&request))
        .collect();
    assert_eq!(outer.stats(), backend.stats());
    assert_eq!(outer.report(), backend.report());
    held.into_iter().for_each(|allocation| stage.free(allocation));
    let kept = backend.stats().heaps[stage.heap_of(0) as usize].block_bytes;
    let given = outer.trim(stage.heap_of(0), 0);
    let left = backend.stats().heaps[stage.heap_of(0) as usize].block_bytes;
    assert_eq!(given, kept - left, "trimming goes through");
    assert_eq!(backend.trim(stage.heap_of(0), 0), 0, "and leaves nothing to trim");
    drop(backend);
    stage.finish();
    Ok(())
}

/// Buffers and images are made through a decorator as without one, and their parcels come through.
pub fn a_decorator_serves_resources(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    let mut listening = None;
    let stage = stage.decorated(|inner| {
        let between = Arc::new(Listening { inner, parcels: Mutex::default() });
        listening = Some(Arc::clone(&between));
        Arc::new(Forwarding::new(between))
    });
    let buffer = BufferRequest::new(5000, BufferUsageFlags::STORAGE_BUFFER);
    let image = ImageRequest::new_2d(Format::R8G8B8A8_UNORM, 30, 20, ImageUsageFlags::SAMPLED);
    let mut parcels = Vec::new();
    for location in [MemoryLocation::DeviceLocal, MemoryLocation::HostVisible] {
        let made = stage.buffer(&buffer.clone().location(location));
        let made = made.unwrap_or_else(|error| panic!("{error}"));
        parcels.push((made.allocation().size(), ParcelKind::Buffer));
        stage.free_buffer(made);
    }
    let made = stage.image(&image).unwrap_or_else(|error| panic!("{error}"));
    parcels.push((made.allocation().size(), ParcelKind::Image));
    stage.free_image(made);
    let heard = listening.map(|listening| {
        let heard = listening.parcels.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(heard.iter().all(|parcel| parcel.committed <= parcel.reserved), "{heard:?}");
        heard.iter().map(|parcel| (parcel.reserved, parcel.kind)).collect::<Vec<_>>()
    });
    assert_eq!(heard, Some(parcels));
    stage.finish();
    Ok(())
}
