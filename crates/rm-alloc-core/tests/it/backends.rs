//! Behaviours 29 and 35: a backend of three methods, a decorator, and equal accounts through either.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use ash::vk::{BufferUsageFlags, Format, ImageTiling, ImageUsageFlags};
use rm_alloc_core::{
    Allocation, AllocatorCapabilities, AllocatorStats, BlockRequest, BufferRequest, DeviceContext,
    DeviceMemory, ErrorKind, FreedParcel, ImageRequest, MemoryAllocator, MemoryAllocatorExt,
    MemoryError, MemoryLocation, MemoryRequest, ParcelKind, Priority, TilingClass,
};
use rm_alloc_direct::DirectAllocator;
use rm_headless::testing::with_device;

/// The three required methods and nothing else.
#[derive(Debug)]
struct Minimal(Arc<DeviceContext>);

// SAFETY: every allocation is the whole of an own object of the requested size and type.
unsafe impl MemoryAllocator for Minimal {
    fn context(&self) -> &Arc<DeviceContext> {
        &self.0
    }

    fn allocate(&self, request: &MemoryRequest<'_>) -> Result<Allocation, MemoryError> {
        request.validate()?;
        Ok(self.0.allocate_memory(&BlockRequest::from(request))?.into_allocation())
    }

    unsafe fn free(&self, allocation: Allocation) {
        // SAFETY: it came from `allocate`, which took it from this context.
        drop(unsafe { DeviceMemory::from_allocation(&self.0, allocation) });
    }
}

/// Forwards, and counts the parcels it hears of.
#[derive(Debug)]
struct Decorator<A> {
    inner: A,
    freed: AtomicU64,
}

// SAFETY: every promise is kept by the allocator below.
unsafe impl<A: MemoryAllocator> MemoryAllocator for Decorator<A> {
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
        Some(&self.inner)
    }

    fn notify_freed(&self, parcel: FreedParcel) {
        assert!(parcel.reserved >= parcel.committed, "{parcel:?}");
        let kind = if parcel.kind == ParcelKind::Buffer { 1 } else { 1 << 32 };
        self.freed.fetch_add(kind, Ordering::Relaxed);
        self.inner.notify_freed(parcel);
    }
}

fn decorated<A>(inner: A) -> Decorator<A> {
    Decorator { inner, freed: AtomicU64::new(0) }
}

/// Makes and frees buffers and images, and writes down the device's figures after every step.
fn accounts(allocator: &dyn MemoryAllocator) -> Vec<(u32, u64)> {
    let mut story = Vec::new();
    let context = allocator.context().clone();
    let mut note = || story.push((context.blocks().count, context.block_bytes(0)));
    let image = ImageRequest::new_2d(Format::R8_UNORM, 128, 128, ImageUsageFlags::SAMPLED);
    let image = allocator.allocate_image(&image.full_mip_chain()).unwrap();
    note();
    let mut buffers = Vec::new();
    for size in [1, 1000, 65_536, 1 << 20] {
        let request = BufferRequest::new(size, BufferUsageFlags::UNIFORM_BUFFER)
            .location(MemoryLocation::HostVisible);
        let mut buffer = allocator.allocate_buffer(&request).unwrap();
        buffer.write(size - 1, &[42]).unwrap();
        let mut byte = [0];
        // SAFETY: the device never touches the buffer.
        unsafe { buffer.read(size - 1, &mut byte) }.unwrap();
        assert_eq!(byte, [42]);
        buffers.push(buffer);
        note();
    }
    for buffer in buffers {
        // SAFETY: it came from this allocator, and the device never used it.
        unsafe { allocator.free_buffer(buffer) };
        note();
    }
    // SAFETY: it came from this allocator, and the device never used it.
    unsafe { allocator.free_image(image) };
    note();
    story
}

/// Behaviour 35: the same calls give the same accounts, whichever backend they go through.
#[test]
fn equal_calls_give_equal_accounts() {
    with_device(|_, context| {
        let direct = accounts(&DirectAllocator::new(context));
        assert_eq!(direct.last(), Some(&(0, 0)));
        assert_eq!(accounts(&Minimal(context.clone())), direct);
        assert_eq!(accounts(&decorated(DirectAllocator::new(context))), direct);
    });
}

/// Behaviour 29: three methods are a backend; its defaults claim nothing it cannot do.
#[test]
fn three_methods_are_a_backend() {
    with_device(|_, context| {
        let minimal = Minimal(context.clone());
        assert_eq!(minimal.name(), "custom");
        assert_eq!(minimal.capabilities(), AllocatorCapabilities::empty());
        assert_eq!(minimal.stats(), AllocatorStats::default());
        assert_eq!(&*minimal.report().allocator, "custom");
        assert_eq!(minimal.trim(0, 0), 0);

        let storage = BufferUsageFlags::STORAGE_BUFFER;
        for request in [
            BufferRequest::new(64, storage).aliasable(),
            BufferRequest::new(64, storage).dedicated(),
        ] {
            let error = minimal.allocate_buffer(&request.label("too much")).unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Unsupported(_)), "{error}");
            assert!(error.to_string().contains("allocator `custom`"), "{error}");
        }
        assert_eq!(context.blocks().count, 0);
    });
}

