//! The shims of a device's memory functions, and the originals behind them.

use std::{
    collections::BTreeMap,
    ffi::{CStr, CString, c_char, c_void},
    mem, ptr,
    sync::{Arc, PoisonError, RwLock},
};

use ash::vk;

use super::{Call, thread};

/// The functions of one device as the driver gave them.
struct Originals {
    device: ash::Device,
    get_device_proc_addr: vk::PFN_vkGetDeviceProcAddr,
}

static ORIGINALS: RwLock<BTreeMap<vk::Device, Arc<Originals>>> = RwLock::new(BTreeMap::new());

/// Copies `device` with shims in place of the functions of [`Call`].
///
/// # Safety
///
/// - `device` was made from a physical device of `instance`, and both are live.
/// - The copy is not used once [`withdraw`] was called for the handle.
pub(crate) unsafe fn counted_device(instance: &ash::Instance, device: &ash::Device) -> ash::Device {
    let get_device_proc_addr = instance.fp_v1_0().get_device_proc_addr;
    let handle = device.handle();
    let address = |name: &CStr| {
        // SAFETY: the handle is live (caller), and the name is terminated.
        unsafe { get_device_proc_addr(handle, name.as_ptr()) }
            .map_or(ptr::null(), |function| function as *const c_void)
    };
    let load = |name: &CStr| match address(name) {
        // Devices older than the function may have it as an extension.
        missing if missing.is_null() => {
            CString::new([name.to_bytes(), b"KHR"].concat()).map_or(missing, |name| address(&name))
        }
        found => found,
    };
    // SAFETY: each address is null or the driver's function of that name.
    let original = unsafe { ash::Device::load_with(load, handle) };
    let originals = Arc::new(Originals { device: original, get_device_proc_addr });
    ORIGINALS.write().unwrap_or_else(PoisonError::into_inner).insert(handle, originals);

    let mut tables = Tables {
        fp_v1_0: device.fp_v1_0().clone(),
        fp_v1_1: device.fp_v1_1().clone(),
        fp_v1_2: device.fp_v1_2().clone(),
        fp_v1_3: device.fp_v1_3().clone(),
    };
    patch(&mut tables);
    let Tables { fp_v1_0, fp_v1_1, fp_v1_2, fp_v1_3 } = tables;
    ash::Device::from_parts_1_3(handle, fp_v1_0, fp_v1_1, fp_v1_2, fp_v1_3)
}

/// Forgets the originals of `device`.
pub(super) fn withdraw(device: vk::Device) {
    ORIGINALS.write().unwrap_or_else(PoisonError::into_inner).remove(&device);
}

/// `vkGetDeviceProcAddr` that knows the shims, for tables of extensions.
///
/// # Safety
///
/// - As for `vkGetDeviceProcAddr`, of a device that is counted.
pub(super) unsafe extern "system" fn get_device_proc_addr(
    device: vk::Device,
    name: *const c_char,
) -> vk::PFN_vkVoidFunction {
    // SAFETY: the caller's promises hold for the original too.
    let original = unsafe { (originals(device).get_device_proc_addr)(device, name) }?;
    // SAFETY: a terminated string (caller).
    let name = unsafe { CStr::from_ptr(name) }.to_bytes();
    shim(name.strip_suffix(b"KHR").unwrap_or(name)).or(Some(original))
}

/// The tables of an `ash::Device`, named like its getters.
struct Tables {
    fp_v1_0: ash::DeviceFnV1_0,
    fp_v1_1: ash::DeviceFnV1_1,
    fp_v1_2: ash::DeviceFnV1_2,
    fp_v1_3: ash::DeviceFnV1_3,
}

/// The answer of a shim, which a fault can stand in for if it is a code.
trait Answer: Sized {
    fn of_fault(_: vk::Result) -> Option<Self> {
        None
    }
}

impl Answer for () {}

impl Answer for vk::DeviceAddress {}

impl Answer for vk::Result {
    fn of_fault(code: vk::Result) -> Option<Self> {
        Some(code)
    }
}

fn originals(device: vk::Device) -> Arc<Originals> {
    let originals = ORIGINALS.read().unwrap_or_else(PoisonError::into_inner);
    match originals.get(&device) {
        Some(originals) => Arc::clone(originals),
        None => panic!("a counted function outlived its device"),
    }
}

/// For each line: a function that counts, may fail, and calls the original in `$table`.
macro_rules! shims {
    ($($call:ident: $table:ident.$name:ident($($arg:ident: $kind:ty),*) $(-> $answer:ty)?
        $(, $note:expr)?;)*) => {
        $(unsafe extern "system" fn $name(device: vk::Device, $($arg: $kind),*) $(-> $answer)? {
            $($note;)?
            if let Some(fault) = thread::enter(Call::$call).and_then(Answer::of_fault) {
                return fault;
            }
            // SAFETY: the caller's promises hold for the original too.
            unsafe { (originals(device).device.$table().$name)(device, $($arg),*) }
        })*

        fn patch(tables: &mut Tables) {
            $(tables.$table.$name = $name;)*
        }

        fn shim(name: &[u8]) -> vk::PFN_vkVoidFunction {
            $(if name == concat!("vk", stringify!($call)).as_bytes() {
                let shim = $name as *const ();
                // SAFETY: the address of a function, which Vulkan passes around without its type.
                return Some(unsafe { mem::transmute::<*const (), unsafe extern "system" fn()>(shim) });
            })*
            None
        }
    };
}

