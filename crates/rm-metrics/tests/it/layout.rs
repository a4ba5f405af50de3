//! The layout of VMA's statistics: its own string beside ours, key by key, and what its visualisers read.

use std::{
    collections::BTreeSet,
    ffi::{CStr, c_char, c_void},
};

use ash::vk;
use rm_alloc_core::{BudgetConfig, MemoryLocation};
use rm_metrics::Dump;
use rm_vksim::{Profile, SimDevice};
use serde_json::Value as Json;
use vk_mem::{
    Alloc, AllocationCreateFlags, AllocationCreateInfo, Allocator, AllocatorCreateInfo, MemoryUsage,
};

use crate::support::{KIB, free, manager, request};

/// Keys of VMA's that no report of ours can fill.
const LEFT_OUT: [&str; 4] = ["MapRefCount", "PreferredBlockSize", "deviceType", "CustomData"];

fn number(of: &Json, key: &str) -> u64 {
    of[key].as_u64().unwrap_or_else(|| panic!("{key} of {of}"))
}

/// Everything that VMA's visualisers read, and the sums that VMA keeps: see `ProcessBlock` and the main part of their scripts.
pub(crate) fn is_of_vma(dump: &Json) {
    assert_eq!(dump["General"]["API"], "Vulkan");
    let mut totals = [0; 4];
    let default = dump["DefaultPools"].as_object().unwrap().iter();
    let custom = dump["CustomPools"].as_object().unwrap().iter();
    let custom = custom.flat_map(|(name, pools)| {
        let pools = pools.as_array().unwrap().iter();
        pools.map(move |pool| {
            assert!(pool["Name"].is_string(), "{pool}");
            (name, pool)
        })
    });
    for (name, pool) in default.chain(custom) {
        name.strip_prefix("Type ").unwrap().parse::<u32>().unwrap();
        for (id, block) in pool["Blocks"].as_object().unwrap() {
            id.parse::<u32>().unwrap();
            pieces_fill(block, &mut totals);
        }
        for piece in pool["DedicatedAllocations"].as_array().unwrap() {
            assert!(piece["Usage"].is_u64() && kind(piece) != "FREE", "{piece}");
            totals[0] += 1;
            totals[1] += number(piece, "Size");
            totals[2] += 1;
            totals[3] += number(piece, "Size");
        }
    }
    let keys = ["BlockCount", "BlockBytes", "AllocationCount", "AllocationBytes"];
    assert_eq!(keys.map(|key| number(&dump["Total"], key)), totals);
    let heaps = dump["MemoryInfo"].as_object().unwrap().values();
    let sums = heaps.fold([0; 4], |sums: [u64; 4], heap| {
        let types = heap["MemoryPools"].as_object().unwrap().values();
        let of_types = types.fold([0; 4], |sums: [u64; 4], it| {
            std::array::from_fn(|at| sums[at] + number(&it["Stats"], keys[at]))
        });
        let own = keys.map(|key| number(&heap["Stats"], key));
        assert_eq!(own, of_types, "a heap is the sum of its types");
        std::array::from_fn(|at| sums[at] + own[at])
    });
    assert_eq!(sums, totals, "the whole is the sum of its heaps");
}

/// The pieces of a block lie side by side from its first byte to its last.
fn pieces_fill(block: &Json, totals: &mut [u64; 4]) {
    let (mut end, mut used, mut free, mut unused) = (0, 0, 0, 0);
    for piece in block["Suballocations"].as_array().unwrap() {
        assert_eq!(number(piece, "Offset"), end, "{piece}");
        let size = number(piece, "Size");
        assert!(size > 0, "{piece}");
        end += size;
        if kind(piece) == "FREE" {
            (free, unused) = (free + 1, unused + size);
        } else {
            assert!(piece["Usage"].is_u64(), "{piece}");
            used += 1;
            totals[3] += size;
        }
    }
    assert_eq!(number(block, "TotalBytes"), end);
    assert_eq!(number(block, "UnusedBytes"), unused);
    assert_eq!((number(block, "Allocations"), number(block, "UnusedRanges")), (used, free));
    totals[0] += 1;
    totals[1] += end;
    totals[2] += used;
}

fn kind(piece: &Json) -> &str {
    let kind = piece["Type"].as_str().unwrap();
    let known = ["FREE", "UNKNOWN", "BUFFER", "IMAGE_UNKNOWN", "IMAGE_LINEAR", "IMAGE_OPTIMAL"];
    assert!(known.contains(&kind), "{piece}");
    kind
}

/// Every path of keys in `json`; numbers of heaps, types and blocks are left out.
fn paths(json: &Json, path: &str, into: &mut BTreeSet<String>) {
    match json {
        Json::Object(map) => {
            for (key, value) in map {
                let key = key.trim_end_matches(|c: char| c.is_ascii_digit());
                let path = format!("{path}/{key}");
                into.insert(path.clone());
                paths(value, &path, into);
            }
        }
        Json::Array(values) => values.iter().for_each(|value| paths(value, path, into)),
        _ => {}
    }
}

unsafe extern "C" {
    fn vmaBuildStatsString(allocator: *mut c_void, text: *mut *mut c_char, detailed: u32);
    fn vmaSetAllocationName(allocator: *mut c_void, it: *mut c_void, name: *const c_char);
    fn vmaFreeStatsString(allocator: *mut c_void, text: *mut c_char);
}

