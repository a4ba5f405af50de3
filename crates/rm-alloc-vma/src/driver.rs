//! The device that VMA sees: four commands, all of which lead to the core.
//!
//! VMA takes a table of driver functions and a device handle that it never looks into. It gets our functions, and
//! as its handle the address of a [`Driver`]. So every block of VMA is made by [`BlockOwner::allocate_memory`],
//! with the core's chain of structures, its limits on count, size and heap, its events and its book.
//!
//! Protocol: what a request allows travels as a [`Call`] that is entered in `calls` under the thread's own id,
//! because VMA's functions have no argument for it; the function that VMA calls back on the same thread finds it
//! there. Of several, the last one of a thread is the innermost. `blocks` is every memory object that VMA holds.
//! A block that VMA gives back moves to `dead` under the same id, and is freed by [`Driver::bury`] when no lock is held:
//! by the thread whose call gave it back, so that it is gone when that call returns.
//! Observers hear of new blocks when the call ends, for the same reason: VMA holds a lock while it takes one.
//! Each lock guards plain state and is held for a few instructions, never while the driver is called.

use std::{
    collections::HashMap,
    ffi::{CStr, c_void},
    fmt, ptr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, ThreadId},
};

use ash::vk::{self, Handle};
use rm_alloc_core::{
    BlockOwner, BlockRequest, DeviceContext, DeviceMemory, MemoryError, Priority, ReportPage,
    ReportWalk, Resource,
};

use crate::sync::lock;

/// What stands behind VMA's device handle.
pub(crate) struct Driver {
    owner: BlockOwner,
    calls: Mutex<Vec<(ThreadId, Call)>>,
    blocks: Mutex<HashMap<vk::DeviceMemory, Block>>,
    dead: Mutex<Vec<(ThreadId, Block)>>,
    // Whether `dead` holds anything; changed under its lock, and relaxed, because a thread looks for what it put there itself.
    any_dead: AtomicBool,
}

/// What a request allows VMA to take.
#[derive(Debug)]
pub(crate) struct Call {
    /// The pool that asks.
    pub(crate) slot: u32,
    /// Most bytes of new objects.
    pub(crate) headroom: u64,
    pub(crate) priority: Priority,
    /// Set where the object is for one allocation alone.
    pub(crate) own: Option<Own>,
    /// Shown where the object is shared.
    pub(crate) name: &'static str,
    /// What the last attempt was answered, if it failed.
    pub(crate) error: Option<MemoryError>,
    /// The blocks that were made, of which nobody was told yet.
    pub(crate) made: Vec<Made>,
}

/// A block that was made: its label, bytes and memory type.
#[derive(Debug)]
pub(crate) struct Made {
    label: Option<Box<str>>,
    size: u64,
    memory_type: u32,
}

/// What an object for one allocation alone is.
#[derive(Debug)]
pub(crate) struct Own {
    pub(crate) resource: Option<Resource>,
    pub(crate) map: bool,
    pub(crate) export: vk::ExternalMemoryHandleTypeFlags,
    pub(crate) label: Option<Box<str>>,
}

/// One memory object of VMA.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) memory: DeviceMemory,
    pub(crate) slot: u32,
    pub(crate) dedicated: bool,
}

impl Driver {
    /// A driver whose objects are on an account called `name`.
    pub(crate) fn new(context: &Arc<DeviceContext>, name: &str) -> Arc<Self> {
        Arc::new(Self {
            owner: BlockOwner::new(context, name),
            calls: Mutex::default(),
            blocks: Mutex::default(),
            dead: Mutex::default(),
            any_dead: AtomicBool::new(false),
        })
    }

    /// Forgets every object that is still out; the account tells of them when it is dropped.
    pub(crate) fn forget_blocks(&self) {
        lock(&self.blocks).drain().for_each(|(_, block)| {
            // What it holds keeps the device alive for ever.
            std::mem::forget(block);
        });
    }

    pub(crate) fn owner(&self) -> &BlockOwner {
        &self.owner
    }

    /// A device for VMA: valid for the four commands below, and an abort in any other.
    pub(crate) fn device(&self) -> ash::Device {
        let handle = vk::Device::from_raw(ptr::from_ref(self).expose_provenance() as u64);
        // SAFETY: the functions found have the types of their names; the others are stubs of `ash`.
        unsafe { ash::Device::load_with(command, handle) }
    }

