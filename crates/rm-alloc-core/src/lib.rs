//! The core of GPU memory ownership for Vulkan: devices, requests, memory types, budgets, and the trait that every
//! backend implements.
//!
//! # What it is
//!
//! - [`DeviceContext`]: one Vulkan device, its limits, and the only `vkAllocateMemory`.
//! - [`BufferRequest`], [`ImageRequest`]: what is wanted, as plain data that safe code cannot get wrong.
//! - [`MemoryAllocator`]: where bytes come from. Backends are crates of their own; the simplest is `rm-alloc-direct`, and
//!   the one for programs `rm-alloc-native`.
//! - [`DeviceBudgetManager`]: how much may be used. Buffers, images, raw memory and aliases over any backend, with budgets
//!   that hold whatever threads do; [`BudgetPolicy`] judges beside them, [`MemoryRelief`] helps when memory runs out, and
//!   [`MemoryObserver`] hears of everything.
//! - [`MemoryAllocatorExt`]: buffers and images straight from any backend, for programs that need no budget.
//!
//! # What it is not
//!
//! Not a sub-allocator (that is a backend's job), not a command recorder, and it never submits work.
//! It does not know when the device is done with a resource: whoever frees promises that.
//!
//! # Limits
//!
//! Vulkan 1.1 or later, one physical device a context.
//! No sparse and no disjoint images; video and other structures with pointer chains go through
//! [`ImageRequest::from_create_info`].
//! A minimal alignment is honoured inside the memory object, as Vulkan says nothing of the object's own address.
//!
//! # Example
//!
//! ```
//! use std::sync::Arc;
//!
//! use ash::vk::BufferUsageFlags;
//! use rm_alloc_core::{
//!     BufferRequest, DeviceContext, DeviceContextInfo, MemoryAllocator, MemoryAllocatorExt,
//!     MemoryFeatures, MemoryLocation,
//! };
//! use rm_alloc_direct::DirectAllocator;
//!
//! fn run(
//!     instance: &ash::Instance,
//!     physical_device: ash::vk::PhysicalDevice,
//!     device: &ash::Device,
//! ) -> Result<(), Box<dyn std::error::Error>> {
//!     // Sound: the three belong together and outlive the context; the device was created for
//!     // Vulkan 1.3 without optional features.
//!     let context = unsafe {
//!         DeviceContext::new(DeviceContextInfo {
//!             instance,
//!             physical_device,
//!             device,
//!             api_version: ash::vk::API_VERSION_1_3,
//!             features: MemoryFeatures::empty(),
//!             keep_alive: None,
//!         })
//!     }?;
//!     let allocator = DirectAllocator::new(&context);
//!
//!     let request = BufferRequest::new(4096, BufferUsageFlags::UNIFORM_BUFFER)
//!         .location(MemoryLocation::HostVisible)
//!         .label("camera");
//!     let mut camera = allocator.allocate_buffer(&request)?;
//!     let written = camera.write(0, &[0; 64]);
//!     assert!(allocator.stats().total().used_bytes >= 4096);
//!
//!     // Sound: the buffer came from this allocator, and the device never used it.
//!     unsafe { allocator.free_buffer(camera) };
//!     assert_eq!(allocator.stats().total().used_bytes, 0);
//!     Ok(written?)
//! }
//! ```

mod allocation;
mod allocator;
mod callback;
mod context;
mod error;
mod ledger;
mod manager;
mod memory_type;
mod observer;
mod policy;
mod relief;
mod request;
mod resource;
mod staging;
mod sync;
mod units;

pub use self::{
    allocation::{Allocation, AllocationParts},
    allocator::{
        AllocatorCapabilities, AllocatorReport, AllocatorStats, BlockPart, BlockReport,
        FreedParcel, HeapStats, MemoryAllocator, MemoryAllocatorExt, ParcelKind, RangePart,
        RangeReport, ReportPage, ReportWalk,
    },
    context::{
        BlockOwner, BlockRequest, DeviceBlocks, DeviceContext, DeviceContextInfo, DeviceLimits,
        DeviceMemory, HeapBlocks, MemoryFeatures,
    },
    error::{AllocationError, ErrorKind, MemoryError, Reason, Refusal, TypeRefusal},
    ledger::{BudgetScope, Figures, FrameDelta, OverBudget, Pressure},
    manager::{
        AliasedBufferRequest, AliasedImageRequest, BudgetConfig, BudgetSnapshot, BufferAllocation,
        Charged, DeviceBudgetManager, DeviceMemoryStats, HeapBudget, ImageAllocation, MemoryBlock,
        MemoryBlockRequest,
    },
    memory_type::{MemoryUse, TypeQuery, explain, rank},
    observer::{BlockInfo, EventMask, MemoryEvent, MemoryObserver},
    policy::{Admission, BudgetLimit, BudgetPolicy, Parcel, Place},
    relief::{MemoryRelief, ReliefStage, Shortage},
    request::{
        BufferRequest, Category, Dedicated, Footprint, ImageRequest, MemoryLocation, MemoryRequest,
        Priority, Resource, Tag, TilingClass,
    },
    resource::{BoundBuffer, BoundImage, Requirements},
    staging::{StagingFigures, StagingReservation},
    units::Bytes,
};