/// What VMA itself says of an allocator with a shared block and a dedicated one.
fn vma_sample() -> Json {
    let sim = SimDevice::new(Profile::desktop_rebar()).unwrap();
    let mut info = AllocatorCreateInfo::new(sim.instance(), sim.device(), sim.physical_device());
    info.vulkan_api_version = vk::API_VERSION_1_3;
    // SAFETY: everything is live and belongs together, and outlives the allocator.
    let allocator = unsafe { Allocator::new(info) }.unwrap();
    let pool = vk_mem::PoolCreateInfo::default();
    let allocator = std::sync::Arc::new(allocator);
    let pool = allocator.create_pool(&pool).unwrap();
    let buffer =
        vk::BufferCreateInfo::default().size(64 * KIB).usage(vk::BufferUsageFlags::STORAGE_BUFFER);
    let dedicated = AllocationCreateFlags::DEDICATED_MEMORY;
    let wish = |flags| AllocationCreateInfo {
        usage: MemoryUsage::Auto,
        flags,
        ..AllocationCreateInfo::default()
    };
    let wishes = [AllocationCreateFlags::empty(), AllocationCreateFlags::empty(), dedicated];
    // SAFETY: the structures are valid.
    let made =
        wishes.map(|flags| unsafe { allocator.create_buffer(&buffer, &wish(flags)) }.unwrap());
    // SAFETY: an allocator of `vk-mem` is VMA's handle and nothing else.
    let raw: *mut c_void = unsafe { std::mem::transmute_copy(&*allocator) };
    for (_, allocation) in &made {
        // SAFETY: an allocation of `vk-mem` is VMA's handle and nothing else.
        let named: *mut c_void = unsafe { std::mem::transmute_copy(allocation) };
        // SAFETY: both are live, and VMA copies the name.
        unsafe { vmaSetAllocationName(raw, named, c"named".as_ptr()) };
    }
    let mut text = std::ptr::null_mut();
    // SAFETY: the handle is live, and there is a place for the text.
    unsafe { vmaBuildStatsString(raw, &mut text, 1) };
    // SAFETY: VMA ends its text with a zero.
    let json = serde_json::from_slice(unsafe { CStr::from_ptr(text) }.to_bytes()).unwrap();
    // SAFETY: it came from there.
    unsafe { vmaFreeStatsString(raw, text) };
    for (buffer, mut allocation) in made {
        // SAFETY: made by this allocator, and used by nobody.
        unsafe { allocator.destroy_buffer(buffer, &mut allocation) };
    }
    drop(pool);
    json
}

/// Our dump has the keys of VMA's own string, but for those that no report can fill, and no others.
#[test]
fn keys_are_those_of_vma() {
    let sample = vma_sample();
    is_of_vma(&sample);
    let (context, _sim) = crate::support::context(Profile::desktop_rebar(), false);
    let vma = std::sync::Arc::new(rm_alloc_vma::VmaAllocator::new(&context).unwrap());
    let manager =
        rm_alloc_core::DeviceBudgetManager::new(vma.clone(), BudgetConfig::default()).unwrap();
    let pool = rm_alloc_vma::PoolConfig::new(0, rm_alloc_core::TilingClass::Linear).name("own");
    let pool = std::sync::Arc::new(vma.pool(&pool).unwrap());
    let own = manager.with_allocator(pool.clone()).unwrap();
    let wanted = request(64 * KIB).label("named");
    let buffers = [
        manager.allocate_buffer(&wanted).unwrap(),
        manager.allocate_buffer(&wanted).unwrap(),
        manager.allocate_buffer(&wanted.clone().dedicated()).unwrap(),
        own.allocate_buffer(&wanted).unwrap(),
    ];
    let mut dump = Dump::take(&manager).unwrap().gpu("simulated");
    dump.add(&*pool).unwrap();
    let json: Json = serde_json::from_slice(&dump.write(Vec::new()).unwrap()).unwrap();
    is_of_vma(&json);
    let (mut theirs, mut ours) = (BTreeSet::new(), BTreeSet::new());
    paths(&sample, "", &mut theirs);
    paths(&json, "", &mut ours);
    // Whether there are two of a kind is chance.
    let chance = |path: &String| path.ends_with("Min") || path.ends_with("Max");
    let of_default = |path: &str| path.replacen("CustomPools", "DefaultPools", 1);
    let more: Vec<_> = ours
        .iter()
        .filter(|path| !theirs.contains(*path) && !chance(path))
        .filter(|path| !theirs.contains(&of_default(path)))
        .collect();
    assert_eq!(more, [""; 0], "keys that VMA does not have");
    let less: BTreeSet<_> = theirs
        .iter()
        .filter(|path| !ours.contains(*path) && !chance(path))
        .map(|path| path.rsplit('/').next().unwrap())
        .collect();
    assert!(less.iter().all(|key| LEFT_OUT.contains(key)), "keys that VMA has: {less:?}");
    drop(own);
    buffers.into_iter().for_each(|buffer| free(&manager, buffer));
}

/// The dump of any backend has the layout, empty or full.
#[test]
fn the_dump_of_any_backend_has_the_layout() {
    let (manager, _sim) = manager(BudgetConfig::default());
    let write = || {
        let dump = Dump::take(&manager).unwrap();
        serde_json::from_slice::<Json>(&dump.write(Vec::new()).unwrap()).unwrap()
    };
    is_of_vma(&write());
    let locations = [MemoryLocation::DeviceLocal, MemoryLocation::HostVisible];
    let buffers = locations.map(|location| {
        manager.allocate_buffer(&request(KIB).location(location).label("named")).unwrap()
    });
    let json = write();
    is_of_vma(&json);
    assert_eq!(number(&json["Total"], "AllocationCount"), 2);
    assert_eq!(json.to_string().matches("\"Name\":\"named\"").count(), 2);
    buffers.into_iter().for_each(|buffer| free(&manager, buffer));
}
