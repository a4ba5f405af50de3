//! JSON that people read: laid out line by line, and errors that name the field.

use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

/// Values below this depth stand on one line.
const DEPTH: usize = 2;

/// Writes `value` with a line for everything down to the second level.
#[expect(clippy::expect_used, reason = "plain data always has a JSON form, and memory takes it")]
pub(super) fn lines(value: &impl Serialize) -> String {
    let mut text = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut text, Lines::default());
    value.serialize(&mut serializer).expect("plain data has a JSON form");
    text.push(b'\n');
    String::from_utf8(text).expect("JSON is UTF-8")
}

/// Breaks lines down to [`DEPTH`].
#[derive(Debug, Default)]
struct Lines {
    depth: usize,
    filled: bool,
}

impl Lines {
    fn open<W: ?Sized + io::Write>(&mut self, to: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.filled = false;
        to.write_all(bracket)
    }

    fn close<W: ?Sized + io::Write>(&mut self, to: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        if self.filled && self.depth < DEPTH {
            self.line(to)?;
        }
        to.write_all(bracket)
    }

    fn next<W: ?Sized + io::Write>(&mut self, to: &mut W, first: bool) -> io::Result<()> {
        if !first {
            to.write_all(b",")?;
        }
        if self.depth <= DEPTH {
            self.line(to)
        } else if first {
            Ok(())
        } else {
            to.write_all(b" ")
        }
    }

    fn line<W: ?Sized + io::Write>(&mut self, to: &mut W) -> io::Result<()> {
        to.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| to.write_all(b"  "))
    }
}

impl Formatter for Lines {
    fn begin_array<W: ?Sized + io::Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.open(to, b"[")
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.close(to, b"]")
    }

    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        to: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.next(to, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.open(to, b"{")
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, to: &mut W) -> io::Result<()> {
        self.close(to, b"}")
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        to: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.next(to, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, to: &mut W) -> io::Result<()> {
        to.write_all(b": ")
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }
}

/// A step from the outermost value to an inner one.
enum Step<'a> {
    Index(usize),
    /// The key, once it has been read, and whether its value has begun.
    Key(&'a str, bool),
}

/// What stands at a line and column (both from 1, as serde_json counts them), as `types[3].heap`.
///
/// Reads no further, so the text need not be JSON beyond; empty for the outermost value.
pub(super) fn path_at(text: &str, line: usize, column: usize) -> String {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let end = (before + column).min(text.len());
    let bytes = &text.as_bytes()[..end];
    let mut steps = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (byte, steps.last_mut()) {
            (b'{', _) => steps.push(Step::Key("", false)),
            (b'[', _) => steps.push(Step::Index(0)),
            (b'}' | b']', _) => drop(steps.pop()),
            (b',', Some(Step::Index(index))) => *index += 1,
            (b',', Some(key)) => *key = Step::Key("", false),
            (b':', Some(Step::Key(_, begun))) => *begun = true,
            (b'"', last) => {
                let close = closing_quote(bytes, at + 1);
                if let Some(Step::Key(key, false)) = last {
                    *key = text.get(at + 1..close).unwrap_or_default();
                }
                at = close;
            }
            _ => {}
        }
        at += 1;
    }
    let mut path = String::new();
    for step in steps {
        match step {
            Step::Index(index) => path.push_str(&format!("[{index}]")),
            Step::Key("", _) => {}
            Step::Key(key, _) => {
                path.push_str(if path.is_empty() { "" } else { "." });
                path.push_str(key);
            }
        }
    }
    path
}

/// Where the string that begins at `at` ends.
fn closing_quote(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at.min(bytes.len())
}
