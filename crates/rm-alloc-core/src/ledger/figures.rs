//! The numbers of one account.

/// The figures of one account, in bytes of resources unless said otherwise.
///
/// Resource bytes are what users asked for, as granted; block bytes, what the driver gave, are counted by
/// [`DeviceContext`](crate::DeviceContext).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Figures {
    /// What resources and blocks were granted.
    pub reserved: u64,
    /// The part of `reserved` that they really need.
    pub committed: u64,
    /// The part of `reserved` that waits for the device.
    pub retiring: u64,
    /// What attempts under way have set aside beyond `reserved`, where a limit could refuse them.
    pub pending: u64,
    /// Most that was ever `reserved`.
    pub peak: u64,
    /// Number of resources and blocks.
    pub count: u64,
    /// The limit, if there is one.
    pub limit: Option<u64>,
}

impl Figures {
    /// Bytes that are charged: all that is reserved.
    pub fn used(&self) -> u64 {
        self.reserved
    }

    /// Bytes below the limit that nobody has set aside; counts from `u64::MAX` where there is no limit.
    pub fn available(&self) -> u64 {
        self.limit.unwrap_or(u64::MAX).saturating_sub(self.reserved).saturating_sub(self.pending)
    }

    /// Used ÷ limit; 0 without a limit and while nothing is used, infinite where the limit itself is 0.
    pub fn utilisation(&self) -> f64 {
        match self.limit {
            None => 0.0,
            Some(_) if self.reserved == 0 => 0.0,
            // A ratio of two counts of bytes: 53 bits are more than enough.
            Some(limit) => self.reserved as f64 / limit as f64,
        }
    }

    /// Whether more is used than the limit; exactly full is not over.
    pub fn is_over(&self) -> bool {
        self.limit.is_some_and(|limit| self.reserved > limit)
    }

    /// Whether there is room for `bytes` more.
    pub(super) fn admit(&self, scope: BudgetScope, bytes: u64) -> Result<(), OverBudget> {
        let available = self.available();
        if bytes <= available {
            return Ok(());
        }
        let limit = self.limit.unwrap_or(u64::MAX);
        Err(OverBudget { scope, requested: bytes, available, retiring: self.retiring, limit })
    }
}

/// What one frame did to memory, that of the host included.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct FrameDelta {
    /// Number of the frame, counted from 0.
    pub frame: u64,
    /// Bytes charged inside the frame.
    pub allocated_bytes: u64,
    /// Bytes given back inside the frame, those of deferred destruction included.
    pub freed_bytes: u64,
    /// Resources and blocks made inside the frame.
    pub allocations: u64,
    /// Resources and blocks freed inside the frame.
    pub frees: u64,
    /// Used ÷ budget of the device at the end of the frame.
    pub utilisation: f64,
}

impl FrameDelta {
    /// Bytes allocated less bytes freed; saturates.
    pub fn net_bytes(&self) -> i64 {
        let net = i128::from(self.allocated_bytes) - i128::from(self.freed_bytes);
        i64::try_from(net).unwrap_or(if net < 0 { i64::MIN } else { i64::MAX })
    }
}

/// Whose limit it is that refuses.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum BudgetScope {
    /// The budget of device memory.
    Device,
    /// The limit of one heap.
    Heap,
    /// The limit of the installed policy.
    Policy,
}

/// An account that has no room.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct OverBudget {
    /// Whose limit it is.
    pub scope: BudgetScope,
    /// Bytes asked for.
    pub requested: u64,
    /// Bytes that the account has left.
    pub available: u64,
    /// Bytes of the account that come back once the device is done with them.
    pub retiring: u64,
    /// Its limit in bytes: what exceeds that can never be admitted.
    pub limit: u64,
}