shims! {
    AllocateMemory: fp_v1_0.allocate_memory(
        info: *const vk::MemoryAllocateInfo<'_>,
        callbacks: *const vk::AllocationCallbacks<'_>,
        memory: *mut vk::DeviceMemory
    ) -> vk::Result,
        // SAFETY: `vkAllocateMemory` demands a valid chain (caller).
        unsafe { thread::note_allocation(info) };
    FreeMemory: fp_v1_0.free_memory(
        memory: vk::DeviceMemory,
        callbacks: *const vk::AllocationCallbacks<'_>
    );
    MapMemory: fp_v1_0.map_memory(
        memory: vk::DeviceMemory,
        offset: vk::DeviceSize,
        size: vk::DeviceSize,
        flags: vk::MemoryMapFlags,
        mapped: *mut *mut c_void
    ) -> vk::Result;
    UnmapMemory: fp_v1_0.unmap_memory(memory: vk::DeviceMemory);
    FlushMappedMemoryRanges: fp_v1_0.flush_mapped_memory_ranges(
        count: u32,
        ranges: *const vk::MappedMemoryRange<'_>
    ) -> vk::Result;
    InvalidateMappedMemoryRanges: fp_v1_0.invalidate_mapped_memory_ranges(
        count: u32,
        ranges: *const vk::MappedMemoryRange<'_>
    ) -> vk::Result;
    CreateBuffer: fp_v1_0.create_buffer(
        info: *const vk::BufferCreateInfo<'_>,
        callbacks: *const vk::AllocationCallbacks<'_>,
        buffer: *mut vk::Buffer
    ) -> vk::Result;
    DestroyBuffer: fp_v1_0.destroy_buffer(
        buffer: vk::Buffer,
        callbacks: *const vk::AllocationCallbacks<'_>
    );
    CreateImage: fp_v1_0.create_image(
        info: *const vk::ImageCreateInfo<'_>,
        callbacks: *const vk::AllocationCallbacks<'_>,
        image: *mut vk::Image
    ) -> vk::Result;
    DestroyImage: fp_v1_0.destroy_image(
        image: vk::Image,
        callbacks: *const vk::AllocationCallbacks<'_>
    );
    GetBufferMemoryRequirements: fp_v1_0.get_buffer_memory_requirements(
        buffer: vk::Buffer,
        requirements: *mut vk::MemoryRequirements
    );
    GetImageMemoryRequirements: fp_v1_0.get_image_memory_requirements(
        image: vk::Image,
        requirements: *mut vk::MemoryRequirements
    );
    GetBufferMemoryRequirements2: fp_v1_1.get_buffer_memory_requirements2(
        info: *const vk::BufferMemoryRequirementsInfo2<'_>,
        requirements: *mut vk::MemoryRequirements2<'_>
    );
    GetImageMemoryRequirements2: fp_v1_1.get_image_memory_requirements2(
        info: *const vk::ImageMemoryRequirementsInfo2<'_>,
        requirements: *mut vk::MemoryRequirements2<'_>
    );
    GetDeviceBufferMemoryRequirements: fp_v1_3.get_device_buffer_memory_requirements(
        info: *const vk::DeviceBufferMemoryRequirements<'_>,
        requirements: *mut vk::MemoryRequirements2<'_>
    );
    GetDeviceImageMemoryRequirements: fp_v1_3.get_device_image_memory_requirements(
        info: *const vk::DeviceImageMemoryRequirements<'_>,
        requirements: *mut vk::MemoryRequirements2<'_>
    );
    BindBufferMemory: fp_v1_0.bind_buffer_memory(
        buffer: vk::Buffer,
        memory: vk::DeviceMemory,
        offset: vk::DeviceSize
    ) -> vk::Result;
    BindImageMemory: fp_v1_0.bind_image_memory(
        image: vk::Image,
        memory: vk::DeviceMemory,
        offset: vk::DeviceSize
    ) -> vk::Result;
    BindBufferMemory2: fp_v1_1.bind_buffer_memory2(
        count: u32,
        infos: *const vk::BindBufferMemoryInfo<'_>
    ) -> vk::Result;
    BindImageMemory2: fp_v1_1.bind_image_memory2(
        count: u32,
        infos: *const vk::BindImageMemoryInfo<'_>
    ) -> vk::Result;
    GetBufferDeviceAddress: fp_v1_2.get_buffer_device_address(
        info: *const vk::BufferDeviceAddressInfo<'_>
    ) -> vk::DeviceAddress;
}
