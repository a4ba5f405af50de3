//! The numbers of one account.

/// The figures of one account, in bytes of resources unless said otherwise.
///
/// Resource bytes are what users asked for, as granted; block bytes, what the driver gave, are counted by
/// [`DeviceContext`](crate::DeviceContext).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Figures {
    /// Set aside: what resources were granted, and what attempts under way have asked for.
    pub reserved: u64,
    /// The part of `reserved` that resources really need.
    pub committed: u64,
    /// The part of `reserved` that waits for the device.
    pub retiring: u64,
    /// Most that was reserved at any time.
    pub peak: u64,
    /// Number of resources and blocks, attempts under way included.
    pub count: u64,
    /// The limit, if there is one.
    pub limit: Option<u64>,
}

impl Figures {
    /// Bytes that count against the limit: all that is reserved.
    pub fn used(&self) -> u64 {
        self.reserved
    }

    /// Bytes below the limit; `u64::MAX` minus what is used where there is none.
    pub fn available(&self) -> u64 {
        self.limit.unwrap_or(u64::MAX).saturating_sub(self.used())
    }

    /// Used ÷ limit; 0 without a limit, and where the limit itself is 0 and nothing is used.
    pub fn utilisation(&self) -> f64 {
        match self.limit {
            None => 0.0,
            Some(_) if self.used() == 0 => 0.0,
            Some(0) => f64::INFINITY,
            // A ratio of two counts of bytes: 53 bits are more than enough.
            Some(limit) => self.used() as f64 / limit as f64,
        }
    }

    /// Whether more is used than the limit; exactly full is not over.
    pub fn is_over(&self) -> bool {
        self.limit.is_some_and(|limit| self.used() > limit)
    }
}

/// What one frame did to the device's memory.
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

/// An account that has no room.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct OverBudget {
    /// Bytes asked for.
    pub requested: u64,
    /// Bytes that the tightest account has left.
    pub available: u64,
    /// Bytes of that account that come back once the device is done with them.
    pub retiring: u64,
}
