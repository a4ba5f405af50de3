//! How a manager is set up.

/// The set-up of a [`DeviceBudgetManager`](crate::DeviceBudgetManager).
///
/// Budget, limits, quota and strictness can change later.
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BudgetConfig {
    /// Budget of device memory in bytes, over all device-local heaps; 0 follows what the driver says.
    ///
    /// A window onto device memory, through which the host sees a part of it, adds nothing to what the driver says, and
    /// what is taken there is paid for all the same.
    pub device_memory_budget: u64,
    /// Bytes that may be staged at a time.
    pub staging_quota: u64,
    /// Whether these limits refuse; without, they only judge. A policy's own limit always refuses.
    pub strict: bool,
    /// Limits of single heaps, as index and bytes; all others follow what the driver says.
    pub heap_limits: Vec<(u32, u64)>,
    /// Warning line, in per cent of a limit.
    pub warning_percent: u8,
    /// Bytes that a frame may take before [`MemoryEvent::FrameThreshold`](crate::MemoryEvent::FrameThreshold) is told of.
    pub frame_threshold: Option<u64>,
}

impl Default for BudgetConfig {
    /// The driver's budget, not strict, 256 MiB to stage, a warning at 75 %.
    fn default() -> Self {
        Self {
            device_memory_budget: 0,
            staging_quota: 256 << 20,
            strict: false,
            heap_limits: Vec::new(),
            warning_percent: 75,
            frame_threshold: None,
        }
    }
}
