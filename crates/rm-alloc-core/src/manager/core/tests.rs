//! Which heaps make up device memory.

use ash::vk;

use super::device_budget;

/// A table of heaps, local or not, and of types as their heap and whether the host sees them.
fn table(heaps: &[bool], types: &[(u32, bool)]) -> vk::PhysicalDeviceMemoryProperties {
    let mut table = vk::PhysicalDeviceMemoryProperties::default();
    for (heap, local) in table.memory_heaps.iter_mut().zip(heaps) {
        heap.flags =
            if *local { vk::MemoryHeapFlags::DEVICE_LOCAL } else { vk::MemoryHeapFlags::empty() };
        table.memory_heap_count += 1;
    }
    for (memory_type, (heap, visible)) in table.memory_types.iter_mut().zip(types) {
        memory_type.heap_index = *heap;
        memory_type.property_flags = if *visible {
            vk::MemoryPropertyFlags::HOST_VISIBLE
        } else {
            vk::MemoryPropertyFlags::DEVICE_LOCAL
        };
        table.memory_type_count += 1;
    }
    table
}

/// Behaviour 14: a window onto device memory is not counted twice, and nothing else is left out.
#[test]
fn windows_are_not_counted_twice() {
    let bytes = [100, 20, 3];
    let sum = |heaps: &[bool], types: &[(u32, bool)]| device_budget(&table(heaps, types), &bytes);
    let (seen, hidden) = (true, false);
    assert_eq!(sum(&[true, false], &[(0, hidden), (0, seen), (1, seen)]), 100, "one heap");
    assert_eq!(sum(&[true, false, true], &[(0, hidden), (1, seen), (2, seen)]), 100, "a window");
    assert_eq!(sum(&[true], &[(0, seen)]), 100, "the host sees all there is");
    assert_eq!(sum(&[true, true], &[(0, seen), (1, seen)]), 120, "and nothing is hidden");
    assert_eq!(sum(&[true, true], &[(0, hidden), (1, hidden)]), 120, "two chips");
    let mixed = [(0, hidden), (1, hidden), (1, seen)];
    assert_eq!(sum(&[true, true], &mixed), 120, "a heap that is seen in part is no window");
    assert_eq!(sum(&[true, true], &[(0, hidden)]), 120, "one without types is none either");
    assert_eq!(sum(&[true, true], &[(1, seen)]), 120, "nor does it hide anything");
    assert_eq!(sum(&[false, false], &[(0, seen)]), 0, "no device memory at all");
}
