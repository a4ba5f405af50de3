//! What comes out: offsets, peaks, bounds, and what is proven about them.

mod hand_over;
mod verify;

use alloc::vec::Vec;

pub use self::hand_over::HandOver;

/// What is known about a peak.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub enum Proof {
    /// Nothing can be better: so many bytes are live at one time.
    PeakEqualsLowerBound,
    /// Nothing can be better: every plan with a smaller peak was ruled out by search.
    Exhausted,
    /// The search ended before, because of the budget, the deadline, or a capacity that was met.
    BudgetSpent {
        /// The most bytes by which the peak could still be lowered.
        gap: u64,
    },
}

impl Proof {
    /// Nothing can be better.
    pub const fn is_optimal(self) -> bool {
        matches!(self, Self::Exhausted | Self::PeakEqualsLowerBound)
    }

    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::BudgetSpent { gap }, Self::BudgetSpent { gap: more }) => {
                Self::BudgetSpent { gap: gap + more }
            }
            (spent @ Self::BudgetSpent { .. }, _) | (_, spent @ Self::BudgetSpent { .. }) => spent,
            (Self::Exhausted, _) | (_, Self::Exhausted) => Self::Exhausted,
            (Self::PeakEqualsLowerBound, Self::PeakEqualsLowerBound) => self,
        }
    }
}

/// What one group needs.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub struct GroupPlan {
    /// The group.
    pub group: u32,
    /// How many bytes its memory must have.
    pub peak: u64,
    /// How many bytes it needs at least.
    pub lower_bound: u64,
    /// What is known about the peak.
    pub proof: Proof,
}

/// Where every item lies, and what that costs.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[must_use]
pub struct Plan {
    pub(crate) offsets: Vec<u64>,
    // Invariant: by ascending group.
    pub(crate) groups: Vec<GroupPlan>,
    pub(crate) nodes: u64,
    pub(crate) reproducible: bool,
}

impl Plan {
    /// The offset of an item in the memory of its group, in bytes; `None` if there is no such item.
    #[must_use]
    pub fn offset(&self, item: usize) -> Option<u64> {
        self.offsets.get(item).copied()
    }

    /// The offsets of all items in the memory of their groups, in bytes.
    #[must_use]
    pub fn offsets(&self) -> &[u64] {
        &self.offsets
    }

    /// What each group needs, by ascending group.
    #[must_use]
    pub fn groups(&self) -> &[GroupPlan] {
        &self.groups
    }

    /// How many bytes all groups need together.
    #[must_use]
    pub fn peak(&self) -> u64 {
        self.groups.iter().map(|group| group.peak).sum()
    }

    /// How many bytes all groups need at least.
    #[must_use]
    pub fn lower_bound(&self) -> u64 {
        self.groups.iter().map(|group| group.lower_bound).sum()
    }

    /// What is known about the peak: the weakest word of all groups.
    #[must_use]
    pub fn proof(&self) -> Proof {
        self.groups.iter().fold(Proof::PeakEqualsLowerBound, |all, group| all.and(group.proof))
    }

    /// How many nodes were searched.
    #[must_use]
    pub const fn nodes(&self) -> u64 {
        self.nodes
    }

    /// The same problem has this plan again, everywhere: no clock had a say in it.
    #[must_use]
    pub const fn is_reproducible(&self) -> bool {
        self.reproducible
    }
}
