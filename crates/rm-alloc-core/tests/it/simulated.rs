//! What only other hardware shows: several heaps, several types, dedicated hints, small limits.

use ash::vk::{
    self, BufferCreateFlags, BufferUsageFlags as Usage, Format, ImageCreateFlags, ImageTiling,
    ImageUsageFlags, MemoryPropertyFlags as Flags,
};
use rm_alloc_core::{
    BlockRequest, BufferRequest, ErrorKind, ImageRequest, MemoryAllocatorExt, MemoryError,
    MemoryLocation, Reason,
};
use rm_vksim::{BufferShape, Call, Captured, Needs, Profile};

use crate::support::{Asked, Recorder, Wish, simulated, simulated_as};

const MIB: u64 = 1 << 20;

fn buffer(size: u64) -> BufferRequest<'static> {
    BufferRequest::new(size, Usage::STORAGE_BUFFER)
}

fn freed(recorder: &Recorder, request: &BufferRequest<'_>) -> Vec<Asked> {
    let made = recorder.allocate_buffer(request).unwrap();
    // SAFETY: it came from this allocator, and no device uses it.
    unsafe { recorder.free_buffer(made) };
    recorder.asked()
}

fn types(asked: &[Asked]) -> Vec<u32> {
    asked.iter().map(|asked| asked.memory_type).collect()
}

/// Behaviour 37: when the driver refuses one memory type the next is asked, and an error lists them all.
#[test]
fn the_ranking_is_walked() {
    let (context, sim) = simulated(Profile::desktop_bar256());
    let recorder = Recorder::new(&context);
    let uniform = buffer(MIB).location(MemoryLocation::HostVisible).label("uniform");
    assert_eq!(types(&freed(&recorder, &uniform)), [2], "through the window");
    let shortages = [vk::Result::ERROR_OUT_OF_DEVICE_MEMORY, vk::Result::ERROR_TOO_MANY_OBJECTS];
    for code in shortages {
        sim.fail(Call::AllocateMemory, 1, code);
        assert_eq!(types(&freed(&recorder, &uniform)), [2, 1], "{code:?}");
    }
    sim.fail(Call::MapMemory, 1, vk::Result::ERROR_MEMORY_MAP_FAILED);
    assert_eq!(types(&freed(&recorder, &uniform)), [2, 1], "a mapping that fails is a shortage");
    for heap in [1, 2] {
        sim.limit_heap(heap, Some(0));
    }
    let error = recorder.allocate_buffer(&uniform).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutOfDeviceMemory);
    let refused: Vec<_> = error.refusal().unwrap().types.iter().map(|t| t.memory_type).collect();
    assert_eq!(
        refused,
        [2, 1, 3, 0],
        "those that were tried, best first, then those that were not"
    );
    let lacks = error.refusal().unwrap().types[3].reason;
    assert_eq!(lacks, Reason::Lacks(Flags::HOST_VISIBLE));
    let _tried = recorder.asked();
    sim.clear_faults();
    for code in [vk::Result::ERROR_OUT_OF_HOST_MEMORY, vk::Result::ERROR_UNKNOWN] {
        sim.fail(Call::AllocateMemory, 1, code);
        recorder.allocate_buffer(&uniform).unwrap_err();
        assert_eq!(types(&recorder.asked()), [2], "{code:?} is no better elsewhere");
    }
}

/// A request that no single type could hold goes on to a heap that can.
#[test]
fn what_one_heap_cannot_hold_goes_to_another() {
    let (context, _sim) = simulated(Profile::desktop_bar256());
    let recorder = Recorder::new(&context);
    let request = buffer(300 * MIB).location(MemoryLocation::HostVisible);
    assert_eq!(types(&freed(&recorder, &request)), [2, 1], "the window is smaller than that");
}

/// From three quarters on the window is left to others.
#[test]
fn a_pressed_window_is_left_alone() {
    let (context, _sim) = simulated(Profile::desktop_bar256());
    let recorder = Recorder::new(&context);
    let uniform = buffer(MIB).location(MemoryLocation::HostVisible);
    let window = |bytes| context.allocate_memory(&BlockRequest::new(bytes, 2)).unwrap();
    let filled = window(192 * MIB - 1);
    assert_eq!(types(&freed(&recorder, &uniform)), [2], "one byte below the line");
    let last = window(1);
    assert_eq!(types(&freed(&recorder, &uniform)), [1], "at the line");
    drop((filled, last));
    assert_eq!(types(&freed(&recorder, &uniform)), [2]);
    let local = freed(&recorder, &buffer(MIB));
    let [Asked { memory_type, dedicated, map, .. }] = local[..] else { panic!("{local:?}") };
    assert_eq!((memory_type, dedicated, map), (0, Wish::No, false));
}