    /// Runs `act`, which calls VMA on this thread, within what `call` allows.
    ///
    /// The second part of the answer is why the last object was refused, if it was.
    pub(crate) fn during<T>(
        &self,
        call: Call,
        act: impl FnOnce() -> T,
    ) -> (T, Option<MemoryError>) {
        let thread = thread::current().id();
        lock(&self.calls).push((thread, call));
        let done = act();
        let mut calls = lock(&self.calls);
        let at = calls.iter().rposition(|(of, _)| *of == thread);
        // The order of the others tells which one of a thread is the innermost.
        let ended = at.map(|at| calls.remove(at).1);
        drop(calls);
        let Some(Call { error, made, .. }) = ended else { return (done, None) };
        for Made { label, size, memory_type } in &made {
            self.owner.tell_block(label.as_deref(), *size, *memory_type);
        }
        (done, error)
    }

    /// Frees what VMA has given back on this thread, and says how many bytes that was.
    #[inline]
    pub(crate) fn bury(&self) -> u64 {
        if self.any_dead.load(Ordering::Relaxed) { self.bury_own() } else { 0 }
    }

    #[cold]
    fn bury_own(&self) -> u64 {
        let thread = thread::current().id();
        let mut dead = lock(&self.dead);
        let own: Vec<_> = dead.extract_if(.., |(of, _)| *of == thread).collect();
        self.any_dead.store(!dead.is_empty(), Ordering::Relaxed);
        drop(dead);
        own.iter().map(|(_, block)| block.memory.size()).sum()
    }

    /// Lets `look` see every object that VMA holds.
    pub(crate) fn each_block(&self, mut look: impl FnMut(vk::DeviceMemory, &Block)) {
        lock(&self.blocks).iter().for_each(|(memory, block)| look(*memory, block));
    }

    /// Adds the next of the objects whose slot is one of `slots` to `page`, and says whether there are more.
    pub(crate) fn block_page(
        &self,
        walk: &mut ReportWalk,
        page: &mut ReportPage,
        slots: impl Fn(u32) -> bool,
    ) -> bool {
        let mut seen = ReportPage::default();
        let more = self.owner.block_page(walk, &mut seen);
        let blocks = lock(&self.blocks);
        let known = |raw| blocks.get(&vk::DeviceMemory::from_raw(raw));
        seen.blocks.retain(|part| known(part.block).is_some_and(|block| slots(block.slot)));
        drop(blocks);
        page.blocks.append(&mut seen.blocks);
        more
    }

    /// Makes an object by what the call of this thread allows.
    fn make(&self, size: u64, memory_type: u32) -> Result<vk::DeviceMemory, MemoryError> {
        let thread = thread::current().id();
        let mut calls = lock(&self.calls);
        let Some((_, call)) = calls.iter_mut().rfind(|(of, _)| *of == thread) else {
            return Err(MemoryError::OutOfDeviceMemory);
        };
        if size > call.headroom {
            return Err(MemoryError::OverHeadroom { size, headroom: call.headroom });
        }
        let flags = self.owner.context().type_flags(memory_type);
        let visible = flags.contains(vk::MemoryPropertyFlags::HOST_VISIBLE);
        let mut request = BlockRequest::new(size, memory_type);
        request.priority = call.priority;
        // An own object is made in one attempt, so nobody needs its label again.
        let label = call.own.as_mut().and_then(|own| own.label.take());
        if let Some(own) = &call.own {
            request.map = own.map;
            request.dedicated = own.resource;
            request.export = own.export;
            request.label = label.as_deref();
        } else {
            // Shared blocks stay mapped, so that no mapping can fail later and no neighbour ends it.
            request.map = visible;
            request.label = Some(call.name);
        }
        let slot = call.slot;
        drop(calls);
        let memory = self.owner.allocate_untold(&request)?;
        let told = request.label.map(Box::from);
        self.note(|call| {
            call.headroom -= size;
            call.made.push(Made { label: told, size, memory_type });
        });
        let (raw, dedicated) = (memory.raw(), request.dedicated.is_some());
        lock(&self.blocks).insert(raw, Block { memory, slot, dedicated });
        Ok(raw)
    }

    /// Changes the call of this thread.
    fn note(&self, change: impl FnOnce(&mut Call)) {
        let thread = thread::current().id();
        if let Some((_, call)) = lock(&self.calls).iter_mut().rfind(|(of, _)| *of == thread) {
            change(call);
        }
    }

