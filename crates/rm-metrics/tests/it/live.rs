//! A live view: what is sent is what was collected, to those who may look, and never at the program's cost.

use std::{
    fs,
    io::{Read, Write},
    os::unix::{
        fs::{FileTypeExt, PermissionsExt, symlink},
        net::{UnixListener, UnixStream},
    },
    path::PathBuf,
};

use rm_alloc_core::{BudgetConfig, DeviceBudgetManager};
use rm_headless::heap::allocations_of;
use rm_metrics::{
    Figure, Gauges, LiveReader, LiveSocket, MetricsCollector, MetricsConfig, MetricsError, Unit,
};

use crate::support::{Folder, KIB, free, make, manager};

/// A live view in a folder of its own, with figures that change.
struct Shown {
    folder: Folder,
    manager: DeviceBudgetManager,
    metrics: MetricsCollector,
    live: LiveSocket,
}

impl Shown {
    fn new() -> Self {
        let (manager, _sim) = manager(BudgetConfig::default());
        let mut metrics = MetricsCollector::new(&manager, MetricsConfig::default());
        metrics.register("game", &Gauges::new([Figure::new("draws \"x\"", Unit::Count)], || [7]));
        let folder = Folder::short();
        let live = LiveSocket::bind(&folder.file("live"), "a <game>\n", &metrics).unwrap();
        Self { folder, manager, metrics, live }
    }

    fn path(&self) -> PathBuf {
        self.folder.file("live")
    }

    fn reader(&self) -> LiveReader {
        LiveReader::connect(&self.path()).unwrap()
    }

    fn frame(&mut self) {
        self.metrics.begin_frame();
        let buffer = make(&self.manager, KIB);
        free(&self.manager, buffer);
        self.live.publish(self.metrics.end_frame());
    }
}

/// The reason that a reader gives for what a socket says.
fn refusal(said: &[u8]) -> MetricsError {
    let mut reader = LiveReader::new(said);
    let error = reader.find_map(Result::err).unwrap();
    assert!(reader.next().is_none(), "it has nothing more to say");
    error
}

#[test]
fn readers_get_every_frame_as_it_was_collected() {
    let mut shown = Shown::new();
    let (mut first, mut late) = (shown.reader(), None);
    for number in 0..20 {
        if number == 10 {
            late = Some(shown.reader());
        }
        shown.frame();
        for reader in [&mut first].into_iter().chain(&mut late) {
            let frame = reader.next().unwrap().unwrap();
            assert_eq!((&frame.snapshot, frame.lost), (shown.metrics.latest().unwrap(), 0));
            let hello = reader.hello().unwrap();
            assert_eq!((&*hello.program, hello.version), ("a <game>\n", 1));
            assert_eq!(hello.sources, ["game.draws \"x\""]);
        }
    }
    assert_eq!((shown.live.readers(), shown.live.lost(), shown.live.dropped()), (2, 0, 0));
    drop(late);
    (0..2).for_each(|_| shown.frame());
    assert_eq!(shown.live.readers(), 1, "the other goes on");
    let frames = first.by_ref().take(2).filter(Result::is_ok).count();
    drop(shown);
    assert!(frames == 2 && first.next().is_none(), "the end of the program is the end");
}

#[test]
fn only_the_user_may_connect_and_nothing_is_left_behind() {
    let shown = Shown::new();
    let metadata = fs::symlink_metadata(shown.path()).unwrap();
    assert!(metadata.file_type().is_socket());
    assert_eq!(metadata.permissions().mode() & 0o7777, 0o600);
    assert_eq!(shown.folder.names(), ["live"], "the folder in which it was made is gone");
    let Shown { folder, live, .. } = shown;
    drop(live);
    assert!(folder.names().is_empty(), "{:?}", folder.names());
}

#[test]
fn nothing_but_a_socket_without_a_listener_is_replaced() {
    let (manager, _sim) = manager(BudgetConfig::default());
    let metrics = MetricsCollector::new(&manager, MetricsConfig::default());
    let folder = Folder::short();
    let bind = |name: &str| LiveSocket::bind(&folder.file(name), "game", &metrics);
    fs::write(folder.file("file"), "precious").unwrap();
    symlink(folder.file("nowhere"), folder.file("link")).unwrap();
    let other = UnixListener::bind(folder.file("busy")).unwrap();
    drop(UnixListener::bind(folder.file("stale")).unwrap());
    let before = folder.names();
    let long = "x".repeat(100);
    for (name, advice) in [
        ("file", "choose a path where nothing is"),
        ("link", "choose a path where nothing is"),
        ("busy", "another program listens there"),
        ("no/folder/live", "whether its folder is there"),
        ("..", "choose a shorter path"),
    ] {
        let error = bind(name).unwrap_err();
        assert!(matches!(error, MetricsError::Socket { .. }), "{name}: got {error:?}");
        assert!(error.to_string().contains(advice), "{name}: {error}");
        assert_eq!(folder.names(), before, "nothing has changed");
    }
    fs::create_dir(folder.file(&long)).unwrap();
    let error = bind(&format!("{long}/live")).unwrap_err();
    assert!(error.to_string().contains("choose a shorter path"), "{error}");
    assert_eq!(fs::read(folder.file("file")).unwrap(), b"precious");
    let live = bind("stale").unwrap();
    assert!(LiveReader::connect(live.path()).is_ok());
    assert!(bind("stale").is_err(), "it is not stale any more");
    // Somebody else takes the place; it is theirs then.
    fs::remove_file(folder.file("stale")).unwrap();
    fs::write(folder.file("stale"), "another's").unwrap();
    drop(live);
    assert_eq!(fs::read(folder.file("stale")).unwrap(), b"another's");
    drop(other);
}

