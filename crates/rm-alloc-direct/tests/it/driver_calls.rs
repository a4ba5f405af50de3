//! Behaviour 38: the pass-through costs exactly the driver calls that `docs/driver-calls.md` lists.

use std::{collections::BTreeMap, fs, path::Path};

use ash::vk::{BufferUsageFlags, Format, ImageUsageFlags};
use rm_alloc_core::{
    AllocationError, BufferRequest, ImageRequest, MemoryAllocatorExt, MemoryFeatures,
    MemoryLocation,
};
use rm_alloc_direct::DirectAllocator;
use rm_headless::{
    HeadlessOptions,
    calls::{self, Call, Counts},
    testing::with_options,
};

/// One column of the table: a resource that is made and freed again.
enum Pair {
    Buffer(BufferRequest<'static>),
    Image(ImageRequest<'static>),
}

impl Pair {
    fn run(self, allocator: &DirectAllocator) -> Result<(), AllocationError> {
        match self {
            Self::Buffer(request) => {
                let buffer = allocator.allocate_buffer(&request)?;
                // SAFETY: it came from this allocator, and the device never used it.
                unsafe { allocator.free_buffer(buffer) };
            }
            Self::Image(request) => {
                let image = allocator.allocate_image(&request)?;
                // SAFETY: it came from this allocator, and the device never used it.
                unsafe { allocator.free_image(image) };
            }
        }
        Ok(())
    }
}

/// The table's columns, in its order.
fn columns() -> Vec<(&'static str, Pair)> {
    let buffer = BufferRequest::new(64 << 10, BufferUsageFlags::STORAGE_BUFFER);
    let image = ImageRequest::new_2d(Format::R8G8B8A8_UNORM, 64, 64, ImageUsageFlags::SAMPLED);
    vec![
        ("buffer", Pair::Buffer(buffer.clone())),
        ("buffer, dedicated", Pair::Buffer(buffer.clone().dedicated())),
        ("buffer, mapped", Pair::Buffer(buffer.clone().location(MemoryLocation::HostVisible))),
        ("buffer, device address", Pair::Buffer(buffer.device_address())),
        ("image", Pair::Image(image.clone())),
        ("image, dedicated", Pair::Image(image.dedicated())),
    ]
}

/// Calls by name, those of the table's left column and no others.
fn by_name(counts: &Counts) -> BTreeMap<String, u64> {
    let made = Call::ALL.iter().filter(|call| counts.of(**call) > 0);
    made.map(|call| (call.to_string(), counts.of(*call))).collect()
}

/// The table in the documentation, a map of calls a column.
fn documented() -> Vec<(String, BTreeMap<String, u64>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/driver-calls.md");
    let text = fs::read_to_string(path).expect("the page is part of the project");
    let mut rows = text.lines().filter(|line| line.starts_with('|')).map(|line| {
        line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>()
    });
    let head = rows.next().expect("the table has a head");
    let mut columns: Vec<_> =
        head.into_iter().skip(1).map(|name| (name, BTreeMap::new())).collect();
    for row in rows.skip(1) {
        let call = row[0].trim_matches('`').to_owned();
        for (cell, (_, calls)) in row[1..].iter().zip(&mut columns) {
            let count = cell.parse().unwrap_or_else(|_| panic!("`{cell}` in the row of {call}"));
            if count > 0 && call != "total" {
                calls.insert(call.clone(), count);
            }
        }
    }
    columns
}

/// Behaviour 38: the documented table is what is measured, column by column.
#[test]
fn each_pair_costs_what_the_table_says() {
    with_options(&HeadlessOptions::default(), |device, _| {
        let context = device.counted_context(|_| ()).unwrap();
        let allocator = DirectAllocator::new(&context);
        let documented = documented();
        let names: Vec<_> = documented.iter().map(|(name, _)| name.as_str()).collect();
        let columns = columns();
        assert_eq!(names, columns.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        for ((name, pair), (_, expected)) in columns.into_iter().zip(documented) {
            let feature = MemoryFeatures::BUFFER_DEVICE_ADDRESS;
            if name.contains("address") && !context.features().contains(feature) {
                continue;
            }
            let (made, counts) = calls::counting(|| pair.run(&allocator));
            made.unwrap();
            assert_eq!(by_name(&counts), expected, "{name}");
        }
    });
}
