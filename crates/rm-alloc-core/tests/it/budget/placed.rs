//! Behaviour 30: where in memory others may stand, and who holds it.

use std::sync::Arc;

use ash::vk::{BufferUsageFlags, Format, ImageUsageFlags};
use rm_alloc_core::{
    AliasedBufferRequest, AliasedImageRequest, AllocationError, BudgetConfig, BufferAllocation,
    BufferRequest, DeviceBudgetManager, ErrorKind, ImageAllocation, ImageRequest, MemoryBlock,
    MemoryBlockRequest, MemoryLocation, TilingClass,
};
use rm_alloc_direct::DirectAllocator;
use rm_vksim::{Profile, SimDevice};

use super::{MIB, buffer, free};
use crate::support::{manager, manager_on, simulated};

fn image() -> ImageRequest<'static> {
    let usage = ImageUsageFlags::COLOR_ATTACHMENT;
    ImageRequest::new_2d(Format::R8G8B8A8_UNORM, 64, 64, usage).label("placed")
}

fn place(
    manager: &DeviceBudgetManager,
    memory: &MemoryBlock,
    offset: u64,
) -> Result<BufferAllocation, AllocationError> {
    let buffer = BufferRequest::new(64, BufferUsageFlags::TRANSFER_DST);
    manager.create_aliased_buffer(&AliasedBufferRequest { memory, offset, buffer })
}

fn place_image(
    manager: &DeviceBudgetManager,
    memory: &MemoryBlock,
    offset: u64,
) -> Result<ImageAllocation, AllocationError> {
    manager.create_aliased_image(&AliasedImageRequest { memory, offset, image: image() })
}

fn invalid<T: std::fmt::Debug>(placed: Result<T, AllocationError>, rule: &str) {
    let error = placed.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::InvalidRequest(_)), "{rule}: {error}");
    assert!(error.to_string().contains(rule), "{error}");
}

fn allow(sim: &SimDevice, memory: &MemoryBlock) {
    sim.allow_alias(memory.raw(), memory.offset()..memory.offset() + memory.size());
}

/// Behaviours 30 and 31: images obey the rules that buffers do: bounds, alignment, memory type, tiling, device.
#[test]
fn images_are_placed_where_they_fit() {
    let mut profile = Profile::desktop_rebar();
    profile.rules.images.optimal_types = Some(1);
    let (manager, sim) = manager_on(profile, BudgetConfig::default());
    let needs = manager.image_requirements(&image()).unwrap();
    assert_eq!(needs.memory_type_bits, 1);
    let request = MemoryBlockRequest::new(2 * needs.size, 1).alignment(needs.alignment);
    let memory = manager.allocate_memory(&request).unwrap();
    let host =
        MemoryBlockRequest::new(2 * needs.size, u32::MAX).location(MemoryLocation::HostCached);
    let host = manager.allocate_memory(&host).unwrap();
    let linear = manager.allocate_memory(&request.clone().tiling(TilingClass::Linear)).unwrap();
    let optimal = manager.allocate_memory(&request.clone().tiling(TilingClass::Optimal)).unwrap();
    let before = manager.stats();

    invalid(place_image(&manager, &memory, 2 * needs.size), "leaves");
    invalid(place_image(&manager, &memory, needs.size + needs.alignment), "leaves");
    invalid(place_image(&manager, &memory, u64::MAX - 1), "leaves");
    invalid(place_image(&manager, &memory, needs.alignment / 2), "aligned");
    invalid(place_image(&manager, &host, 0), "memory type");
    invalid(place_image(&manager, &linear, 0), "other tiling");
    invalid(place(&manager, &optimal, 0), "other tiling");
    let (foreign, _sim) = simulated(Profile::desktop_rebar());
    let foreign = Arc::new(DirectAllocator::new(&foreign));
    let foreign = DeviceBudgetManager::new(foreign, BudgetConfig::default()).unwrap();
    invalid(place_image(&foreign, &memory, 0), "another device");
    invalid(place(&foreign, &linear, 0), "another device");
    assert_eq!((manager.stats(), manager.aliased_allocation_count()), (before, 0));
    assert_eq!(foreign.aliased_allocation_count(), 0);

    let first = place_image(&manager, &memory, 0).unwrap();
    let last = place_image(&manager, &memory, needs.size).unwrap();
    let fits = place_image(&manager, &optimal, 0).unwrap();
    assert_eq!(manager.stats().used, before.used, "exactly filling costs nothing");
    assert_eq!(last.memory_offset(), memory.offset() + needs.size);
    for image in [first, last, fits] {
        assert!(image.is_aliased());
        // SAFETY: no simulated device uses anything.
        unsafe { manager.free_image(image) };
    }
    drop((memory, host, linear, optimal));
    assert_eq!(manager.stats().used, 0);
    drop(manager);
    sim.verdict().unwrap();
}

