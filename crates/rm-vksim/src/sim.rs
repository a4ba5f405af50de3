//! The simulated device itself, as its dispatchable handles reach it.
//!
//! # Protocol
//!
//! A dispatchable handle is the exposed address of a [`Dispatch`], which holds the address of the one [`Sim`] it
//! belongs to; both are boxed once, written before any handle exists, and freed by the drop of the guard that made
//! them. In between everybody has shared references only, from any thread: what changes is behind the one mutex
//! (plain state; nothing is called out of the crate while it is held) or atomic (counters, see `call.rs`, and the
//! classes of the counting mode, see `counting.rs`). Using a handle after the guard is gone is undefined, as it is
//! after `vkDestroyInstance`.
//!
//! No panic leaves a command: what a command does runs under `catch_unwind`, because unwinding out of an
//! `extern "system"` function aborts the process.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    ptr::{self, NonNull},
    sync::{Mutex, MutexGuard, PoisonError},
};

use ash::vk::{self, Handle};

use crate::{
    Call, Profile, Rule,
    call::Counters,
    counting::Classes,
    state::{Outcome, State, Stop},
    table::Commands,
};

/// What a dispatchable handle points to.
#[derive(Debug)]
pub(crate) struct Dispatch {
    // Invariant: the address of the live `Sim` that owns this.
    sim: *const Sim,
}

/// One simulated instance with one physical device and one device.
#[derive(Debug)]
pub(crate) struct Sim {
    pub(crate) profile: Profile,
    pub(crate) commands: Commands,
    pub(crate) counters: Counters,
    pub(crate) classes: Classes,
    /// Whether this device only counts.
    pub(crate) counting: bool,
    pub(crate) handles: Handles,
    state: Mutex<State>,
}

/// The dispatchable objects.
#[derive(Debug)]
pub(crate) struct Handles {
    // Invariant: instance, physical device, device, then the queues, a family after the other; never moved or resized.
    all: Box<[Dispatch]>,
}

// SAFETY: the pointers in `handles` lead back to the `Sim` itself, of which only shared references are made.
unsafe impl Send for Sim {}
// SAFETY: as above; everything that changes is behind a mutex or atomic.
unsafe impl Sync for Sim {}

impl Sim {
    /// Boxes a device; the caller frees it with `Box::from_raw` once no handle is used any more.
    pub(crate) fn boxed(profile: Profile, counting: bool) -> NonNull<Self> {
        let queues: usize = profile.queue_families.iter().map(|family| family.count as usize).sum();
        let all = (0..3 + queues).map(|_| Dispatch { sim: ptr::null() }).collect();
        let sim = Box::new(Self {
            commands: Commands::new(&profile),
            counters: Counters::new(),
            classes: Classes::new(),
            counting,
            handles: Handles { all },
            state: Mutex::new(State::new(!counting)),
            profile,
        });
        let mut sim = NonNull::from(Box::leak(sim));
        let address = sim.as_ptr().cast_const();
        // SAFETY: just made and known to nobody else.
        let handles = unsafe { &mut sim.as_mut().handles };
        handles.all.iter_mut().for_each(|dispatch| dispatch.sim = address);
        sim
    }

    /// The device behind a dispatchable handle of any kind.
    ///
    /// # Safety
    ///
    /// - `handle` is an instance, physical device, device or queue of a guard that still lives.
    #[inline]
    pub(crate) unsafe fn of<'a>(handle: impl Handle) -> &'a Self {
        let dispatch = ptr::with_exposed_provenance::<Dispatch>(address(handle.as_raw()));
        // SAFETY: the handle is such an address, and its target lives (caller).
        let sim = unsafe { (*dispatch).sim };
        // SAFETY: the device lives (invariant, caller), and only shared references are made of it.
        unsafe { &*sim }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a command that answers with a code.
    pub(crate) fn fallible(
        &self,
        call: Call,
        run: impl FnOnce(&mut State, &Profile) -> Outcome,
    ) -> vk::Result {
        self.counters.bump(call);
        let mut state = self.lock();
        state.begin();
        let fault = state.faults.enter(call);
        let result = match fault {
            Some(code) => code,
            None => match guarded(|| {
                state.check_alive(call)?;
                run(&mut state, &self.profile)
            }) {
                Ok(()) => vk::Result::SUCCESS,
                Err(Stop::Code(code)) => code,
                Err(Stop::Broken(rule, message)) => {
                    state.record(rule, call.name(), message);
                    vk::Result::ERROR_VALIDATION_FAILED_EXT
                }
            },
        };
        state.enter_journal(call, result);
        result
    }

    /// Runs a command without a code; a broken rule leaves only its record.
    pub(crate) fn infallible<T>(
        &self,
        call: Call,
        run: impl FnOnce(&mut State, &Profile) -> Outcome<T>,
    ) -> Option<T> {
        self.counters.bump(call);
        let mut state = self.lock();
        state.begin();
        let outcome = guarded(|| {
            state.check_alive(call)?;
            run(&mut state, &self.profile)
        });
        let answer = match outcome {
            Ok(answer) => Some(answer),
            Err(Stop::Code(_)) => None,
            Err(Stop::Broken(rule, message)) => {
                state.record(rule, call.name(), message);
                None
            }
        };
        state.enter_journal(call, vk::Result::SUCCESS);
        answer
    }
}

impl Handles {
    pub(crate) fn instance(&self) -> vk::Instance {
        vk::Instance::from_raw(self.raw(0))
    }

    pub(crate) fn physical_device(&self) -> vk::PhysicalDevice {
        vk::PhysicalDevice::from_raw(self.raw(1))
    }

    pub(crate) fn device(&self) -> vk::Device {
        vk::Device::from_raw(self.raw(2))
    }

    /// The queue `index` of `family`, if there is one.
    pub(crate) fn queue(&self, profile: &Profile, family: u32, index: u32) -> Option<vk::Queue> {
        let families = &profile.queue_families;
        families.get(family as usize).filter(|family| index < family.count)?;
        let before: u32 = families.iter().take(family as usize).map(|family| family.count).sum();
        Some(vk::Queue::from_raw(self.raw(3 + before as usize + index as usize)))
    }

    fn raw(&self, index: usize) -> u64 {
        ptr::from_ref(&self.all[index]).expose_provenance() as u64
    }
}

/// Turns a panic into the record of a defect.
fn guarded<T>(run: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
        Err(Stop::Broken(Rule::Simulator, "the simulator panicked; see standard error".to_owned()))
    })
}

/// A handle's bits as an address.
#[expect(clippy::cast_possible_truncation, reason = "addresses have 64 bits, checked below")]
fn address(raw: u64) -> usize {
    raw as usize
}

const _: () = assert!(size_of::<usize>() == 8, "handles are addresses of 64 bits");