/// A device that answers `needs` for every buffer of 4096 bytes.
fn insisting(needs: Needs) -> Profile {
    let mut profile = Profile::desktop_rebar();
    let flags = BufferCreateFlags::empty();
    let info = BufferShape { size: 4096, usage: Usage::STORAGE_BUFFER, flags };
    profile.captured.push(Captured::Buffer { info, needs });
    profile
}

/// Behaviour 36: what the driver requires is required, what it prefers is passed on, and aliasing drops preferences alone.
#[test]
fn the_drivers_hints_are_passed_on() {
    let plain = Needs {
        size: 4096,
        alignment: 256,
        memory_type_bits: u32::MAX,
        prefers_dedicated: false,
        requires_dedicated: false,
    };
    let preferred = Needs { prefers_dedicated: true, ..plain };
    let required = Needs { requires_dedicated: true, ..preferred };
    let cases = [
        (plain, Wish::No, Some(Wish::No)),
        (preferred, Wish::Prefer, Some(Wish::No)),
        (required, Wish::Require, None),
    ];
    for (mut needs, wish, aliasable) in cases {
        let bits = Profile::desktop_rebar().types.len();
        needs.memory_type_bits = (1 << bits) - 1;
        let (context, _sim) = simulated(insisting(needs));
        let recorder = Recorder::new(&context);
        assert_eq!(freed(&recorder, &buffer(4096))[0].dedicated, wish, "{needs:?}");
        match (recorder.allocate_buffer(&buffer(4096).aliasable()), aliasable) {
            (Ok(made), Some(wish)) => {
                assert_eq!(recorder.asked()[0].dedicated, wish, "{needs:?}, aliasable");
                // SAFETY: it came from this allocator, and no device uses it.
                unsafe { recorder.free_buffer(made) };
            }
            (Err(error), None) => {
                assert!(matches!(error.kind(), ErrorKind::Unsupported(_)), "{error}");
            }
            (made, _) => panic!("{needs:?}, aliasable: {made:?}"),
        }
    }
}

/// Behaviour 36: near the limit on objects the driver's wishes are no longer granted, its demands still are.
#[test]
fn wishes_end_near_the_limit() {
    for requires_dedicated in [false, true] {
        let types = Profile::desktop_rebar().types.len();
        let mut profile = insisting(Needs {
            size: 4096,
            alignment: 256,
            memory_type_bits: (1 << types) - 1,
            prefers_dedicated: true,
            requires_dedicated,
        });
        profile.limits.max_memory_allocation_count = 16;
        let (context, _sim) = simulated(profile);
        let recorder = Recorder::new(&context);
        let mut held = Vec::new();
        for count in 0..15 {
            let expected = match (requires_dedicated, count >= 14) {
                (true, _) => Wish::Require,
                (false, false) => Wish::Prefer,
                (false, true) => Wish::No,
            };
            assert_eq!(freed(&recorder, &buffer(4096))[0].dedicated, expected, "{count} of 16");
            held.push(context.allocate_memory(&BlockRequest::new(64, 0)).unwrap());
        }
    }
}

/// Attachments that never leave the tile get memory without bytes, where there is such memory.
#[test]
fn transient_attachments_are_lazily_allocated() {
    let (context, _sim) = simulated(Profile::tiler_lazy());
    let recorder = Recorder::new(&context);
    let colour = ImageUsageFlags::COLOR_ATTACHMENT;
    let kept = ImageRequest::new_2d(Format::R8G8B8A8_UNORM, 64, 64, colour);
    let mut transient = kept.clone();
    transient.usage |= ImageUsageFlags::TRANSIENT_ATTACHMENT;
    let guarded = kept.clone().flags(ImageCreateFlags::PROTECTED);
    let lazy = Flags::LAZILY_ALLOCATED;
    for (request, wanted, unwanted) in [
        (&kept, Flags::DEVICE_LOCAL, lazy | Flags::PROTECTED),
        (&transient, lazy, Flags::PROTECTED),
        (&guarded, Flags::PROTECTED, lazy),
    ] {
        let made = recorder.allocate_image(request).unwrap();
        let flags = context.type_flags(made.allocation().memory_type());
        assert!(flags.contains(wanted) && !flags.intersects(unwanted), "{request:?}: {flags:?}");
        // SAFETY: it came from this allocator, and no device uses it.
        unsafe { recorder.free_image(made) };
    }
}

