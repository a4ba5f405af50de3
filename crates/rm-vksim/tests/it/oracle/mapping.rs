//! How the host may touch memory.

use ash::vk;
use rm_vksim::{Rule, SimDevice};

use crate::support::{COHERENT, LOCAL, NON_COHERENT, Quick, broken, small};

const REFUSED: vk::Result = vk::Result::ERROR_VALIDATION_FAILED_EXT;

fn device() -> SimDevice {
    SimDevice::new(small()).unwrap()
}

fn flush(sim: &SimDevice, memory: vk::DeviceMemory, offset: u64, size: u64) -> vk::Result {
    let range = vk::MappedMemoryRange::default().memory(memory).offset(offset).size(size);
    // SAFETY: live handles, or such as the device is to find out.
    let flushed = unsafe { sim.device().flush_mapped_memory_ranges(&[range]) };
    // SAFETY: as above.
    let invalidated = unsafe { sim.device().invalidate_mapped_memory_ranges(&[range]) };
    assert_eq!(flushed, invalidated, "both have the same rules");
    flushed.err().unwrap_or(vk::Result::SUCCESS)
}

#[test]
fn bytes_are_zero_at_first_and_stay_where_they_are() {
    let sim = device();
    let memory = sim.memory(4096, COHERENT);
    let base = sim.try_map(memory).unwrap();
    assert_eq!(base.addr() % 4096, 0);
    // SAFETY: within what is mapped.
    let byte = unsafe { base.add(100) };
    // SAFETY: mapped, and nobody else touches it.
    assert_eq!(unsafe { byte.read() }, 0);
    // SAFETY: as above.
    unsafe { byte.write(42) };
    // SAFETY: mapped.
    unsafe { sim.device().unmap_memory(memory) };
    assert_eq!(sim.try_map(memory).unwrap(), base);
    let mut byte = [0];
    assert!(sim.read_bytes(memory, 100, &mut byte));
    assert_eq!(byte, [42]);
    sim.destroy(&[], &[], &[memory]);
    assert_eq!(broken(&sim), [], "freeing unmaps");
}

#[test]
fn the_device_reaches_memory_that_the_host_does_not_see() {
    let sim = device();
    let memory = sim.memory(4096, LOCAL);
    assert!(sim.write_bytes(memory, 4090, b"sixsix"));
    assert!(!sim.write_bytes(memory, 4091, b"sixsix"), "out of range");
    let mut back = [0; 6];
    assert!(sim.read_bytes(memory, 4090, &mut back));
    assert_eq!(&back, b"sixsix");
    sim.destroy(&[], &[], &[memory]);
    assert_eq!(broken(&sim), []);
}

#[test]
fn mapping_twice_or_what_the_host_cannot_see() {
    let sim = device();
    let (host, local) = (sim.memory(4096, COHERENT), sim.memory(4096, LOCAL));
    sim.try_map(host).unwrap();
    assert_eq!(sim.try_map(host), Err(REFUSED));
    assert_eq!(sim.try_map(local), Err(REFUSED));
    sim.destroy(&[], &[], &[host, local]);
    assert_eq!(broken(&sim), [Rule::DoubleMap, Rule::NotHostVisible]);
}

#[test]
fn unmapping_and_flushing_what_is_not_mapped() {
    let sim = device();
    let memory = sim.memory(4096, NON_COHERENT);
    // SAFETY: the device is to find out.
    unsafe { sim.device().unmap_memory(memory) };
    assert_eq!(flush(&sim, memory, 0, 64), REFUSED);
    sim.destroy(&[], &[], &[memory]);
    assert_eq!(broken(&sim), [Rule::NotMapped; 3]);
}

#[test]
fn a_mapped_range_lies_within_the_object() {
    let sim = device();
    let memory = sim.memory(4096, COHERENT);
    for (offset, size) in [(4096, 1), (0, 4097), (8, u64::MAX - 1), (0, 0), (4096, vk::WHOLE_SIZE)]
    {
        let flags = vk::MemoryMapFlags::empty();
        // SAFETY: the device is to find out.
        let mapped = unsafe { sim.device().map_memory(memory, offset, size, flags) };
        assert_eq!(mapped, Err(REFUSED), "{size} at {offset}");
    }
    sim.destroy(&[], &[], &[memory]);
    assert_eq!(broken(&sim), [Rule::MapRange; 5]);
}

#[test]
fn flushed_ranges_are_whole_atoms_of_what_is_mapped() {
    let sim = device();
    let memory = sim.memory(1000, NON_COHERENT);
    let flags = vk::MemoryMapFlags::empty();
    // SAFETY: live, host-visible and not mapped.
    unsafe { sim.device().map_memory(memory, 128, vk::WHOLE_SIZE, flags) }.unwrap();
    let fine = [(128, 64), (192, 1000 - 192), (128, vk::WHOLE_SIZE), (960, vk::WHOLE_SIZE)];
    for (offset, size) in fine {
        assert_eq!(flush(&sim, memory, offset, size), vk::Result::SUCCESS, "{size} at {offset}");
    }
    let wrong = [(0, 64), (130, 64), (128, 63), (960, 64), (1024, 64), (192, u64::MAX - 64)];
    for (offset, size) in wrong {
        assert_eq!(flush(&sim, memory, offset, size), REFUSED, "{size} at {offset}");
    }
    sim.destroy(&[], &[], &[memory]);
    assert_eq!(broken(&sim), [Rule::FlushRange; 12]);
}
