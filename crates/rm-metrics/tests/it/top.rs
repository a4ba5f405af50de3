//! `rm-top` shows what is true: its screen is fed by a run of the demo, in memory and in a real terminal.

#[path = "../../examples/rm-top/picture.rs"]
mod picture;
#[path = "../../examples/rm-top/screen.rs"]
mod screen;
#[path = "../../examples/rm-top/terminal.rs"]
mod terminal;
#[path = "../../examples/rm-top/view.rs"]
mod view;

use std::{
    env,
    io::{self, Read, Write},
    os::unix::net::{UnixListener, UnixStream},
    path::PathBuf,
    process::{Command, Stdio},
    thread,
};

use rm_alloc_core::Bytes;
use rm_demo::{Event, Options, Summary};
use rm_headless::testing::say_skipped;
use rm_metrics::LiveReader;

use self::{
    terminal::text,
    view::{Action, View},
};
use crate::support::Folder;

/// Where the test that plays `rm-top` in a terminal finds what it is to show.
const FOLDER: &str = "RM_TOP_TEST_FOLDER";

/// Plays the demo with a live view at `path`, and tells of every frame when it has been sent.
fn demo(path: PathBuf, mut sent: impl FnMut()) -> Summary {
    let device = Some("sim:h200".to_owned());
    let options = Options { device, frames: 12, live: Some(path), ..Options::default() };
    let played = rm_demo::watch(&options, &mut |event| {
        if let Event::Measured(_) = event {
            sent();
        }
    });
    played.unwrap()
}

/// What the screen must show of a run that is over.
fn peak(summary: &Summary) -> String {
    format!("peak {}", Bytes(summary.peak_bytes))
}

#[test]
fn the_screen_shows_the_true_peak_of_the_demo_in_every_size() {
    let folder = Folder::short();
    let (path, mut reader, mut view) = (folder.file("live"), None, View::default());
    let summary = demo(path.clone(), || match &mut reader {
        None => reader = Some(LiveReader::connect(&path).unwrap()),
        Some(reader) => {
            view.add(reader.next().unwrap().unwrap());
            reader.hello().into_iter().for_each(|hello| view.meet(hello));
        }
    });
    assert!(reader.unwrap().next().is_none());
    for (width, height) in [(40, 24), (60, 20), (80, 24), (200, 60)] {
        let text = text(&view, width, height);
        let line = text.lines().find(|line| line.contains("peak ")).unwrap();
        assert!(line.contains(&peak(&summary)), "{width} columns:\n{text}");
        for part in ["rm-demo · frame ", "heap 0", "retiring ", "refusals ", "■ buffer ", "q quit"]
        {
            assert!(text.contains(part), "no `{part}` in {width} columns:\n{text}");
        }
    }
    let wide = text(&view, 120, 40);
    assert!(wide.contains("stream.reduced 0") && wide.contains("heap 0 over "), "{wide}");
    for (width, height) in [(1, 1), (3, 2), (10, 5)] {
        text(&view, width, height);
    }
    view.program = "\x1b[31mred\x07\n".into();
    view.sources[0] = "\x1b]0;title\x07".into();
    let hostile = text(&view, 120, 40);
    assert!(hostile.contains("red") && !hostile.contains(['\x1b', '\x07']), "{hostile}");
    view.act(Action::NextHeap);
    view.act(Action::Pause);
    let paused = text(&view, 80, 40);
    assert!(paused.contains("> heap 1") && paused.contains("paused"), "{paused}");
    view.act(Action::PreviousHeap);
    assert!(text(&view, 80, 40).contains("> heap 0"));
}