/// Behaviour 33: linear images in host memory are mapped, optimal ones never, and buffers wherever the host can see.
#[test]
fn what_the_host_can_read_is_mapped() {
    let (context, _sim) = simulated(Profile::integrated());
    let recorder = Recorder::new(&context);
    let usage = ImageUsageFlags::TRANSFER_SRC;
    let optimal =
        ImageRequest::new_2d(Format::R8G8B8A8_UNORM, 64, 64, usage).location(MemoryLocation::Auto);
    let linear = optimal.clone().tiling(ImageTiling::LINEAR);
    for (request, mapped) in [(&optimal, false), (&linear, true)] {
        let made = recorder.allocate_image(request).unwrap();
        assert_eq!((made.mapped().is_some(), recorder.asked()[0].map), (mapped, mapped));
        assert_eq!(made.flush(0, 16).is_ok(), mapped, "only what is mapped can be flushed");
        assert_eq!(made.invalidate(0, 16).is_ok(), mapped);
        made.flush(made.size(), 1).unwrap_err();
        // SAFETY: it came from this allocator, and no device uses it.
        unsafe { recorder.free_image(made) };
    }
    let auto = freed(&recorder, &buffer(64).location(MemoryLocation::Auto));
    assert!(auto[0].map, "local and visible at once");
}

