//! At the edges: wishes without end, allocators that boast, files of others, and disks that fill up halfway.

use std::{fs, io::Write, process, sync::Arc};

use ash::vk::MAX_MEMORY_HEAPS;
use rm_alloc_core::{
    Allocation, AllocatorCapabilities, AllocatorReport, AllocatorStats, BlockReport, BudgetConfig,
    DeviceBudgetManager, DeviceContext, HeapStats, MemoryAllocator, MemoryError, MemoryObserver,
    MemoryRequest, RangeReport, Tag,
};
use rm_alloc_native::NativeAllocator;
use rm_metrics::{
    AllocationTracker, CsvWriter, Dump, MetricsCollector, MetricsConfig, MetricsError, OutputFile,
};
use rm_vksim::Profile;

use crate::support::{Bare, Folder, MIB, columns, context, free, manager, request, strict};

/// A window without end tells its newest snapshot like any other.
#[test]
fn a_window_without_end_knows_its_latest_snapshot() {
    let (manager, _sim) = manager(BudgetConfig::default());
    let config = MetricsConfig::default().window(usize::MAX);
    let mut metrics = MetricsCollector::new(&manager, config);
    for frame in 0..4 {
        metrics.end_frame();
        assert_eq!(metrics.latest().map(|it| it.frame.frame), Some(frame));
    }
    for frames in 1..4 {
        let config = MetricsConfig::default().window(frames);
        let mut metrics = MetricsCollector::new(&manager, config);
        for _ in 0..7 {
            let frame = metrics.end_frame().frame.frame;
            assert_eq!(metrics.latest().map(|it| it.frame.frame), Some(frame), "of {frames}");
        }
    }
}

/// A collector that comes late counts frames as the manager does, from the first event on.
#[test]
fn events_of_a_late_collector_belong_to_the_managers_frame() {
    let (manager, _sim) = manager(strict(4 * MIB));
    for _ in 0..5 {
        manager.end_frame();
    }
    let mut metrics = MetricsCollector::new(&manager, MetricsConfig::default());
    manager.allocate_buffer(&request(8 * MIB)).unwrap_err();
    assert_eq!(metrics.events().take()[0].frame, 5);
    assert_eq!(metrics.end_frame().frame.frame, 5);
    manager.allocate_buffer(&request(8 * MIB)).unwrap_err();
    assert_eq!(metrics.events().take()[0].frame, 6);
}

/// Says that it has two blocks of every byte there is.
#[derive(Debug)]
struct Boastful(Bare);

// SAFETY: `Bare` does the work.
unsafe impl MemoryAllocator for Boastful {
    fn context(&self) -> &Arc<DeviceContext> {
        self.0.context()
    }

    fn capabilities(&self) -> AllocatorCapabilities {
        AllocatorCapabilities::REPORT
    }

    fn allocate(&self, request: &MemoryRequest<'_>) -> Result<Allocation, MemoryError> {
        self.0.allocate(request)
    }

    unsafe fn free(&self, allocation: Allocation) {
        // SAFETY: it came from `allocate`, which got it there.
        unsafe { self.0.free(allocation) };
    }

    fn stats(&self) -> AllocatorStats {
        AllocatorStats { heaps: [HeapStats::default(); MAX_MEMORY_HEAPS] }
    }

    fn report(&self) -> AllocatorReport {
        let range = |offset, used| RangeReport { offset, size: u64::MAX / 2, used, label: None };
        let block = BlockReport {
            memory_type: 0,
            heap: 0,
            size: u64::MAX,
            dedicated: false,
            ranges: vec![range(0, true), range(u64::MAX / 2, false)],
        };
        let mut report = AllocatorReport::of("boastful");
        report.blocks = vec![block.clone(), block.clone(), block];
        report
    }
}

/// Whoever got the bytes since the dump does not lend its tag to whoever had them.
#[test]
fn a_dump_described_late_does_not_mix_two_that_shared_a_place() {
    let (context, _sim) = context(Profile::desktop_rebar(), false);
    let allocator = Arc::new(NativeAllocator::new(&context).unwrap());
    let manager = DeviceBudgetManager::new(allocator, BudgetConfig::default()).unwrap();
    let tracker = Arc::new(AllocationTracker::new());
    let observer: Arc<dyn MemoryObserver> = tracker.clone();
    manager.observe(&observer);
    let made = |label, tag| {
        let wanted = request(MIB).label(label).tag(Tag(tag));
        manager.allocate_buffer(&wanted).unwrap()
    };
    let dump = || {
        let mut dump = Dump::take(&manager).unwrap();
        dump.describe(&tracker);
        dump
    };
    let found = |dump: &Dump, label: &str| {
        let mut all =
            dump.blocks().flat_map(|block| block.ranges.iter().map(|it| (block.memory, it)));
        let (memory, range) = all.find(|(_, it)| it.label.as_deref() == Some(label)).unwrap();
        (memory, range.offset, range.origin.map(|origin| origin.tag))
    };
    // Keeps the block.
    let (keeper, first) = (made("keeper", 1), made("first", 2));
    let mut early = dump();
    let (memory, offset, tag) = found(&early, "first");
    assert_eq!(tag, Some(Tag(2)));
    free(&manager, first);
    let second = made("second", 3);
    assert_eq!(found(&dump(), "second"), (memory, offset, Some(Tag(3))), "it shares the place");
    early.describe(&tracker);
    assert_eq!(found(&early, "first").2, None);
    assert_eq!(found(&early, "keeper").2, Some(Tag(1)));
    [keeper, second].into_iter().for_each(|buffer| free(&manager, buffer));
}