    /// The driver behind a handle that VMA was given.
    ///
    /// # Safety
    ///
    /// - `device` is the handle of [`device`](Self::device), and the driver lives.
    unsafe fn of<'a>(device: vk::Device) -> &'a Self {
        // The handle was made from an address.
        let address = usize::try_from(device.as_raw()).unwrap_or_default();
        // SAFETY: the handle is the address of a driver that lives (caller), and nothing borrows it for change.
        unsafe { &*ptr::with_exposed_provenance(address) }
    }
}

impl fmt::Debug for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").field("owner", &self.owner).finish_non_exhaustive()
    }
}

/// The functions that VMA finds.
fn command(name: &CStr) -> *const c_void {
    match name.to_bytes() {
        b"vkAllocateMemory" => allocate_memory as vk::PFN_vkAllocateMemory as *const c_void,
        b"vkFreeMemory" => free_memory as vk::PFN_vkFreeMemory as *const c_void,
        b"vkMapMemory" => map_memory as vk::PFN_vkMapMemory as *const c_void,
        b"vkUnmapMemory" => unmap_memory as vk::PFN_vkUnmapMemory as *const c_void,
        _ => ptr::null(),
    }
}

unsafe extern "system" fn allocate_memory(
    device: vk::Device,
    info: *const vk::MemoryAllocateInfo<'_>,
    _: *const vk::AllocationCallbacks<'_>,
    memory: *mut vk::DeviceMemory,
) -> vk::Result {
    // SAFETY: VMA passes the handle it was given, and its driver outlives it.
    let driver = unsafe { Driver::of(device) };
    // SAFETY: VMA passes a valid structure.
    let info = unsafe { &*info };
    match driver.make(info.allocation_size, info.memory_type_index) {
        Ok(raw) => {
            // SAFETY: VMA passes a place for the handle.
            unsafe { memory.write(raw) };
            vk::Result::SUCCESS
        }
        Err(error) => {
            driver.note(|call| call.error = Some(error));
            code(error)
        }
    }
}

unsafe extern "system" fn free_memory(
    device: vk::Device,
    memory: vk::DeviceMemory,
    _: *const vk::AllocationCallbacks<'_>,
) {
    // SAFETY: VMA passes the handle it was given, and its driver outlives it.
    let driver = unsafe { Driver::of(device) };
    let block = lock(&driver.blocks).remove(&memory);
    if let Some(block) = block {
        let mut dead = lock(&driver.dead);
        dead.push((thread::current().id(), block));
        driver.any_dead.store(true, Ordering::Relaxed);
    }
}

unsafe extern "system" fn map_memory(
    device: vk::Device,
    memory: vk::DeviceMemory,
    offset: vk::DeviceSize,
    _: vk::DeviceSize,
    _: vk::MemoryMapFlags,
    data: *mut *mut c_void,
) -> vk::Result {
    // SAFETY: VMA passes the handle it was given, and its driver outlives it.
    let driver = unsafe { Driver::of(device) };
    let base = lock(&driver.blocks).get(&memory).and_then(|block| block.memory.mapped());
    let (Some(base), Ok(offset)) = (base, usize::try_from(offset)) else {
        driver.note(|call| call.error = Some(MemoryError::MappingFailed));
        return vk::Result::ERROR_MEMORY_MAP_FAILED;
    };
    let seen = base.as_ptr().wrapping_add(offset);
    // SAFETY: VMA passes a place for the pointer.
    unsafe { data.write(seen.cast()) };
    vk::Result::SUCCESS
}

/// Memory stays mapped for as long as it lives.
unsafe extern "system" fn unmap_memory(_: vk::Device, _: vk::DeviceMemory) {}

/// What VMA is told; it only distinguishes failure from success, and the caller reads [`Call::error`].
fn code(error: MemoryError) -> vk::Result {
    match error {
        MemoryError::OutOfHostMemory => vk::Result::ERROR_OUT_OF_HOST_MEMORY,
        MemoryError::TooManyAllocations => vk::Result::ERROR_TOO_MANY_OBJECTS,
        MemoryError::MappingFailed => vk::Result::ERROR_MEMORY_MAP_FAILED,
        MemoryError::DeviceLost => vk::Result::ERROR_DEVICE_LOST,
        _ => vk::Result::ERROR_OUT_OF_DEVICE_MEMORY,
    }
}
