//! A driver that fails at any call.

use ash::vk;
use rm_alloc_core::MemoryLocation;
use rm_lifetime::{RetireAt, TransientAllocator, TransientError, TransientSlice};
use rm_vksim::Profile;

use super::{BLOCK, all, config};
use crate::rig::Rig;

/// Whatever fails is tried once more, after a look at what it has changed.
fn again<T>(
    rig: &Rig,
    transient: &mut dyn TransientAllocator,
    failures: &mut u32,
    mut call: impl FnMut(&mut dyn TransientAllocator) -> Result<T, TransientError>,
) -> T {
    let before =
        (transient.statistics(), rig.manager.stats().used, rig.manager.stats().allocations);
    call(transient).unwrap_or_else(|_| {
        let stats = rig.manager.stats();
        assert_eq!((transient.statistics(), stats.used, stats.allocations), before);
        *failures += 1;
        call(transient).unwrap()
    })
}

/// Three frames that grow; how many calls had to be made again.
fn scenario(rig: &Rig, transient: &mut dyn TransientAllocator) -> u32 {
    let mut failures = 0;
    for round in 0..3_u64 {
        again(rig, transient, &mut failures, |transient| transient.begin_frame());
        let mut pieces: Vec<(TransientSlice, u8)> = Vec::new();
        for size in [100, BLOCK, 200, 3 * BLOCK + round, 300, BLOCK / 2, BLOCK / 2, 400] {
            let byte = u8::try_from(size % 251).unwrap();
            let bytes = vec![byte; usize::try_from(size).unwrap()];
            let push = |transient: &mut dyn TransientAllocator| transient.push(&bytes, 16);
            pieces.push((again(rig, transient, &mut failures, push), byte));
        }
        again(rig, transient, &mut failures, |transient| transient.end_frame(RetireAt::Now));
        for (piece, byte) in pieces {
            assert_eq!(super::byte(&piece, 0), byte);
        }
        rig.finish();
    }
    failures
}

#[test]
fn a_failure_at_any_call_leaves_everything_as_it_was() {
    for index in 0..3 {
        let set_up = || {
            let rig = Rig::new(Profile::arm_noncoherent());
            let [a, b, c] = all(&rig, &config().location(MemoryLocation::HostCached));
            let transient = match index {
                0 => a,
                1 => b,
                _ => c,
            };
            (rig, transient)
        };
        let calls = {
            let (rig, mut transient) = set_up();
            let before = rig.sim.fallible_calls();
            assert_eq!(scenario(&rig, &mut *transient), 0);
            let calls = rig.sim.fallible_calls() - before;
            drop(transient);
            rig.end();
            calls
        };
        assert!(calls > 15, "only {calls} calls can fail");
        let mut failures = 0;
        for nth in 1..=calls {
            let (rig, mut transient) = set_up();
            rig.sim.fail_call_number(nth, vk::Result::ERROR_UNKNOWN);
            failures += scenario(&rig, &mut *transient);
            drop(transient);
            rig.end();
        }
        // Names are cosmetic: what fails there fails silently.
        assert!(failures > 15, "{failures} of {calls} failed");
    }
}

#[test]
fn a_lost_device_does_not_keep_the_memory() {
    for index in 0..3 {
        let rig = Rig::new(Profile::arm_noncoherent());
        let mut transients = all(&rig, &config().location(MemoryLocation::HostCached));
        let transient = &mut transients[index];
        transient.begin_frame().unwrap();
        transient.push(&[1; 100], 1).unwrap();
        rig.sim.lose_device();
        let error = transient.end_frame(RetireAt::Now).unwrap_err();
        assert!(matches!(error, TransientError::Memory(_)), "{error}");
        drop(transients);
        rig.end();
    }
}