/// Behaviour 37: the largest buffer is the device's own, or the largest memory object where it does not say.
#[test]
fn the_largest_buffer_is_known_on_every_version() {
    let mut profile = Profile::desktop_rebar();
    profile.limits.max_buffer_size = 2 * MIB;
    profile.limits.max_memory_allocation_size = 8 * MIB;
    let (context, _sim) = simulated(profile.clone());
    assert_eq!(context.limits().max_buffer_size, 2 * MIB);
    let recorder = Recorder::new(&context);
    let error = recorder.allocate_buffer(&buffer(2 * MIB + 1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    drop((recorder, context));

    profile.api_version = vk::API_VERSION_1_2;
    profile.features.maintenance4 = false;
    profile.extensions.retain(|name| name != "VK_KHR_maintenance4");
    let (context, _sim) = simulated(profile);
    assert_eq!(context.limits().max_buffer_size, 8 * MIB, "nobody says more");
}

/// Behaviour 31: usage of an extension passes where its commands are there, and is refused where they are not.
#[test]
fn usage_of_extensions_follows_their_commands() {
    let extension = "VK_EXT_transform_feedback".to_owned();
    for enabled in [false, true] {
        let mut profile = Profile::desktop_rebar();
        profile.extensions.retain(|name| *name != extension);
        if enabled {
            profile.extensions.push(extension.clone());
            profile.extensions.sort();
        }
        let (context, _sim) = simulated(profile);
        let recorder = Recorder::new(&context);
        let usage = Usage::TRANSFORM_FEEDBACK_BUFFER_EXT;
        match recorder.allocate_buffer(&BufferRequest::new(64, usage)) {
            Ok(made) => {
                assert!(enabled, "accepted without the extension");
                // SAFETY: it came from this allocator, and no device uses it.
                unsafe { recorder.free_buffer(made) };
            }
            Err(error) => {
                assert!(!enabled, "{error}");
                assert!(matches!(error.kind(), ErrorKind::InvalidRequest(_)), "{error}");
            }
        }
    }
}

/// A context made for an older version than the device's has the commands of that version, and of its extensions.
#[test]
fn an_older_version_is_not_refused() {
    let version = vk::make_api_version(0, 1, 1, 77);
    let (context, _sim) = simulated_as(Profile::desktop_rebar(), Some(version));
    assert_eq!(context.api_version(), vk::API_VERSION_1_1, "a patch is no version");
    let recorder = Recorder::new(&context);
    assert_eq!(recorder.buffer_requirements(&buffer(4096)).unwrap().size, 4096);
    freed(&recorder, &buffer(4096).device_address());
}

/// Behaviour 31: device-coherent memory only where it is enabled, and only for who names it.
#[test]
fn device_coherent_memory_needs_its_feature() {
    let profile = Profile::amd_coherent();
    let coherent = profile
        .types
        .iter()
        .position(|t| t.flags & Flags::DEVICE_COHERENT_AMD.as_raw() != 0)
        .and_then(|index| u32::try_from(index).ok())
        .unwrap();
    let (context, _sim) = simulated(profile.clone());
    drop(context.allocate_memory(&BlockRequest::new(64, coherent)).unwrap());
    drop(context);
    let mut without = profile;
    without.features.device_coherent = false;
    let (context, _sim) = simulated(without);
    let error = context.allocate_memory(&BlockRequest::new(64, coherent)).unwrap_err();
    assert!(matches!(error, MemoryError::Unsupported(_)), "{error}");
}

/// Memory is exportable where the extension is enabled and the handle type is one that leaves a process.
#[test]
fn exports_need_their_extension() {
    use vk::ExternalMemoryHandleTypeFlags as Handles;
    let block = |export| BlockRequest { export, ..BlockRequest::new(4096, 0) };
    let (context, _sim) = simulated(Profile::h200());
    drop(context.allocate_memory(&block(Handles::OPAQUE_FD)).unwrap());
    for other in [Handles::OPAQUE_WIN32, Handles::OPAQUE_FD | Handles::OPAQUE_WIN32] {
        let error = context.allocate_memory(&block(other)).unwrap_err();
        assert!(matches!(error, MemoryError::Unsupported(_)), "{other:?}: {error}");
    }
    drop(context);
    let mut without = Profile::h200();
    without.extensions.retain(|name| name != "VK_KHR_external_memory_fd");
    let (context, _sim) = simulated(without);
    let error = context.allocate_memory(&block(Handles::OPAQUE_FD)).unwrap_err();
    assert!(matches!(error, MemoryError::Unsupported(_)), "{error}");
}

/// Every type index arrives as it was asked for, and mapped memory says where.
#[test]
fn blocks_know_what_they_are() {
    let (context, _sim) = simulated(Profile::desktop_bar256());
    let request = BlockRequest { map: true, ..BlockRequest::new(4096, 3) };
    let memory = context.allocate_memory(&request).unwrap();
    assert_eq!((memory.memory_type(), memory.size()), (3, 4096));
    assert!(memory.mapped().is_some());
    let other = context.allocate_memory(&BlockRequest::new(4096, 2)).unwrap();
    assert_eq!((other.memory_type(), other.mapped()), (2, None));
    assert_ne!(memory.raw(), other.raw());
}

/// What the device only copies from stays out of the window, and what it only copies to as well.
#[test]
fn staging_stays_in_host_memory() {
    let (context, _sim) = simulated(Profile::desktop_bar256());
    let recorder = Recorder::new(&context);
    let (source, target) = (Usage::TRANSFER_SRC, Usage::TRANSFER_DST);
    for (usage, expected) in
        [(source, 1), (target, 1), (source | target, 1), (source | Usage::VERTEX_BUFFER, 2)]
    {
        let request = BufferRequest::new(4096, usage).location(MemoryLocation::HostVisible);
        assert_eq!(types(&freed(&recorder, &request)), [expected], "{usage:?}");
    }
    let (source, target) = (ImageUsageFlags::TRANSFER_SRC, ImageUsageFlags::TRANSFER_DST);
    for (usage, expected) in
        [(source | target, 1), (target, 1), (source | ImageUsageFlags::SAMPLED, 2)]
    {
        let request = ImageRequest::new_2d(Format::R8G8B8A8_UNORM, 64, 64, usage)
            .tiling(ImageTiling::LINEAR)
            .location(MemoryLocation::HostVisible);
        let made = recorder.allocate_image(&request).unwrap();
        assert_eq!(types(&recorder.asked()), [expected], "{usage:?}");
        // SAFETY: it came from this allocator, and no device uses it.
        unsafe { recorder.free_image(made) };
    }
}
