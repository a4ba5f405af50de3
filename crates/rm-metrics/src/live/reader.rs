//! The side of who looks. What comes may be anything: it is bounded before it is read, and checked before it is believed.

use std::{
    io::{self, BufRead, BufReader, Read},
    os::unix::net::UnixStream,
    path::Path,
};

use serde::de::DeserializeOwned;

use super::{FORMAT, LiveFrame, LiveHello, MAX_LINE, VERSION};
use crate::MetricsError;

/// Reads the frames of a program from its [`LiveSocket`](crate::LiveSocket), as an iterator that waits for each.
///
/// It ends when the program does. After an error it has nothing more to say.
#[derive(Debug)]
pub struct LiveReader<R: Read = UnixStream> {
    source: BufReader<R>,
    // The line at hand; never longer than `MAX_LINE` and one byte.
    line: Vec<u8>,
    hello: Option<LiveHello>,
    lines: u64,
    ended: bool,
}

impl LiveReader {
    /// Connects to the socket at `path`; does not wait for the program to say something.
    ///
    /// # Errors
    ///
    /// [`MetricsError::Socket`] if nobody listens there, or may be listened to.
    pub fn connect(path: &Path) -> Result<Self, MetricsError> {
        let stream = UnixStream::connect(path)
            .map_err(|source| MetricsError::Socket { path: path.into(), source })?;
        Ok(Self::new(stream))
    }
}

impl<R: Read> LiveReader<R> {
    /// Reads from a `source` of one's own.
    pub fn new(source: R) -> Self {
        let source = BufReader::new(source);
        Self { source, line: Vec::new(), hello: None, lines: 0, ended: false }
    }

    /// Who speaks; known as soon as the first frame is.
    pub fn hello(&self) -> Option<&LiveHello> {
        self.hello.as_ref()
    }

    /// The next frame; `None` if the program has ended.
    fn frame(&mut self) -> Result<Option<LiveFrame>, MetricsError> {
        if self.hello.is_none() {
            let Some(hello) = self.message::<LiveHello>()? else { return Ok(None) };
            if hello.format != FORMAT {
                return Err(self.refused("it does not begin as one"));
            }
            if hello.version != VERSION {
                return Err(self.refused("it is of another version"));
            }
            self.hello = Some(hello);
        }
        self.message()
    }

    /// The next line as what it should be; `None` if there is none.
    fn message<T: DeserializeOwned>(&mut self) -> Result<Option<T>, MetricsError> {
        self.line.clear();
        self.lines += 1;
        let most = MAX_LINE as u64 + 1;
        let read = self.source.by_ref().take(most).read_until(b'\n', &mut self.line);
        match read {
            Ok(0) => return Ok(None),
            Ok(_) => {}
            // The program has ended with something of ours unread.
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(None),
            Err(error) => return Err(MetricsError::Read(error)),
        }
        if self.line.pop() != Some(b'\n') {
            let too_long = self.line.len() >= MAX_LINE;
            // A program may end in the middle of a frame, but hardly in the middle of its name.
            return match (too_long, &self.hello) {
                (true, _) => Err(self.refused("a line is longer than any of ours")),
                (false, None) => Err(self.refused("it ends in the middle of its first line")),
                (false, Some(_)) => Ok(None),
            };
        }
        let what = match self.hello {
            None => "it does not begin as one",
            Some(_) => "a line is no frame",
        };
        serde_json::from_slice(&self.line).map(Some).map_err(|_| self.refused(what))
    }

    fn refused(&self, what: &'static str) -> MetricsError {
        MetricsError::NotLive { line: self.lines, what }
    }
}

impl<R: Read> Iterator for LiveReader<R> {
    type Item = Result<LiveFrame, MetricsError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let frame = self.frame().transpose();
        self.ended = !matches!(frame, Some(Ok(_)));
        frame
    }
}
