//! Backends of one object a request, each with one thing wrong.

mod wrong;

use std::{
    ffi::CString,
    mem,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    thread::{self, ThreadId},
};

use ash::vk;
use rm_alloc_core::{
    Allocation, AllocationParts, AllocatorCapabilities, AllocatorReport, AllocatorStats,
    BlockOwner, BlockRequest, Dedicated, DeviceContext, DeviceMemory, FreedParcel, MemoryAllocator,
    MemoryError, MemoryRequest, ReportPage, ReportWalk, Resource,
};

pub(crate) use self::wrong::Wrong;

#[derive(Debug)]
pub(crate) struct Flawed {
    owner: mem::ManuallyDrop<BlockOwner>,
    wrong: Wrong,
    allocated: AtomicU32,
    freed: AtomicU32,
    late: Mutex<Option<Allocation>>,
    kept: Mutex<Option<Resource>>,
    thread: ThreadId,
}

impl Flawed {
    pub(crate) fn new(context: &Arc<DeviceContext>, wrong: Wrong) -> Self {
        Self {
            owner: mem::ManuallyDrop::new(BlockOwner::new(context, "flawed")),
            wrong,
            allocated: AtomicU32::new(0),
            freed: AtomicU32::new(0),
            late: Mutex::default(),
            kept: Mutex::default(),
            thread: thread::current().id(),
        }
    }

    fn is(&self, wrong: Wrong) -> bool {
        self.wrong == wrong
    }

    /// The plain way, and the wrong turns that can be taken on it.
    fn take(&self, request: &MemoryRequest<'_>) -> Result<Allocation, MemoryError> {
        let mut block = BlockRequest::from(request);
        match self.wrong {
            Wrong::AcceptsNonsense => block.size = block.size.max(1),
            Wrong::DropsLabels => block.label = None,
            Wrong::IgnoresExports => block.export = vk::ExternalMemoryHandleTypeFlags::empty(),
            Wrong::KeepsTheResource => *self.kept.lock().unwrap() = block.dedicated,
            Wrong::TripsOverLabels => drop(CString::new(block.label.unwrap_or_default()).unwrap()),
            Wrong::GivesLess => {
                block.size -= u64::from(block.dedicated.is_none() && block.size > 1);
            }
            Wrong::LeavesUnmapped => block.map = false,
            Wrong::PadsDedicated => block.size += if block.dedicated.is_some() { 0 } else { 64 },
            Wrong::TakesAnotherType => {
                let context = self.context();
                let flags = |index| context.type_flags(index);
                let next = block.memory_type + 1;
                let visible = vk::MemoryPropertyFlags::HOST_VISIBLE;
                let alike =
                    flags(next).contains(visible) == flags(block.memory_type).contains(visible);
                if alike && next < context.memory_properties().memory_type_count {
                    block.memory_type = next;
                }
            }
            _ => {}
        }
        if self.is(Wrong::PadsDedicated) && matches!(request.dedicated, Dedicated::Require(_)) {
            (block.dedicated, block.size) = (None, block.size + 64);
        }
        let memory = self.owner.allocate_memory(&block)?;
        let mut parts = memory.into_allocation().into_parts();
        parts.memory_type = request.memory_type;
        if self.is(Wrong::MapsElsewhere) && request.map {
            let elsewhere = vec![0_u8; usize::try_from(request.size).unwrap()].leak();
            parts.mapped = std::ptr::NonNull::new(elsewhere.as_mut_ptr());
        }
        // SAFETY: the parts are those of a live object, but for what is wrong on purpose.
        Ok(unsafe { Allocation::from_parts(parts) })
    }

    /// Straight to the driver.
    fn take_raw(&self, request: &MemoryRequest<'_>) -> Result<Allocation, MemoryError> {
        request.validate()?;
        let device = self.context().device();
        let info = vk::MemoryAllocateInfo::default()
            .allocation_size(request.size)
            .memory_type_index(request.memory_type);
        // SAFETY: whether type and size are valid is what the oracle is to find out.
        let memory = unsafe { device.allocate_memory(&info, None) }?;
        let mut mapped = None;
        if request.map {
            let (whole, none) = (vk::WHOLE_SIZE, vk::MemoryMapFlags::empty());
            // SAFETY: just made; that a failure leaves it behind is the flaw.
            let base = unsafe { device.map_memory(memory, 0, whole, none) }?;
            mapped = std::ptr::NonNull::new(base.cast());
        }
        let parts = AllocationParts {
            memory,
            offset: 0,
            size: request.size,
            mapped,
            memory_type: request.memory_type,
            cookie: [usize::MAX, 0],
        };
        // SAFETY: a live object of its own.
        Ok(unsafe { Allocation::from_parts(parts) })
    }

    fn give_back(&self, allocation: Allocation) {
        let parts = allocation.into_parts();
        if parts.cookie[0] == usize::MAX {
            // SAFETY: it came from `take_raw`.
            unsafe { self.context().device().free_memory(parts.memory, None) };
            return;
        }
        // SAFETY: the same parts.
        let allocation = unsafe { Allocation::from_parts(parts) };
        if self.is(Wrong::LetsTheDeviceGo) {
            // Takes up again the count that `allocate` has let go.
            mem::forget(Arc::clone(self.context()));
        }
        // SAFETY: it came from `take`, whole.
        drop(unsafe { DeviceMemory::from_allocation(self.context(), allocation) });
    }
}

