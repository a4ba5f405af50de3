//! The suite that every backend of `rm-alloc-core` must pass.
//!
//! # What it is
//!
//! [`CASES`], each a function with a promise as its name, in groups: plain memory, the ranking of memory types,
//! mapping, granularity, dedicated memory, limits, statistics, reports, headroom, shortage, a failure injected at every call,
//! a lost device, leaks, threads, decorators, and a seeded model test whose failures shrink to a trace that can be replayed.
//! A backend runs them all on every simulated device of `rm-vksim` with [`conformance_tests!`], and the same cases on a
//! real device with [`run_all`].
//! After every step of every case all promises are checked that can be seen from outside; see `docs/conformance.md`.
//!
//! # What it is not
//!
//! Not a benchmark, and no proof: a backend that passes has kept its promises in these runs.
//! It does not replace the validation layers on a real device.
//!
//! # Limits
//!
//! - Cases that need a fault, another limit or the oracle skip on a real device, and say so.
//! - What a backend lacks by its own [capabilities](rm_alloc_core::AllocatorCapabilities) is skipped, and said so.
//!
//! # Example
//!
//! The whole `tests/conformance.rs` of a backend:
//!
//! ```
//! use std::sync::Arc;
//!
//! use rm_alloc_core::DeviceContext;
//! use rm_alloc_direct::DirectAllocator;
//! use rm_conformance::{Fixture, conformance_tests};
//!
//! fn direct(context: &Arc<DeviceContext>) -> Fixture {
//!     Ok(Arc::new(DirectAllocator::new(context)))
//! }
//!
//! conformance_tests!(direct);
//! # fn main() {}
//! ```

mod case;
pub mod cases;
mod environment;
mod list;
pub mod model;
mod skip;
mod stage;

pub(crate) use self::stage::Stage;
pub use self::{
    case::{Case, Summary, run, run_all, run_group, run_on_every_profile},
    environment::{Environment, Fixture},
    list::{CASES, Group},
    skip::{Outcome, Skip},
};

/// Makes each case a test that runs on every built-in profile, in a module named like the backend.
///
/// `conformance_tests!(direct)` takes the function `direct` as the factory, `conformance_tests!(direct, made::here)`
/// the one at that path.
#[macro_export]
macro_rules! conformance_tests {
    ($backend:ident) => {
        $crate::conformance_tests!($backend, $backend);
    };
    ($module:ident, $($factory:ident)::+) => {
        mod $module {
            $crate::__with_cases!(__tests (super::$($factory)::+));
        }
    };
}

/// Makes each group a test that calls a function of yours with it, in a module named like the function.
///
/// For runs on a device of your own: `conformance_group_tests!(on_my_gpu)` calls `fn on_my_gpu(group: Group)`, which
/// calls [`run_group`] on [`Environment::present`].
#[macro_export]
macro_rules! conformance_group_tests {
    ($run:ident) => {
        mod $run {
            $crate::__with_cases!(__group_tests(super::$run));
        }
    };
}

/// The page `docs/conformance.md`, whose examples are tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/conformance.md")]
#[derive(Debug)]
pub struct ConformancePage;
