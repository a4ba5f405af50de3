//! A memory-aliasing planner: lifetimes in; offsets, peak, lower bound and a proof out.
//!
//! # What it is
//!
//! - [`Problem`] holds [items](Item) with a size, an alignment and a lifetime: an interval of passes, or a box over several
//!   queues, which [`Queues`] makes of passes and semaphores.
//! - [`plan()`] gives each an offset so that those that live at the same time share no bytes, with as low a peak as it can find;
//!   [`Plan`] says how low any plan could be, and what is [proven](Proof) about that.
//! - [`Plan::hand_overs`] lists which item follows which in memory: where barriers are needed.
//!   [`Plan::verify`] checks a plan independently of how it was made.
//! - [`Planner`] keeps its buffers, repairs the last plan when little has changed, and improves plans in idle time.
//!
//! # What it is not
//!
//! - It knows nothing of Vulkan: which resources may share memory at all is the caller's to say, by [groups](Item::group),
//!   and barriers are the caller's to record.
//! - It allocates no device memory, and does not reorder passes.
//!
//! # Limits
//!
//! - Sizes, alignments and offsets of a problem add up to less than 2^62 bytes; passes are numbered in 32 bits.
//! - Lowest peaks are searched for up to 2,500 items that live without a gap in time; in larger components the
//!   items of the fullest sections are, and the rest is laid around them. Nothing but the bound proves these.
//! - The same problem has the same plan on every machine: nodes are counted, not time. Only [`Planner::plan_until`] asks a clock.
//! - `no_std` with `alloc`; no `unsafe`. The feature `serde` makes plans and problems readable and writable, and needs `std`.
//!
//! `docs/aliasing.md` of the repository says how it works and what was measured.
//!
//! # Example
//!
//! ```
//! use rm_alias::{Item, Problem, Proof};
//!
//! const MIB: u64 = 1 << 20;
//! let mut problem = Problem::new();
//! let item = |size| Item::new(size, 64 << 10);
//! let normals = problem.push(item(32 * MIB), 0..3); // Written by pass 0, last read by pass 2.
//! let lighting = problem.push(item(64 * MIB), 2..5);
//! let bloom = problem.push(item(16 * MIB), 4..6);
//!
//! let plan = rm_alias::plan(&problem)?;
//! assert_eq!(plan.peak(), 96 * MIB, "normals and lighting live at the same time");
//! assert_eq!(plan.proof(), Proof::PeakEqualsLowerBound);
//! plan.verify(&problem)?;
//!
//! // Bloom lies where the normals were, so it must wait for them.
//! let hand_overs = plan.hand_overs(&problem, false)?;
//! assert_eq!((hand_overs[0].before, hand_overs[0].after), (normals, bloom));
//! # let _ = lighting;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod plan;
mod planner;
mod problem;
mod queues;

mod fit;
mod guided;
mod keys;
mod model;
mod portfolio;
mod search;

mod error;
mod random;

pub use error::{PlanError, VerifyError};
pub use plan::{GroupPlan, HandOver, Plan, Proof};
pub use planner::{How, Planner, Replanned, plan};
pub use problem::{Budget, Item, Placement, Problem, Span, Tiling};
pub use queues::Queues;
