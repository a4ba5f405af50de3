//! Behaviour 29's other half: the core ranks memory types, so that no backend has to choose one.

use ash::vk::{
    MAX_MEMORY_TYPES, MemoryHeap, MemoryPropertyFlags as F, MemoryType,
    PhysicalDeviceMemoryProperties,
};
use rm_alloc_core::{MemoryLocation, MemoryUse, Reason, TypeQuery, explain, rank};

const DL: F = F::DEVICE_LOCAL;
const HV: F = F::HOST_VISIBLE;
const HC: F = F::HOST_COHERENT;
const CA: F = F::HOST_CACHED;
const LAZY: F = F::LAZILY_ALLOCATED;

fn device(types: &[F]) -> PhysicalDeviceMemoryProperties {
    let mut table = PhysicalDeviceMemoryProperties { memory_heap_count: 1, ..Default::default() };
    table.memory_heaps[0] = MemoryHeap { size: 1 << 30, ..Default::default() };
    for (slot, flags) in table.memory_types.iter_mut().zip(types) {
        *slot = MemoryType { property_flags: *flags, heap_index: 0 };
    }
    table.memory_type_count = types.len().try_into().unwrap();
    table
}

fn ranking(types: &[F], memory_use: MemoryUse) -> Vec<u32> {
    rank(&device(types), &TypeQuery::new(u32::MAX, memory_use)).collect()
}

fn at(location: MemoryLocation) -> MemoryUse {
    MemoryUse { location, ..MemoryUse::default() }
}

fn transfer(location: MemoryLocation) -> MemoryUse {
    MemoryUse { transfer_only: true, ..at(location) }
}

/// Desktop with a window onto device memory: none, device, host, cached host, window.
fn desktop() -> [F; 5] {
    [F::empty(), DL, HV | HC, HV | HC | CA, DL | HV | HC]
}

/// Every location on the tables of common devices.
#[test]
fn locations_rank_as_documented() {
    use MemoryLocation::{Auto, DeviceLocal, HostCached, HostVisible};
    let integrated = [DL | HV | HC, DL | HV | HC | CA];
    let arm = [DL, DL | HV | HC, DL | HV | CA];
    let lavapipe = [DL | HV | HC | CA];
    let opaque = MemoryUse { opaque: true, ..at(Auto) };
    let window = [HV | HC, DL | HV | CA];
    let cases: [(&str, &[F], MemoryUse, &[u32]); 16] = [
        ("textures stay out of the window", &desktop(), at(DeviceLocal), &[1, 4]),
        ("staging stays in host memory", &desktop(), transfer(HostVisible), &[2, 3, 4]),
        ("uniforms go through the window", &desktop(), at(HostVisible), &[4, 2, 3]),
        ("read-back wants caches", &desktop(), transfer(HostCached), &[3, 2, 4]),
        ("auto wants both", &desktop(), at(Auto), &[4, 1, 2, 3, 0]),
        ("an optimal image has no use for the window", &desktop(), opaque, &[1, 0, 4, 2, 3]),
        ("caches outweigh the place", &window, at(HostCached), &[1, 0]),
        ("all memory is local", &integrated, at(DeviceLocal), &[0, 1]),
        ("staging is not cached", &integrated, transfer(HostVisible), &[0, 1]),
        ("read-back is cached", &integrated, at(HostCached), &[1, 0]),
        ("images need no mapping", &arm, at(DeviceLocal), &[0, 1, 2]),
        ("coherent before cached", &arm, at(HostVisible), &[1, 2]),
        ("cached before coherent", &arm, at(HostCached), &[2, 1]),
        ("one type serves all", &lavapipe, at(DeviceLocal), &[0]),
        ("one type serves all", &lavapipe, transfer(HostVisible), &[0]),
        ("one type serves all", &lavapipe, transfer(HostCached), &[0]),
    ];
    for (why, types, memory_use, expected) in cases {
        assert_eq!(ranking(types, memory_use), expected, "{why}: {memory_use:?}");
    }
}

/// A window that is nearly full is left to those who need it.
#[test]
fn a_pressed_window_is_avoided() {
    let pressed = MemoryUse { device_heap_pressed: true, ..at(MemoryLocation::HostVisible) };
    assert_eq!(ranking(&desktop(), pressed), [2, 3, 4]);
}

/// Lazily allocated, protected and device-coherent memory serves only who asks for it.
#[test]
fn reserved_memory_is_never_given_unasked() {
    let odd = F::DEVICE_COHERENT_AMD | F::DEVICE_UNCACHED_AMD;
    let types = [DL | LAZY, DL | F::PROTECTED, DL | HV | HC | odd, DL, HV | HC];
    let everywhere = [
        (MemoryLocation::DeviceLocal, vec![3]),
        (MemoryLocation::HostVisible, vec![4]),
        (MemoryLocation::HostCached, vec![4]),
        (MemoryLocation::Auto, vec![3, 4]),
    ];
    for (location, expected) in everywhere {
        assert_eq!(ranking(&types, at(location)), expected, "{location:?}");
    }
    let local = at(MemoryLocation::DeviceLocal);
    let transient = MemoryUse { transient_attachment: true, ..local };
    assert_eq!(ranking(&types, transient), [0, 3], "lazy memory first, plain as a fall-back");
    let twice =
        TypeQuery { bits: u32::MAX, required: LAZY, preferred: LAZY, ..TypeQuery::default() };
    assert_eq!(rank(&device(&types), &twice).collect::<Vec<_>>(), [0], "asked for twice over");
    let protected = MemoryUse { protected: true, ..local };
    assert_eq!(ranking(&types, protected), [1]);
    let query = TypeQuery { bits: u32::MAX, required: odd, ..TypeQuery::default() };
    assert_eq!(rank(&device(&types), &query).collect::<Vec<_>>(), [2], "asked for by name");
}

/// Types outside `memoryTypeBits` are out, and every refusal is explained.
#[test]
fn refusals_name_their_reason() {
    let mut types = desktop();
    types[0] = DL | LAZY;
    let query = TypeQuery::new(0b1_0101, at(MemoryLocation::DeviceLocal));
    let table = device(&types);
    assert_eq!(rank(&table, &query).collect::<Vec<_>>(), [4]);
    let reasons: Vec<_> = explain(&table, &query).map(|r| (r.memory_type, r.reason)).collect();
    assert_eq!(
        reasons,
        [
            (0, Reason::Reserved(LAZY)),
            (1, Reason::TypeBits),
            (2, Reason::Lacks(DL)),
            (3, Reason::TypeBits),
        ]
    );
}

/// The table may be full, and equal types keep the device's order.
#[test]
fn thirty_two_types_rank_in_order() {
    let types = [DL; MAX_MEMORY_TYPES];
    let ranking = rank(&device(&types), &TypeQuery::new(u32::MAX, MemoryUse::default()));
    assert_eq!(ranking.len(), 32);
    assert!(ranking.eq(0..32));
    let nothing = rank(&device(&types), &TypeQuery::new(0, MemoryUse::default()));
    assert_eq!(nothing.len(), 0, "no bits, no types");
}