#[test]
fn a_slow_reader_loses_frames_and_is_dropped_when_it_stays_slow() {
    let mut shown = Shown::new();
    let mut slow = shown.reader();
    let mut quick = shown.reader();
    let mut frame = |shown: &mut Shown| {
        shown.frame();
        assert_eq!(quick.next().unwrap().unwrap().lost, 0, "nobody else loses anything");
    };
    while shown.live.lost() == 0 {
        frame(&mut shown);
    }
    // It wakes up: what it lost is told with the next frame that finds room. One comes for each that it reads.
    let mut read = 0;
    let told = loop {
        frame(&mut shown);
        let next = slow.next().unwrap().unwrap();
        read += 1;
        if next.lost > 0 {
            break next;
        }
    };
    assert_eq!(told.snapshot.frame.frame + 1, read + told.lost, "every frame was read or lost");
    assert_eq!(shown.live.readers(), 2);
    while shown.live.dropped() == 0 {
        frame(&mut shown);
    }
    assert_eq!((shown.live.readers(), shown.live.dropped()), (1, 1));
    assert!(slow.all(|frame| frame.is_ok()), "what was on its way still comes, and then the end");
}

#[test]
fn what_readers_write_is_ignored() {
    let mut shown = Shown::new();
    let mut writer = UnixStream::connect(shown.path()).unwrap();
    writer.set_nonblocking(true).unwrap();
    // Until nothing more is taken.
    while writer.write(&[b'x'; 4096]).is_ok() {}
    let mut reader = shown.reader();
    for _ in 0..3 {
        shown.frame();
        assert!(reader.next().unwrap().is_ok());
    }
    assert_eq!(shown.live.readers(), 2);
    let mut said = [0; 16];
    writer.read_exact(&mut said).unwrap();
    assert!(said.starts_with(b"{\"format\":"), "it may look like anybody else");
}

#[test]
fn there_are_no_more_readers_than_places() {
    let mut shown = Shown::new();
    let readers: Vec<_> = (0..12).map(|_| shown.reader()).collect();
    (0..3).for_each(|_| shown.frame());
    assert_eq!(shown.live.readers(), 8);
    let served = readers.into_iter().filter_map(|mut reader| reader.next());
    assert_eq!(served.filter(Result::is_ok).count(), 8, "the others are turned away");
}

#[test]
fn a_frame_allocates_nothing_on_the_heap_with_readers_or_without() {
    let mut shown = Shown::new();
    let snapshot = {
        shown.frame();
        shown.metrics.latest().unwrap().clone()
    };
    let live = &mut shown.live;
    assert_eq!(allocations_of(|| (0..1000).for_each(|_| live.publish(&snapshot))), 0);
    let mut reader = LiveReader::connect(live.path()).unwrap();
    live.publish(&snapshot);
    reader.next().unwrap().unwrap();
    assert_eq!(allocations_of(|| (0..1000).for_each(|_| live.publish(&snapshot))), 0);
}

#[test]
fn hostile_sockets_give_errors_and_take_no_memory() {
    let hello = b"{\"format\":\"rm-live\",\"version\":1,\"program\":\"p\",\"sources\":[]}\n";
    let with = |rest: &[u8]| [&hello[..], rest].concat();
    for (said, what) in [
        (&b"HTTP/1.1 400 Bad Request\r\n"[..], "line 1: it does not begin as one"),
        (b"\xff\xfe\n", "line 1: it does not begin as one"),
        (b"{\"format\":\"other\",\"version\":1,\"program\":\"\",\"sources\":[]}\n", "as one"),
        (b"{\"format\":\"rm-live\",\"version\":2,\"program\":\"\",\"sources\":[]}\n", "of another"),
        (b"{\"format\":", "ends in the middle"),
        (&with(b"garbage\n"), "line 2: a line is no frame"),
        (&with(b"{\"lost\":-1,\"snapshot\":{}}\n"), "line 2: a line is no frame"),
        (&with(&[&b"[".repeat(1 << 20)[..], b"\n"].concat()), "a line is no frame"),
    ] {
        let error = refusal(said);
        assert!(matches!(error, MetricsError::NotLive { .. }), "got {error:?}");
        assert!(error.to_string().contains(what), "{error}");
    }
    // A line without end, of which no more is read than a line may have.
    let mut taken = 0;
    let endless = Endless(&mut taken);
    let error = LiveReader::new(endless).next().unwrap().unwrap_err();
    assert!(error.to_string().contains("longer than any of ours"), "{error}");
    assert!(taken <= (4 << 20) + (64 << 10), "{taken} bytes were read");
    assert!(
        LiveReader::new(&hello[..]).next().is_none(),
        "a program may end before its first frame"
    );
    assert!(LiveReader::new(&with(b"{\"lost\":")[..]).next().is_none(), "or within one");
}

/// Says one byte for ever, and counts.
struct Endless<'a>(&'a mut usize);

impl Read for Endless<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        buffer.fill(b'x');
        *self.0 += buffer.len();
        Ok(buffer.len())
    }
}

#[test]
fn a_socket_that_is_not_there_is_an_error_that_says_so() {
    let folder = Folder::short();
    let error = LiveReader::connect(&folder.file("live")).unwrap_err();
    assert!(error.to_string().contains("live"), "{error}");
    drop(UnixListener::bind(folder.file("live")).unwrap());
    let error = LiveReader::connect(&folder.file("live")).unwrap_err();
    assert!(error.to_string().contains("has ended"), "{error}");
}
