//! The layout itself: keys and nesting as VMA's `vmaBuildStatsString` has them.

use std::io::{self, Write};

use ash::vk::{
    MemoryHeapFlags as Heap, MemoryPropertyFlags as Type, api_version_major, api_version_minor,
};
use rm_alloc_core::ParcelKind;

use super::{Dump, DumpBlock, DumpPool, DumpRange};
use crate::json::Json;

const HEAP_FLAGS: [(Heap, &str); 2] =
    [(Heap::DEVICE_LOCAL, "DEVICE_LOCAL"), (Heap::MULTI_INSTANCE, "MULTI_INSTANCE")];

const TYPE_FLAGS: [(Type, &str); 8] = [
    (Type::DEVICE_LOCAL, "DEVICE_LOCAL"),
    (Type::HOST_VISIBLE, "HOST_VISIBLE"),
    (Type::HOST_COHERENT, "HOST_COHERENT"),
    (Type::HOST_CACHED, "HOST_CACHED"),
    (Type::LAZILY_ALLOCATED, "LAZILY_ALLOCATED"),
    (Type::PROTECTED, "PROTECTED"),
    (Type::DEVICE_COHERENT_AMD, "DEVICE_COHERENT_AMD"),
    (Type::DEVICE_UNCACHED_AMD, "DEVICE_UNCACHED_AMD"),
];

/// The sums of some blocks.
#[derive(Debug, Default)]
struct Sums {
    blocks: u64,
    block_bytes: u64,
    used: Spread,
    free: Spread,
}

/// Ranges of one kind.
#[derive(Debug, Default)]
struct Spread {
    count: u64,
    bytes: u64,
    min: u64,
    max: u64,
}

pub(super) fn write<W: Write>(dump: &Dump, json: &mut Json<W>) -> io::Result<()> {
    json.object()?;
    general(dump, json)?;
    json.key("Total")?;
    Sums::of(dump.blocks()).write(json)?;
    json.key("MemoryInfo")?;
    json.object()?;
    for (index, heap) in (0..).zip(&dump.budget.heaps) {
        json.key(&format!("Heap {index}"))?;
        json.object()?;
        json.key("Flags")?;
        let table = dump.context.memory_properties();
        let held = table.memory_heaps[index as usize].flags;
        flags(json, HEAP_FLAGS.iter().filter(|(flag, _)| held.contains(*flag)).map(|(_, it)| it))?;
        json.key_number("Size", heap.size)?;
        json.key("Budget")?;
        json.object()?;
        json.key_number("BudgetBytes", heap.driver_budget)?;
        json.key_number("UsageBytes", heap.driver_usage)?;
        json.end()?;
        json.key("Stats")?;
        Sums::of(dump.blocks().filter(|block| block.heap == index)).write(json)?;
        types(dump, json, index)?;
        json.end()?;
    }
    json.end()?;
    let types = dump.context.memory_properties().memory_type_count;
    default_pools(dump, json, types)?;
    custom_pools(dump, json, types)?;
    json.end()
}

fn general<W: Write>(dump: &Dump, json: &mut Json<W>) -> io::Result<()> {
    let (context, limits) = (&dump.context, dump.context.limits());
    let version = context.api_version();
    json.key("General")?;
    json.object()?;
    json.key_string("API", "Vulkan")?;
    let (major, minor) = (api_version_major(version), api_version_minor(version));
    json.key_string("apiVersion", &format!("{major}.{minor}.0"))?;
    json.key_string("GPU", dump.gpu.as_deref().unwrap_or("unknown"))?;
    json.key_number("maxMemoryAllocationCount", limits.max_allocation_count.into())?;
    json.key_number("bufferImageGranularity", limits.buffer_image_granularity)?;
    json.key_number("nonCoherentAtomSize", limits.non_coherent_atom_size)?;
    json.key_number("memoryHeapCount", context.memory_properties().memory_heap_count.into())?;
    json.key_number("memoryTypeCount", context.memory_properties().memory_type_count.into())?;
    json.end()
}

/// The memory types of `heap`.
fn types<W: Write>(dump: &Dump, json: &mut Json<W>, heap: u32) -> io::Result<()> {
    json.key("MemoryPools")?;
    json.object()?;
    let types = dump.context.memory_properties().memory_types_as_slice();
    for (index, it) in (0..).zip(types).filter(|(_, it)| it.heap_index == heap) {
        json.key(&format!("Type {index}"))?;
        json.object()?;
        json.key("Flags")?;
        let held = TYPE_FLAGS.iter().filter(|(flag, _)| it.property_flags.contains(*flag));
        flags(json, held.map(|(_, name)| name))?;
        json.key("Stats")?;
        Sums::of(dump.blocks().filter(|block| block.memory_type == index)).write(json)?;
        json.end()?;
    }
    json.end()
}

fn default_pools<W: Write>(dump: &Dump, json: &mut Json<W>, types: u32) -> io::Result<()> {
    json.key("DefaultPools")?;
    json.object()?;
    for index in 0..types {
        json.key(&format!("Type {index}"))?;
        json.object()?;
        pool(json, dump.pools.first(), index)?;
        json.end()?;
    }
    json.end()
}