// SAFETY: an object a request, but for what is wrong on purpose, in tests on a simulated device.
unsafe impl MemoryAllocator for Flawed {
    fn context(&self) -> &Arc<DeviceContext> {
        self.owner.context()
    }

    fn allocate(&self, request: &MemoryRequest<'_>) -> Result<Allocation, MemoryError> {
        self.allocated.fetch_add(1, Ordering::Relaxed);
        let raw = [Wrong::PassesTheLimits, Wrong::LeaksWhatIsNotMapped].contains(&self.wrong);
        let valid = request.validate();
        if !self.is(Wrong::AcceptsNonsense) {
            valid?;
        }
        if self.is(Wrong::WantsLabels) && request.label.is_none() {
            return Err(MemoryError::InvalidRequest("a label is wanted"));
        }
        if self.is(Wrong::RefusesPriorities) && request.priority != Default::default() {
            return Err(MemoryError::Unsupported("priorities"));
        }
        let (size, headroom) = (request.size, request.headroom);
        if size > headroom {
            let size = if self.is(Wrong::UnderstatesTheBlock) { 1 } else { size };
            return Err(MemoryError::OverHeadroom { size, headroom });
        }
        match if raw { self.take_raw(request) } else { self.take(request) } {
            Err(_) if self.is(Wrong::PanicsOnRefusal) => panic!("a flawed backend panics"),
            Err(MemoryError::DeviceLost) if self.is(Wrong::HidesTheLoss) => {
                Err(MemoryError::OutOfDeviceMemory)
            }
            Err(MemoryError::OutOfDeviceMemory) if self.is(Wrong::HidesTheShortage) => {
                Err(MemoryError::Unsupported("something"))
            }
            Err(error) => {
                if self.is(Wrong::LeaksOnError) {
                    mem::forget(self.owner.allocate_memory(&BlockRequest::new(64, 0)));
                }
                Err(error)
            }
            Ok(allocation) => {
                if self.is(Wrong::LetsTheDeviceGo) {
                    // SAFETY: `into_allocation` kept one count of this very context, which is let go here.
                    unsafe { Arc::decrement_strong_count(Arc::as_ptr(self.context())) };
                }
                Ok(allocation)
            }
        }
    }

    unsafe fn free(&self, allocation: Allocation) {
        self.freed.fetch_add(1, Ordering::Relaxed);
        if let Some(kept) = self.kept.lock().unwrap().take() {
            // SAFETY: that the resource may be gone is the flaw, and the oracle's to find.
            let _needs =
                unsafe { self.context().device().get_buffer_memory_requirements(kept.as_buffer()) };
        }
        if self.is(Wrong::MindsTheThread) && thread::current().id() != self.thread {
            let _lost = allocation.into_parts();
        } else if self.is(Wrong::FreesLate) {
            let late = self.late.lock().unwrap().replace(allocation);
            late.into_iter().for_each(|allocation| self.give_back(allocation));
        } else {
            self.give_back(allocation);
        }
    }

    fn name(&self) -> &str {
        let changed = self.is(Wrong::ChangesItsName) && self.allocated.load(Ordering::Relaxed) > 0;
        if changed { "changed" } else { "flawed" }
    }

    fn capabilities(&self) -> AllocatorCapabilities {
        // Those that go past the owner have nothing to report.
        match self.wrong {
            Wrong::PassesTheLimits | Wrong::LeaksWhatIsNotMapped => AllocatorCapabilities::empty(),
            _ => {
                AllocatorCapabilities::MIXED
                    | AllocatorCapabilities::REPORT
                    | AllocatorCapabilities::DEDICATED
                    | AllocatorCapabilities::EXPORT
                    | AllocatorCapabilities::HEADROOM
            }
        }
    }

    fn stats(&self) -> AllocatorStats {
        let mut stats = self.owner.stats();
        if self.is(Wrong::Miscounts) && self.freed.load(Ordering::Relaxed) > 0 {
            stats.heaps[0].allocations += 1;
        }
        if self.is(Wrong::CountsParcels) {
            let parcels = u64::from(self.freed.load(Ordering::Relaxed) >> 16);
            for heap in &mut stats.heaps {
                heap.used_bytes = heap.used_bytes.saturating_sub(parcels);
            }
        }
        stats
    }

    fn report(&self) -> AllocatorReport {
        let mut report = self.owner.report();
        let name = if self.is(Wrong::ReportsAnotherName) { "another" } else { self.name() };
        report.allocator = name.into();
        for block in &mut report.blocks {
            block.dedicated |= self.is(Wrong::CallsAllDedicated);
        }
        report
    }

    fn report_page(&self, walk: &mut ReportWalk, page: &mut ReportPage) -> bool {
        let more = self.owner.report_page(walk, page);
        page.blocks.iter_mut().for_each(|it| it.dedicated |= self.is(Wrong::CallsAllDedicated));
        if self.is(Wrong::LosesARange) {
            page.ranges.pop();
        }
        more
    }

    fn notify_freed(&self, _parcel: FreedParcel) {
        self.freed.fetch_add(1 << 16, Ordering::Relaxed);
    }
}

impl Drop for Flawed {
    fn drop(&mut self) {
        let late = self.late.get_mut().unwrap().take();
        late.into_iter().for_each(|allocation| self.give_back(allocation));
        if !self.is(Wrong::HidesLeaks) {
            // SAFETY: dropped here and nowhere else.
            unsafe { mem::ManuallyDrop::drop(&mut self.owner) };
        }
        assert!(!self.is(Wrong::PanicsInDrop), "a flawed backend panics in its drop");
    }
}