/// Behaviour 29: a decorator that names what it wraps loses nothing.
#[test]
fn a_decorator_loses_nothing() {
    with_device(|_, context| {
        let outer = decorated(decorated(DirectAllocator::new(context)));
        let direct = &outer.inner.inner;
        assert_eq!(outer.name(), "direct");
        assert_eq!(outer.capabilities(), direct.capabilities());
        let storage = BufferUsageFlags::STORAGE_BUFFER;
        let request = BufferRequest::new(100, storage).aliasable().label("kept");
        let buffer = outer.allocate_buffer(&request).unwrap();
        assert_eq!(outer.stats(), direct.stats());
        assert_eq!(outer.stats().total().allocations, 1);
        assert_eq!(outer.report(), direct.report());
        let image = ImageRequest::new_2d(Format::R8_UNORM, 8, 8, ImageUsageFlags::SAMPLED);
        let image = outer.allocate_image(&image).unwrap();
        // SAFETY: both came from this allocator, and the device never used them.
        unsafe { outer.free_buffer(buffer) };
        // SAFETY: as above.
        unsafe { outer.free_image(image) };
        for layer in [&outer.freed, &outer.inner.freed] {
            assert_eq!(layer.load(Ordering::Relaxed), 1 | 1 << 32, "one of each kind");
        }
    });
}

/// Writes down every request and parcel, and grants a page more than was asked for.
#[derive(Debug)]
struct Generous {
    context: Arc<DeviceContext>,
    requests: Mutex<Vec<String>>,
    parcels: Mutex<Vec<FreedParcel>>,
}

// SAFETY: as of `Minimal`; more memory than requested satisfies a request, dedicated ones aside, which are exact.
unsafe impl MemoryAllocator for Generous {
    fn context(&self) -> &Arc<DeviceContext> {
        &self.context
    }

    fn allocate(&self, request: &MemoryRequest<'_>) -> Result<Allocation, MemoryError> {
        let MemoryRequest { alignment, tiling, map, priority, label, .. } = request;
        let text = format!("{alignment} {tiling:?} {map} {priority:?} {}", label.unwrap_or("-"));
        self.requests.lock().unwrap().push(text);
        let mut block = BlockRequest::from(request);
        block.size += if block.dedicated.is_none() { 4096 } else { 0 };
        Ok(self.context.allocate_memory(&block)?.into_allocation())
    }

    unsafe fn free(&self, allocation: Allocation) {
        // SAFETY: it came from `allocate`, which took it from this context.
        drop(unsafe { DeviceMemory::from_allocation(&self.context, allocation) });
    }

    fn capabilities(&self) -> AllocatorCapabilities {
        AllocatorCapabilities::MIXED
    }

    fn notify_freed(&self, parcel: FreedParcel) {
        self.parcels.lock().unwrap().push(parcel);
    }
}

/// Behaviour 15: what a resource request says arrives at the backend, and what was granted is what is told at the end.
#[test]
fn requests_arrive_whole() {
    with_device(|_, context| {
        let generous = Generous {
            context: context.clone(),
            requests: Mutex::default(),
            parcels: Mutex::default(),
        };
        let buffer = BufferRequest::new(100, BufferUsageFlags::STORAGE_BUFFER)
            .min_alignment(1 << 16)
            .priority(Priority::High)
            .label("b");
        let plain = ImageRequest::new_2d(Format::R8_UNORM, 300, 300, ImageUsageFlags::SAMPLED)
            .location(MemoryLocation::Auto)
            .label("i");
        let linear = plain.clone().tiling(ImageTiling::LINEAR).priority(Priority::Low);
        let alignment =
            |image: &ImageRequest<'_>| generous.image_requirements(image).unwrap().alignment;
        let (optimal_alignment, linear_alignment) = (alignment(&plain), alignment(&linear));
        let mut sizes = Vec::new();
        for request in
            [buffer.clone(), buffer.clone().aliasable().location(MemoryLocation::HostCached)]
        {
            let made = generous.allocate_buffer(&request).unwrap();
            let needs = generous.buffer_requirements(&request).unwrap();
            assert_eq!(made.allocation().size(), needs.size + 4096);
            sizes.push((needs.size, ParcelKind::Buffer));
            // SAFETY: it came from this allocator, and the device never used it.
            unsafe { generous.free_buffer(made) };
        }
        for request in [&plain, &linear] {
            let made = generous.allocate_image(request).unwrap();
            assert_eq!(made.mapped().is_some(), request.tiling == ImageTiling::LINEAR);
            sizes.push((made.size(), ParcelKind::Image));
            // SAFETY: it came from this allocator, and the device never used it.
            unsafe { generous.free_image(made) };
        }
        let parcels = sizes.into_iter().map(|(committed, kind)| FreedParcel {
            reserved: committed + 4096,
            committed,
            kind,
        });
        assert!(generous.parcels.lock().unwrap().iter().copied().eq(parcels));
        let requests = generous.requests.lock().unwrap();
        assert_eq!(
            *requests,
            [
                "65536 Linear false High b".to_owned(),
                "65536 Mixed true High b".to_owned(),
                format!("{optimal_alignment} Optimal false Normal i"),
                format!("{linear_alignment} Linear true Low i"),
            ]
        );
    });
}

/// The headroom of a request is respected, and a refusal changes nothing.
#[test]
fn headroom_is_respected() {
    with_device(|_, context| {
        let direct = DirectAllocator::new(context);
        let request = MemoryRequest::new(4096, 1, 0, TilingClass::Linear);
        let error = direct.allocate(&request.clone().headroom(4095)).unwrap_err();
        assert_eq!(error, MemoryError::OverHeadroom { size: 4096, headroom: 4095 });
        let allocation = direct.allocate(&request.headroom(4096)).unwrap();
        // SAFETY: it came from this allocator, and nothing uses it.
        unsafe { direct.free(allocation) };
    });
}
