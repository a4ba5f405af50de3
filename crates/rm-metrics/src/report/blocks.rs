//! Memory objects and what lies in them.

use rm_alloc_core::AllocatorReport;
use serde::Serialize;

use super::shown;

/// One memory object.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct ReportBlock {
    /// Who it belongs to.
    #[serde(serialize_with = "shown::label")]
    pub allocator: String,
    /// Index of its heap.
    pub heap: u32,
    /// Index of its memory type.
    pub memory_type: u32,
    /// Size in bytes.
    pub size: u64,
    /// Whether it belongs to one resource alone.
    pub dedicated: bool,
    /// What lies in it, by offset and without overlaps; what no range covers is shown as free.
    pub ranges: Vec<ReportRange>,
}

/// A part of a memory object.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct ReportRange {
    /// Where it begins, in bytes from the start of the block.
    pub offset: u64,
    /// Size in bytes.
    pub size: u64,
    /// What lies there.
    pub kind: RangeKind,
    /// The label of the request.
    #[serde(serialize_with = "shown::maybe_label")]
    pub label: Option<String>,
    /// The tag of the request.
    pub tag: Option<u32>,
    /// Number of the frame in which it was made.
    pub since_frame: Option<u64>,
    /// Nanoseconds since it was made.
    pub age_ns: Option<u64>,
}

/// What lies in a range.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum RangeKind {
    /// Resources that share it, one after the other.
    Alias,
    /// A buffer.
    Buffer,
    /// Nothing.
    Free,
    /// An image.
    Image,
    /// Memory that the caller manages.
    Raw,
    /// Something; nobody says what.
    #[default]
    Used,
}

impl ReportBlock {
    /// The blocks of `report`, in its order. An allocator does not know what its ranges are for: they are
    /// [`Used`](RangeKind::Used) or [`Free`](RangeKind::Free), without tag and age.
    pub fn of(report: &AllocatorReport) -> Vec<Self> {
        let block = |block: &rm_alloc_core::BlockReport| Self {
            allocator: report.allocator.clone().into(),
            heap: block.heap,
            memory_type: block.memory_type,
            size: block.size,
            dedicated: block.dedicated,
            ranges: block.ranges.iter().map(ReportRange::from).collect(),
        };
        report.blocks.iter().map(block).collect()
    }
}

impl From<&rm_alloc_core::RangeReport> for ReportRange {
    fn from(range: &rm_alloc_core::RangeReport) -> Self {
        Self {
            offset: range.offset,
            size: range.size,
            kind: if range.used { RangeKind::Used } else { RangeKind::Free },
            label: range.label.as_deref().map(str::to_owned),
            ..Self::default()
        }
    }
}