/// Sums over what an allocator says stop at the greatest number.
#[test]
fn a_dump_of_more_bytes_than_there_are_is_written() {
    let (manager, _sim) = manager(BudgetConfig::default());
    let mut dump = Dump::take(&manager).unwrap();
    dump.add(&Boastful(Bare(Arc::clone(manager.context())))).unwrap();
    assert_eq!(dump.fragmentation(None).free_bytes, u64::MAX);
    let text = dump.write(Vec::new()).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(json["Total"]["BlockBytes"], u64::MAX);
    assert_eq!(json["Total"]["AllocationBytes"], u64::MAX);
}

/// What a killed process left beside, under a number that is ours now, is in nobody's way and stays as it is.
#[test]
fn files_left_behind_by_others_are_passed_over() {
    let folder = Folder::new();
    let left = |number| folder.file(&format!(".rm-metrics-{}-{number}.partial", process::id()));
    (0..2000).for_each(|number| fs::write(left(number), "theirs").unwrap());
    let mut file = OutputFile::create(&folder.file("metrics.csv")).unwrap();
    file.write_all(b"ours").unwrap();
    file.finish().unwrap();
    assert_eq!(fs::read_to_string(folder.file("metrics.csv")).unwrap(), "ours");
    assert!((0..2000).all(|number| fs::read_to_string(left(number)).unwrap() == "theirs"));
}

/// A file that others may not read stays one when it is written anew.
#[cfg(unix)]
#[test]
fn a_private_file_stays_private() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::new();
    let path = folder.file("metrics.csv");
    for mode in [0o600, 0o640, 0o664] {
        fs::write(&path, "before").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let file = OutputFile::create(&path).unwrap();
        for entry in fs::read_dir(path.parent().unwrap()).unwrap() {
            let beside = entry.unwrap().metadata().unwrap().permissions().mode();
            assert_eq!(beside & 0o777, mode, "not even while it grows");
        }
        file.finish().unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, mode);
    }
}

/// A link to a file that is not there yet stays a link, and the file is made.
#[cfg(unix)]
#[test]
fn a_link_to_a_missing_file_is_followed() {
    let folder = Folder::new();
    fs::create_dir(folder.file("inside")).unwrap();
    let link = |to: &str, name| std::os::unix::fs::symlink(to, folder.file(name)).unwrap();
    let is_link = |name| fs::symlink_metadata(folder.file(name)).unwrap().is_symlink();
    link("inside/real", "link");
    link("link", "link to it");
    OutputFile::create(&folder.file("link to it")).unwrap().finish().unwrap();
    assert!(is_link("link") && is_link("link to it"));
    assert!(folder.file("inside/real").is_file());
    assert_eq!(folder.names(), ["inside", "link", "link to it"]);
    // Links that go round lead nowhere, and stay.
    link("two", "one");
    link("one", "two");
    let error = OutputFile::create(&folder.file("one")).unwrap_err();
    assert!(matches!(error, MetricsError::Unwritable { .. }), "{error:?}");
    assert!(is_link("one") && is_link("two"));
}

/// A disk that fills up in the middle of a table is named for what it is, as at its end.
#[test]
fn a_disk_that_fills_up_halfway_says_what_to_do() {
    struct Full(usize);

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(std::io::ErrorKind::StorageFull)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let (manager, _sim) = manager(BudgetConfig::default());
    let mut metrics = MetricsCollector::new(&manager, MetricsConfig::default());
    let columns = columns(&metrics, &["frame", "used_bytes"]);
    metrics.end_frame();
    let mut csv = CsvWriter::new(Full(1 << 16), columns, &[]).unwrap();
    let error = (0..1 << 16).find_map(|_| csv.add(metrics.latest().unwrap()).err()).unwrap();
    assert!(matches!(error, MetricsError::Write(_)), "{error:?}");
    assert!(error.to_string().contains("free some space there"), "{error}");
}
