//! Any thread may call at any time.

use std::sync::Barrier;

use rm_vksim::{Call, Counts, SimDevice};

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

#[test]
fn every_thread_has_a_count_of_its_own_over_all_devices() {
    let watched = SimDevice::new(small()).unwrap();
    let counting = SimDevice::counting(small()).unwrap();
    let meet = Barrier::new(2);
    let play = |pairs: u64| {
        meet.wait();
        let before = Counts::of_this_thread();
        for _ in 0..pairs {
            for sim in [&watched, &counting] {
                let buffer = sim.buffer(64);
                sim.destroy(&[buffer], &[], &[]);
            }
        }
        Counts::of_this_thread().since(&before)
    };
    let mine = std::thread::scope(|scope| {
        let other = scope.spawn(|| play(300));
        [play(100), other.join().unwrap()]
    });
    for (counts, pairs) in mine.iter().zip([100, 300]) {
        assert_eq!(counts.of(Call::CreateBuffer), 2 * pairs, "on both devices");
        assert_eq!(counts.total(), 4 * pairs, "nothing of the other thread: {counts:?}");
    }
    assert_eq!(watched.counts().of(Call::CreateBuffer), 400, "the device counts both");
    watched.reset_counts();
    let before = Counts::of_this_thread();
    assert_eq!(Counts::of_this_thread().since(&before).total(), 0);
    assert_eq!(std::thread::spawn(Counts::of_this_thread).join().unwrap().total(), 0, "a new one");
}