fn custom_pools<W: Write>(dump: &Dump, json: &mut Json<W>, types: u32) -> io::Result<()> {
    json.key("CustomPools")?;
    json.object()?;
    for index in 0..types {
        let here = |report: &&DumpPool| blocks_of(report, index).next().is_some();
        let mut pools = dump.pools.iter().skip(1).filter(here).enumerate().peekable();
        if pools.peek().is_none() {
            continue;
        }
        json.key(&format!("Type {index}"))?;
        json.array()?;
        for (number, report) in pools {
            json.object()?;
            json.key_string("Name", &format!("{number} - {}", report.allocator))?;
            pool(json, Some(report), index)?;
            json.end()?;
        }
        json.end()?;
    }
    json.end()
}

/// The blocks of one memory type: shared ones by number, then those that belong to one resource alone.
fn pool<W: Write>(
    json: &mut Json<W>,
    report: Option<&DumpPool>,
    memory_type: u32,
) -> io::Result<()> {
    let blocks = || report.into_iter().flat_map(|report| blocks_of(report, memory_type));
    json.key("Blocks")?;
    json.object()?;
    for (number, block) in blocks().filter(|block| !block.dedicated).enumerate() {
        json.line()?;
        json.key(&number.to_string())?;
        json.object()?;
        let Sums { used, free, .. } = Sums::of(std::iter::once(block));
        json.key_number("TotalBytes", block.size)?;
        json.key_number("UnusedBytes", free.bytes)?;
        json.key_number("Allocations", used.count)?;
        json.key_number("UnusedRanges", free.count)?;
        json.key("Suballocations")?;
        json.array()?;
        for it in &block.ranges {
            json.line()?;
            json.object()?;
            json.key_number("Offset", it.offset)?;
            range(json, it)?;
            json.end()?;
        }
        json.end()?;
        json.end()?;
    }
    json.end()?;
    json.key("DedicatedAllocations")?;
    json.array()?;
    let dedicated = blocks().filter(|block| block.dedicated);
    for it in dedicated.flat_map(|block| &block.ranges).filter(|range| range.used) {
        json.line()?;
        json.object()?;
        range(json, it)?;
        json.end()?;
    }
    json.end()
}

fn range<W: Write>(json: &mut Json<W>, range: &DumpRange) -> io::Result<()> {
    let kind = match range.origin.map(|origin| origin.kind) {
        _ if !range.used => "FREE",
        Some(ParcelKind::Buffer) => "BUFFER",
        Some(ParcelKind::Image) => "IMAGE_UNKNOWN",
        Some(ParcelKind::Raw) | None => "UNKNOWN",
    };
    json.key_string("Type", kind)?;
    json.key_number("Size", range.size)?;
    if range.used {
        json.key_number("Usage", 0)?;
    }
    match &range.label {
        Some(label) => json.key_string("Name", label),
        None => Ok(()),
    }
}

fn flags<'a, W: Write>(
    json: &mut Json<W>,
    names: impl Iterator<Item = &'a &'a str>,
) -> io::Result<()> {
    json.array()?;
    for name in names {
        json.string(name)?;
    }
    json.end()
}

fn blocks_of(report: &DumpPool, memory_type: u32) -> impl Iterator<Item = &DumpBlock> {
    report.blocks.iter().filter(move |block| block.memory_type == memory_type)
}

impl Sums {
    fn of<'a>(blocks: impl Iterator<Item = &'a DumpBlock>) -> Self {
        let mut sums = Self::default();
        for block in blocks {
            sums.blocks += 1;
            sums.block_bytes = sums.block_bytes.saturating_add(block.size);
            for range in &block.ranges {
                let spread = if range.used { &mut sums.used } else { &mut sums.free };
                spread.add(range.size);
            }
        }
        sums
    }

    fn write<W: Write>(&self, json: &mut Json<W>) -> io::Result<()> {
        let Self { blocks, block_bytes, used, free } = self;
        json.object()?;
        json.key_number("BlockCount", *blocks)?;
        json.key_number("BlockBytes", *block_bytes)?;
        json.key_number("AllocationCount", used.count)?;
        json.key_number("AllocationBytes", used.bytes)?;
        json.key_number("UnusedRangeCount", free.count)?;
        if used.count > 1 {
            json.key_number("AllocationSizeMin", used.min)?;
            json.key_number("AllocationSizeMax", used.max)?;
        }
        if free.count > 1 {
            json.key_number("UnusedRangeSizeMin", free.min)?;
            json.key_number("UnusedRangeSizeMax", free.max)?;
        }
        json.end()
    }
}

impl Spread {
    fn add(&mut self, size: u64) {
        self.min = if self.count == 0 { size } else { self.min.min(size) };
        self.max = self.max.max(size);
        self.count += 1;
        self.bytes = self.bytes.saturating_add(size);
    }
}
