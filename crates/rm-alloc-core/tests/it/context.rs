//! The device context: limits before the driver is asked, and exactly the structures that were asked for.

use std::sync::Arc;

use ash::vk::{self, MemoryPropertyFlags as Flags, StructureType};
use rm_alloc_core::{
    BlockRequest, DeviceContext, DeviceContextInfo, DeviceMemory, MemoryError, MemoryFeatures,
    Priority,
};
use rm_headless::{
    HeadlessDevice, HeadlessOptions, Limits, calls,
    testing::{with_device, with_options},
};

const KIB: u64 = 1 << 10;

/// Runs `body` on a context whose limits were changed, and checks that every block came back.
fn limited(change: impl FnOnce(&mut Limits), body: impl FnOnce(&Arc<DeviceContext>)) {
    with_device(|device, _| {
        let context = device.counted_context(change).unwrap();
        body(&context);
        let blocks = context.blocks();
        assert_eq!((blocks.count, blocks.heaps[0].bytes), (0, 0), "blocks are still out");
    });
}

fn info<'a>(device: &'a HeadlessDevice) -> DeviceContextInfo<'a> {
    DeviceContextInfo {
        instance: device.instance(),
        physical_device: device.physical_device(),
        device: device.device(),
        api_version: device.api_version(),
        features: device.features(),
        keep_alive: None,
    }
}

fn block(context: &Arc<DeviceContext>, size: u64) -> Result<DeviceMemory, MemoryError> {
    context.allocate_memory(&BlockRequest::new(size, 0))
}

/// Behaviour 37: the allocation count is respected before the driver is asked.
#[test]
fn the_object_count_is_respected() {
    limited(
        |limits| limits.max_memory_allocation_count = 2,
        |context| {
            let first = block(context, KIB).unwrap();
            let _second = block(context, KIB).unwrap();
            let (refused, counts) = calls::counting(|| block(context, KIB));
            assert_eq!(refused.unwrap_err(), MemoryError::TooManyAllocations);
            assert_eq!(counts.total(), 0, "the driver was asked");
            drop(first);
            let _third = block(context, KIB).unwrap();
            assert_eq!(context.blocks().made, 3, "refusals are not objects");
        },
    );
}

/// Behaviour 37: the largest allocation and the heap's size are respected before the driver is asked.
#[test]
fn sizes_are_respected() {
    limited(
        |limits| {
            limits.max_memory_allocation_size = 600 * KIB;
            limits.memory_properties.memory_heaps[0].size = 1000 * KIB;
        },
        |context| {
            let (refused, counts) = calls::counting(|| block(context, 600 * KIB + 1));
            let limit = 600 * KIB;
            assert_eq!(refused.unwrap_err(), MemoryError::TooLarge { size: limit + 1, limit });
            let largest = block(context, 600 * KIB).unwrap();
            let (full, more) = calls::counting(|| block(context, 400 * KIB + 1));
            assert_eq!(full.unwrap_err(), MemoryError::OutOfDeviceMemory);
            assert_eq!(counts.total() + more.total(), 0, "the driver was asked");
            let rest = block(context, 400 * KIB).unwrap();
            assert_eq!(context.block_bytes(0), 1000 * KIB, "exactly filling is allowed");
            drop((largest, rest));
            assert_eq!(context.blocks().heaps[0].peak_bytes, 1000 * KIB);
            for size in [u64::MAX, u64::MAX - 1, 1 << 63] {
                let error = block(context, size).unwrap_err();
                assert_eq!(error, MemoryError::TooLarge { size, limit });
            }
        },
    );
}

/// Behaviour 31: requests that no driver should see never reach it.
#[test]
fn broken_block_requests_are_refused() {
    limited(
        |limits| {
            let types = &mut limits.memory_properties;
            types.memory_type_count = 4;
            types.memory_types[1].property_flags = Flags::DEVICE_LOCAL;
            types.memory_types[2].property_flags = Flags::DEVICE_LOCAL | Flags::PROTECTED;
            types.memory_types[3].property_flags = Flags::HOST_VISIBLE | Flags::DEVICE_COHERENT_AMD;
        },
        |context| {
            let export = vk::ExternalMemoryHandleTypeFlags::OPAQUE_WIN32_KMT;
            let refused = [
                ("size is zero", BlockRequest::new(0, 0)),
                ("does not exist", BlockRequest::new(KIB, 4)),
                ("does not exist", BlockRequest::new(KIB, u32::MAX)),
                ("cannot see", BlockRequest { map: true, ..BlockRequest::new(KIB, 1) }),
                ("protected", BlockRequest::new(KIB, 2)),
                ("device-coherent", BlockRequest::new(KIB, 3)),
                ("handle type", BlockRequest { export, ..BlockRequest::new(KIB, 0) }),
            ];
            let ((), counts) = calls::counting(|| {
                for (reason, request) in refused {
                    let error = context.allocate_memory(&request).unwrap_err();
                    assert!(error.to_string().contains(reason), "{request:?} gave {error}");
                }
            });
            assert_eq!(counts.total(), 0, "the driver was asked: {counts:?}");
        },
    );
}

