//! Any thread may call at any time.

use rm_vksim::{Call, SimDevice};

use crate::support::{LOCAL, Quick, broken, small};

#[test]
fn threads_share_a_device_and_every_call_is_counted() {
    let mut profile = small();
    profile.limits.max_memory_allocation_count = 4096;
    let watched = SimDevice::new(profile.clone()).unwrap();
    let counting = SimDevice::counting(profile).unwrap();
    for sim in [watched, counting] {
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let sim = &sim;
                scope.spawn(move || {
                    for size in 1..500 {
                        let buffer = sim.buffer(size * 16);
                        // SAFETY: the buffer is live.
                        let needs = unsafe { sim.device().get_buffer_memory_requirements(buffer) };
                        assert_eq!(needs.size, size * 16, "thread {thread}");
                        let memory = sim.memory(needs.size, LOCAL);
                        let bound = sim.try_bind(buffer, memory, 0);
                        assert_eq!(bound, ash::vk::Result::SUCCESS);
                        sim.destroy(&[buffer], &[], &[memory]);
                    }
                });
            }
        });
        for call in [Call::CreateBuffer, Call::BindBufferMemory, Call::FreeMemory] {
            assert_eq!(sim.counts().of(call), 4 * 499, "{call}");
        }
        assert_eq!(sim.heap_usage(0), 0);
        assert_eq!(broken(&sim), []);
    }
}