/// Behaviours 30 and 33: on memory that has to be flushed, what is placed begins with an atom, so that no two share one.
#[test]
fn placed_resources_never_share_an_atom() {
    const ATOM: u64 = 256;
    let mut profile = Profile::arm_noncoherent();
    profile.limits.non_coherent_atom_size = ATOM;
    let (manager, sim) = manager_on(profile, BudgetConfig::default());
    let request = MemoryBlockRequest::new(4096, 0b110);
    for (location, coherent) in
        [(MemoryLocation::HostCached, false), (MemoryLocation::HostVisible, true)]
    {
        let memory = manager.allocate_memory(&request.clone().location(location)).unwrap();
        assert_eq!(manager.context().is_non_coherent(memory.memory_type()), !coherent);
        let neighbour = place(&manager, &memory, 0).unwrap();
        for offset in [64, 128, 320] {
            match place(&manager, &memory, offset) {
                Ok(placed) => {
                    assert!(coherent, "{offset} is within an atom of its neighbour");
                    free(&manager, placed);
                }
                Err(error) => {
                    assert!(!coherent, "{error}");
                    assert!(error.to_string().contains("aligned"), "{error}");
                }
            }
        }
        let placed = place(&manager, &memory, ATOM).unwrap();
        // SAFETY: this thread alone touches the bytes.
        unsafe { placed.write_shared(0, &[7; 64]) }.unwrap();
        // SAFETY: this thread alone touches the bytes.
        unsafe { neighbour.write_shared(0, &[3; 64]) }.unwrap();
        let mut seen = [0; 64];
        // SAFETY: this thread alone touches the bytes.
        unsafe { placed.read(0, &mut seen) }.unwrap();
        assert_eq!(seen, [7; 64]);
        free(&manager, neighbour);
        free(&manager, placed);
    }
    drop(manager);
    sim.verdict().unwrap();
}

/// Behaviour 30: in memory for anything what is placed begins with a page, in memory for one class wherever it likes.
#[test]
fn placed_resources_of_either_class_never_share_a_page() {
    let profile = Profile::builtin("granularity-64k").unwrap();
    let page = profile.limits.buffer_image_granularity;
    let (manager, sim) = manager_on(profile, BudgetConfig::default());
    let request = MemoryBlockRequest::new(4 * page, u32::MAX);
    for (tiling, own) in [(TilingClass::Mixed, false), (TilingClass::Linear, true)] {
        let memory = manager.allocate_memory(&request.clone().tiling(tiling)).unwrap();
        let whole = place(&manager, &memory, page).unwrap();
        match place(&manager, &memory, page + page / 2) {
            Ok(placed) => {
                assert!(own, "within a page of its neighbour");
                free(&manager, placed);
            }
            Err(error) => {
                assert!(!own, "{error}");
                assert!(error.to_string().contains("aligned"), "{error}");
            }
        }
        free(&manager, whole);
    }
    assert_eq!(manager.stats().used, 0);
    drop(manager);
    sim.verdict().unwrap();
}

