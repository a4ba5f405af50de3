//! Calls are counted, and written down.

use ash::vk::{self, Handle};
use rm_vksim::{Call, SimDevice};

use crate::support::{COHERENT, LOCAL, Quick, broken, sim, small};

#[test]
fn every_call_is_counted_under_its_own_name() {
    let sim = sim("h200");
    let before = sim.counts();
    let (buffer, memory) = (sim.buffer(64), sim.memory(4096, 1));
    assert_eq!(sim.try_bind(buffer, memory, 0), vk::Result::SUCCESS);
    let info = vk::BufferMemoryRequirementsInfo2::default().buffer(buffer);
    let mut needs = vk::MemoryRequirements2::default();
    // SAFETY: the buffer is live.
    unsafe { sim.device().get_buffer_memory_requirements2(&info, &mut needs) };
    let alias = ash::khr::get_memory_requirements2::Device::new(sim.instance(), sim.device());
    // SAFETY: as above; the H200 lists the extension.
    unsafe { alias.get_buffer_memory_requirements2(&info, &mut needs) };
    sim.destroy(&[buffer], &[], &[memory]);
    let counts = sim.counts().since(&before);
    assert_eq!(counts.of(Call::CreateBuffer), 1);
    assert_eq!(counts.of(Call::BindBufferMemory), 1);
    assert_eq!(counts.of(Call::GetBufferMemoryRequirements2), 2, "with its alias");
    assert_eq!(counts.of(Call::MapMemory), 0);
    let asked = counts.of(Call::GetDeviceProcAddr);
    assert_eq!(counts.total() - asked, 7, "{counts:?}");
    sim.reset_counts();
    assert_eq!(sim.counts().total(), 0);
    assert_eq!(broken(&sim), []);
}

#[test]
fn the_journal_says_what_was_asked_and_answered() {
    let sim = SimDevice::new(small()).unwrap();
    sim.start_journal();
    let (buffer, memory) = (sim.buffer(100), sim.memory(4096, COHERENT));
    assert_eq!(sim.try_bind(buffer, memory, 256), vk::Result::SUCCESS);
    sim.fail(Call::MapMemory, 1, vk::Result::ERROR_MEMORY_MAP_FAILED);
    assert!(sim.try_map(memory).is_err());
    sim.destroy(&[buffer], &[], &[memory]);
    let journal = sim.stop_journal();
    let calls: Vec<_> = journal.iter().map(|entry| entry.call).collect();
    let expected = [
        Call::CreateBuffer,
        Call::AllocateMemory,
        Call::BindBufferMemory,
        Call::MapMemory,
        Call::DestroyBuffer,
        Call::FreeMemory,
    ];
    assert_eq!(calls, expected);
    let bind = journal[2];
    assert_eq!((bind.object, bind.memory), (buffer.as_raw(), memory.as_raw()));
    assert_eq!((bind.offset, bind.size), (256, 112), "the size that it needs");
    assert_eq!(journal[3].result, vk::Result::ERROR_MEMORY_MAP_FAILED);
    let memory = sim.memory(64, LOCAL);
    sim.destroy(&[], &[], &[memory]);
    assert_eq!(sim.journal(), [], "it was stopped");
}

#[test]
fn names_of_calls_are_those_of_vulkan() {
    assert_eq!(Call::AllocateMemory.to_string(), "vkAllocateMemory");
    assert!(Call::AllocateMemory.can_fail() && !Call::FreeMemory.can_fail());
    assert_eq!(Call::ALL.last(), Some(&Call::Unsupported));
}