/// Blocks carry the device-address flag whenever that feature is on, and a priority only when it matters.
#[test]
fn chains_hold_what_was_asked_for_and_no_more() {
    let all = MemoryFeatures::BUFFER_DEVICE_ADDRESS | MemoryFeatures::MEMORY_PRIORITY;
    for without in [MemoryFeatures::empty(), MemoryFeatures::BUFFER_DEVICE_ADDRESS, all] {
        let options = HeadlessOptions::default().without(without | MemoryFeatures::PAGEABLE);
        with_options(&options, |device, _| {
            let context = device.counted_context(|_| ()).unwrap();
            let has = |feature| context.features().contains(feature);
            for priority in [Priority::Low, Priority::Normal, Priority::High] {
                let request = BlockRequest { priority, ..BlockRequest::new(KIB, 0) };
                drop(context.allocate_memory(&request).unwrap());
                let seen = calls::last_allocation().unwrap();
                assert_eq!((seen.size, seen.memory_type), (KIB, 0));
                let address = seen.chain.contains(&StructureType::MEMORY_ALLOCATE_FLAGS_INFO);
                assert_eq!(address, has(MemoryFeatures::BUFFER_DEVICE_ADDRESS));
                let told = seen.chain.contains(&StructureType::MEMORY_PRIORITY_ALLOCATE_INFO_EXT);
                let matters = priority != Priority::Normal;
                assert_eq!(told, matters && has(MemoryFeatures::MEMORY_PRIORITY));
                let value = if priority == Priority::Low { 0.25 } else { 1.0 };
                assert_eq!(seen.priority, told.then_some(value), "{priority:?}");
                assert_eq!(seen.chain.len(), usize::from(address) + usize::from(told));
            }
        });
    }
}

/// Memory leaves the process where the device exports it, and nowhere else.
#[test]
fn exportable_memory_says_so() {
    with_device(|device, _| {
        let context = device.counted_context(|_| ()).unwrap();
        let export = vk::ExternalMemoryHandleTypeFlags::OPAQUE_FD;
        match context.allocate_memory(&BlockRequest { export, ..BlockRequest::new(KIB, 0) }) {
            Ok(memory) => {
                assert_eq!(memory.size(), KIB);
                let chain = calls::last_allocation().unwrap().chain;
                assert!(chain.contains(&StructureType::EXPORT_MEMORY_ALLOCATE_INFO), "{chain:?}");
            }
            Err(error) => assert!(matches!(error, MemoryError::Unsupported(_)), "got {error}"),
        }
    });
}

/// A wrong version or a feature that was never enabled is found when the context is made.
#[test]
fn false_declarations_are_refused() {
    let options = HeadlessOptions::default().without(MemoryFeatures::PAGEABLE);
    with_options(&options, |device, _| {
        let declared = [
            DeviceContextInfo { api_version: vk::API_VERSION_1_0, ..info(device) },
            DeviceContextInfo { api_version: vk::make_api_version(0, 9, 0, 0), ..info(device) },
            DeviceContextInfo {
                features: device.features() | MemoryFeatures::PAGEABLE,
                ..info(device)
            },
        ];
        for info in declared {
            // SAFETY: the handles belong together and outlive the context; what is declared falsely is refused.
            let error = unsafe { DeviceContext::new(info.clone()) }.unwrap_err();
            assert!(matches!(error, MemoryError::InvalidRequest(_)), "{info:?} gave {error}");
        }
    });
}

/// The owner of the device lives as long as anything made from the context, and no longer.
#[test]
fn the_keep_alive_is_dropped_last() {
    with_device(|device, _| {
        let token: Arc<u32> = Arc::new(7);
        let info = DeviceContextInfo { keep_alive: Some(token.clone()), ..info(device) };
        // SAFETY: the handles belong together, were made for these features, and outlive the context.
        let context = unsafe { DeviceContext::new(info) }.unwrap();
        let memory = block(&context, KIB).unwrap();
        assert_eq!((memory.size(), memory.memory_type(), memory.mapped()), (KIB, 0, None));
        assert_ne!(memory.raw(), vk::DeviceMemory::null());
        drop(context);
        assert_eq!(Arc::strong_count(&token), 2, "memory keeps the device");
        drop(memory);
        assert_eq!(Arc::strong_count(&token), 1);
    });
}

/// Behaviour 37: no interleaving of threads exceeds a limit, and the book is balanced at the end.
#[test]
fn threads_never_exceed_a_limit() {
    const LIMIT: u32 = 6;
    limited(
        |limits| limits.max_memory_allocation_count = LIMIT,
        |context| {
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        for _ in 0..50 {
                            let held: Vec<_> =
                                (0..4).filter_map(|_| block(context, KIB).ok()).collect();
                            assert!(context.blocks().count <= LIMIT);
                            drop(held);
                        }
                    });
                }
            });
            assert!(context.blocks().heaps[0].peak_bytes <= u64::from(LIMIT) * KIB);
        },
    );
}

/// Features come as plain data that names its extensions.
#[test]
fn recommended_features_name_their_extensions() {
    with_device(|device, _| {
        // SAFETY: instance and physical device belong together and live for the whole test.
        let features =
            unsafe { MemoryFeatures::recommended(device.instance(), device.physical_device()) };
        let priced = MemoryFeatures::PROTECTED
            | MemoryFeatures::AMD_DEVICE_COHERENT
            | MemoryFeatures::DEBUG_NAMES;
        assert!(!features.intersects(priced), "{features:?}");
        let core = MemoryFeatures::BUFFER_DEVICE_ADDRESS | MemoryFeatures::MAINTENANCE4;
        assert!(core.extensions(vk::API_VERSION_1_3).is_empty(), "both are core");
        assert_eq!(core.extensions(vk::API_VERSION_1_1).len(), 2);
        assert_eq!(MemoryFeatures::all().extensions(vk::API_VERSION_1_3).len(), 6);
    });
}
