//! Figures over time, one value a frame.

use serde::Serialize;

use super::shown;

/// The memory of one heap, or of the device as a whole, over time. A series that is not known is left empty.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct MemorySeries {
    /// What it is called.
    #[serde(serialize_with = "shown::line")]
    pub name: String,
    /// Index of the heap; `None` for the device as a whole.
    pub heap: Option<u32>,
    /// Size of the heap in bytes; 0 if that is not known.
    pub size_bytes: u64,
    /// Bytes that resources hold.
    pub used_bytes: Vec<u64>,
    /// The part of it that waits for the device.
    pub retiring_bytes: Vec<u64>,
    /// Bytes of memory objects.
    pub block_bytes: Vec<u64>,
    /// The limit that holds; `None` in frames without one.
    pub budget_bytes: Vec<Option<u64>>,
    /// What the process uses, as the driver sees it.
    pub driver_usage_bytes: Vec<u64>,
    /// What each category holds of `used_bytes`; or nothing, and the sum is shown alone.
    pub categories: Vec<CategorySeries>,
}

/// What one category holds over time.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CategorySeries {
    /// What it is called.
    #[serde(serialize_with = "shown::line")]
    pub name: String,
    /// Bytes that its resources hold.
    pub used_bytes: Vec<u64>,
}

/// What was taken and given back within each frame.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ChurnSeries {
    /// Bytes charged.
    pub allocated_bytes: Vec<u64>,
    /// Bytes given back.
    pub freed_bytes: Vec<u64>,
    /// Resources and blocks made.
    pub allocations: Vec<u64>,
    /// Resources and blocks freed.
    pub frees: Vec<u64>,
}

impl MemorySeries {
    /// That of the device as a whole, without a value yet.
    pub fn device() -> Self {
        Self { name: "Device".into(), ..Self::default() }
    }

    /// That of the heap with this index and size, without a value yet.
    pub fn of_heap(heap: u32, size_bytes: u64) -> Self {
        Self { name: format!("Heap {heap}"), heap: Some(heap), size_bytes, ..Self::default() }
    }

    pub(super) fn lengths(&self) -> impl Iterator<Item = (&'static str, usize)> {
        let own = [
            ("used_bytes", self.used_bytes.len()),
            ("retiring_bytes", self.retiring_bytes.len()),
            ("block_bytes", self.block_bytes.len()),
            ("budget_bytes", self.budget_bytes.len()),
            ("driver_usage_bytes", self.driver_usage_bytes.len()),
        ];
        let categories = self.categories.iter();
        own.into_iter().chain(categories.map(|it| ("categories", it.used_bytes.len())))
    }
}

impl ChurnSeries {
    pub(super) fn lengths(&self) -> [(&'static str, usize); 4] {
        [
            ("allocated_bytes", self.allocated_bytes.len()),
            ("freed_bytes", self.freed_bytes.len()),
            ("allocations", self.allocations.len()),
            ("frees", self.frees.len()),
        ]
    }
}
