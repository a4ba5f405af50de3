//! The program's side.

use std::{
    io::{ErrorKind, Write},
    os::unix::net::{UnixListener, UnixStream},
    path::Path,
};

use super::{FORMAT, LiveHello, MAX_LINE, VERSION, place::Place};
use crate::{MetricsCollector, MetricsError, Snapshot, text};

/// Readers at a time; more are turned away.
const MAX_READERS: usize = 8;

/// Frames in a row that a reader may lose before it is dropped: two seconds at 60 a second.
const PATIENCE: u32 = 120;

/// A Unix socket that shows each frame to whoever the program's user lets look; only on Unix.
///
/// The socket has mode 0600 from the first moment that it has a name, and goes when this is dropped. It takes the place of
/// nothing but a socket of the same user at which nobody listens any more.
///
/// It only speaks: what readers write is never read. There is no thread. [`publish`](Self::publish) looks for newcomers and
/// writes what the system takes at once, so that without readers a frame costs one system call and no heap allocation, and
/// nothing has to be handed over or waited for. A reader that cannot keep up loses whole frames, which it is told of, and is
/// dropped when it loses too many in a row.
///
/// A program that does not begin in Rust should ignore `SIGPIPE`, as Rust's own `main` does: a reader may go at any time.
///
/// ```
/// use rm_metrics::{LiveReader, LiveSocket, MetricsCollector, MetricsError};
///
/// fn show(metrics: &mut MetricsCollector, path: &std::path::Path) -> Result<(), MetricsError> {
///     let mut live = LiveSocket::bind(path, "game", metrics)?;
///     let mut reader = LiveReader::connect(path)?; // Another process, as a rule.
///     metrics.begin_frame();
///     live.publish(metrics.end_frame());
///     let frame = reader.next().transpose()?;
///     assert_eq!(frame.map(|frame| frame.snapshot).as_ref(), metrics.latest());
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct LiveSocket {
    listener: UnixListener,
    place: Place,
    hello: Vec<u8>,
    readers: Vec<Reader>,
    // The snapshot at hand, kept for its room.
    body: Vec<u8>,
    lost: u64,
    dropped: u64,
}

/// Somebody who looks.
#[derive(Debug)]
struct Reader {
    stream: UnixStream,
    // Invariant: whole lines, of which the bytes before `sent` are on their way.
    lines: Vec<u8>,
    sent: usize,
    // Frames lost: in all, and since the last one that was not.
    lost: u64,
    late: u32,
}

impl LiveSocket {
    /// Opens a socket at `path` for the frames of `metrics`, under the name of `program`.
    ///
    /// # Errors
    ///
    /// [`MetricsError::Socket`] if there is no such folder, it may not be written to, its path is too long for a socket, or
    /// something is there already that is none of ours.
    pub fn bind(
        path: &Path,
        program: &str,
        metrics: &MetricsCollector,
    ) -> Result<Self, MetricsError> {
        let (listener, place) = Place::open(path)
            .map_err(|source| MetricsError::Socket { path: path.into(), source })?;
        let hello = LiveHello {
            format: FORMAT.into(),
            version: VERSION,
            program: text::cut(program).into(),
            sources: metrics.source_names().map(String::from).collect(),
        };
        let mut line = serde_json::to_vec(&hello).map_err(std::io::Error::from)?;
        line.push(b'\n');
        Ok(Self {
            listener,
            place,
            hello: line,
            readers: Vec::with_capacity(MAX_READERS),
            body: Vec::new(),
            lost: 0,
            dropped: 0,
        })
    }

    /// Lets newcomers in, and sends `snapshot` to everybody who has taken what came before; for the end of a frame.
    ///
    /// Never waits. Allocates nothing without readers, nor with readers once a snapshot as long has been sent.
    pub fn publish(&mut self, snapshot: &Snapshot) {
        self.welcome();
        if self.readers.is_empty() {
            return;
        }
        self.body.clear();
        // Snapshots are plain data, and a list of bytes takes everything.
        let written = serde_json::to_writer(&mut self.body, snapshot).is_ok();
        let body = Some(&*self.body).filter(|body| written && body.len() < MAX_LINE / 2);
        let Self { readers, lost, dropped, .. } = self;
        readers.retain_mut(|reader| {
            let (before, stays) = (reader.lost, reader.send(body));
            *lost += reader.lost - before;
            *dropped += u64::from(reader.late > PATIENCE);
            stays
        });
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.place.path()
    }

    /// Readers that were there when the last frame was sent.
    pub fn readers(&self) -> usize {
        self.readers.len()
    }

    /// Frames that readers were too slow for, summed over all of them.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Readers that were turned away because they stayed too slow.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Takes in who has connected since.
    fn welcome(&mut self) {
        // No more than that a frame, whoever knocks.
        for _ in 0..MAX_READERS {
            // It does not block, so that the answer is mostly that nobody is there.
            let Ok((stream, _)) = self.listener.accept() else { return };
            if self.readers.len() < MAX_READERS && stream.set_nonblocking(true).is_ok() {
                let lines = self.hello.clone();
                self.readers.push(Reader { stream, lines, sent: 0, lost: 0, late: 0 });
            }
        }
    }
}

impl Reader {
    /// Sends what is left and then `body`, if there is room; answers whether the reader stays.
    fn send(&mut self, body: Option<&[u8]>) -> bool {
        let Ok(done) = self.flush() else { return false };
        match body.filter(|_| done) {
            Some(body) => {
                self.line(body);
                self.late = 0;
                self.flush().is_ok()
            }
            None => {
                self.lost += 1;
                self.late += 1;
                self.late <= PATIENCE
            }
        }
    }

    /// Prepares the line of a frame.
    fn line(&mut self, body: &[u8]) {
        self.lines.clear();
        self.sent = 0;
        // A list of bytes takes everything.
        write!(self.lines, "{{\"lost\":{},\"snapshot\":", self.lost).ok();
        self.lines.extend_from_slice(body);
        self.lines.extend_from_slice(b"}\n");
    }

    /// Writes what the system takes; answers whether that was all, or that the reader is gone.
    fn flush(&mut self) -> Result<bool, ErrorKind> {
        while let Some(rest) = self.lines.get(self.sent..).filter(|rest| !rest.is_empty()) {
            match self.stream.write(rest) {
                Ok(0) => return Err(ErrorKind::WriteZero),
                Ok(bytes) => self.sent += bytes,
                Err(error) => match error.kind() {
                    ErrorKind::Interrupted => {}
                    ErrorKind::WouldBlock => return Ok(false),
                    other => return Err(other),
                },
            }
        }
        Ok(true)
    }
}