/// Behaviours 30 and 47: bytes that others hold as well are not on their way back, until all of them wait for the device.
#[test]
fn what_others_hold_does_not_retire() {
    let (manager, sim) = manager(BudgetConfig::default());
    let retiring = || manager.stats().retiring;
    let source = manager.allocate_buffer(&buffer(MIB).aliasable()).unwrap();
    let memory = source.memory().cloned().unwrap();
    allow(&sim, &memory);
    let alias = place(&manager, &memory, 0).unwrap();
    for _twice in 0..2 {
        manager.mark_retiring(&alias);
        assert_eq!(retiring(), 0, "source and block hold it");
    }
    manager.mark_retiring(&source);
    assert_eq!(retiring(), 0, "the block holds it");
    drop(memory);
    assert_eq!(retiring(), MIB, "all that is left waits for the device");
    let again = source.memory().cloned().unwrap();
    assert_eq!(retiring(), 0, "wanted again");
    manager.mark_retiring(&again);
    assert_eq!((retiring(), manager.stats().used), (MIB, MIB), "three of three");
    free(&manager, alias);
    drop(again);
    assert_eq!((retiring(), manager.stats().used), (MIB, MIB), "the last holder");
    free(&manager, source);
    assert_eq!((retiring(), manager.stats().used), (0, 0));
    let block = manager.allocate_memory(&MemoryBlockRequest::new(MIB, u32::MAX)).unwrap();
    manager.mark_retiring(&block);
    assert_eq!(retiring(), MIB, "a block alone");
    drop(block);
    assert_eq!((retiring(), manager.stats().used), (0, 0));
    drop(manager);
    sim.verdict().unwrap();
}

/// Behaviours 27 and 32: an alias that is dropped instead of freed leaks, and the bytes under it stay charged.
#[test]
fn a_dropped_alias_keeps_the_bytes() {
    let (manager, sim) = manager(BudgetConfig::default());
    let memory = manager.allocate_memory(&MemoryBlockRequest::new(MIB, u32::MAX)).unwrap();
    drop(place(&manager, &memory, 0).unwrap());
    drop(place_image(&manager, &memory, MIB / 2).unwrap());
    assert_eq!(memory.holders(), 3);
    drop(memory);
    assert_eq!((manager.stats().used, manager.aliased_allocation_count()), (MIB, 2));
    let leaks: Vec<_> = sim.leaks().iter().map(ToString::to_string).collect();
    assert_eq!(leaks.len(), 3, "buffer, image and memory are alive: {leaks:?}");
    // The leak keeps the simulated device for ever; its verdict is taken here.
    assert!(sim.verdict().is_err());
}

/// Behaviours 27 and 30: aliases are freed through any handle, and counted for the device of the memory.
#[test]
fn aliases_are_freed_through_any_handle() {
    let (manager, sim) = manager(BudgetConfig::default());
    let other = Arc::new(DirectAllocator::new(manager.context()));
    let stranger = DeviceBudgetManager::new(other.clone(), BudgetConfig::default()).unwrap();
    let other = manager.with_allocator(other).unwrap();
    let memory = other.allocate_memory(&MemoryBlockRequest::new(MIB, u32::MAX)).unwrap();
    allow(&sim, &memory);
    let ours = place(&manager, &memory, 0).unwrap();
    let theirs = place(&stranger, &memory, 0).unwrap();
    drop((memory, other));
    assert_eq!((manager.stats().used, stranger.stats().used), (MIB, 0), "who took it pays");
    assert_eq!(manager.aliased_allocation_count(), 2, "both are over its memory");
    assert_eq!(stranger.aliased_allocation_count(), 0);
    free(&stranger, ours);
    free(&manager, theirs);
    assert_eq!((manager.stats().used, manager.aliased_allocation_count()), (0, 0));
    drop((manager, stranger));
    sim.verdict().unwrap();
}