#[test]
fn a_terminal_shows_the_true_peak_of_the_demo_and_is_restored() {
    let mut trial = Command::new("script");
    trial.args(["-qfec", "true", "/dev/null"]).stdin(Stdio::null());
    if !trial.output().is_ok_and(|it| it.status.success()) {
        return say_skipped(&"there is no `script` that could make a terminal");
    }
    let folder = Folder::short();
    let (path, ready) = (folder.file("live"), UnixListener::bind(folder.file("ready")).unwrap());
    let (mut child, mut lines) = (None, None);
    let summary = demo(path.clone(), || match &mut lines {
        None => {
            let itself = env::current_exe().unwrap();
            let test = "top::rm_top_in_the_terminal_of_another_test --exact --ignored --nocapture";
            let line = format!("stty cols 80 rows 30; '{}' {test}", itself.display());
            let mut command = Command::new("script");
            command.args(["-qfec", &line, "/dev/null"]).env(FOLDER, folder.file(""));
            command.env("TERM", "xterm-256color").stdin(Stdio::piped()).stdout(Stdio::piped());
            let started = command.spawn().unwrap();
            let unblock = folder.file("ready");
            child = Some(thread::spawn(move || {
                let output = started.wait_with_output();
                // Should it have ended too early, then whoever waits for it hears of that, too.
                UnixStream::connect(unblock).ok();
                output
            }));
            // Now it is connected.
            let mut told = ready.accept().unwrap().0;
            told.read_exact(&mut [0]).unwrap();
            lines = Some(told);
        }
        // It has read the frame.
        Some(told) => told.read_exact(&mut [0]).unwrap(),
    });
    let output = child.unwrap().join().unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let (drawn, after) = said.split_once("\x1b[?1049l").expect("the first screen comes back");
    let (_, drawn) = drawn.split_once("\x1b[?1049h").expect("a second screen is taken");
    let screen = screen_of(drawn);
    let line = screen.lines().find(|line| line.contains("peak ")).unwrap();
    assert!(line.contains(&peak(&summary)), "{}\n{screen}", peak(&summary));
    assert!(after.contains(&format!("{}\r\n", peak(&summary))), "the last word: {after:?}");
    assert!(after.contains("rm-demo has ended after frame "), "{after:?}");
    assert!(output.status.success(), "{after}");
}

/// Not a test of its own: `rm-top` as the test above starts it.
#[test]
#[ignore = "is started by another test, in a terminal"]
fn rm_top_in_the_terminal_of_another_test() {
    let Some(folder) = env::var_os(FOLDER).map(PathBuf::from) else { return };
    let stream = UnixStream::connect(folder.join("live")).unwrap();
    let mut ready = UnixStream::connect(folder.join("ready")).unwrap();
    ready.write_all(b".").unwrap();
    terminal::watch(LiveReader::new(Told { stream, ready, met: false })).unwrap();
}

/// A socket that tells of every frame read from it, so that the program goes no faster.
struct Told {
    stream: UnixStream,
    ready: UnixStream,
    // Whether the first line, which is no frame, has been read.
    met: bool,
}

impl Read for Told {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.stream.read(buffer)?;
        for _ in buffer[..bytes].iter().filter(|byte| **byte == b'\n') {
            if std::mem::replace(&mut self.met, true) {
                self.ready.write_all(b".")?;
            }
        }
        Ok(bytes)
    }
}

/// What a terminal shows that was sent `drawn`: places and characters count, colours do not.
fn screen_of(drawn: &str) -> String {
    let mut cells = vec![vec![' '; 80]; 30];
    let (mut row, mut column) = (0_usize, 0_usize);
    let mut rest = drawn.chars();
    while let Some(c) = rest.next() {
        if c != '\x1b' {
            if let Some(cell) = cells.get_mut(row).and_then(|row| row.get_mut(column)) {
                *cell = c;
            }
            column += 1;
            continue;
        }
        let sequence = sequence_of(&mut rest);
        if let Some(place) = sequence.strip_suffix('H') {
            let mut numbers = place.split(';').map(|it| it.parse::<usize>().unwrap_or(1) - 1);
            (row, column) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        }
    }
    cells.into_iter().map(|row| row.into_iter().collect::<String>() + "\n").collect()
}

/// Takes the rest of a sequence: a bracket, which is left out, and what follows it up to the first letter.
fn sequence_of(rest: &mut impl Iterator<Item = char>) -> String {
    let mut sequence = String::new();
    for c in rest.skip(1) {
        sequence.push(c);
        if c.is_ascii_alphabetic() {
            break;
        }
    }
    sequence
}
