//! A writer of JSON that never holds more than the value at hand.

use std::io::{self, Write};

/// JSON in the making: commas and brackets come by themselves.
#[derive(Debug)]
pub(crate) struct Json<W> {
    out: W,
    // What ends each open object or array, and whether it has something in it.
    open: Vec<(u8, bool)>,
    // Whether a key was written, whose value comes next.
    keyed: bool,
}

impl<W: Write> Json<W> {
    pub(crate) fn new(out: W) -> Self {
        Self { out, open: Vec::with_capacity(16), keyed: false }
    }

    pub(crate) fn object(&mut self) -> io::Result<()> {
        self.begin(b'{', b'}')
    }

    pub(crate) fn array(&mut self) -> io::Result<()> {
        self.begin(b'[', b']')
    }

    /// Ends the innermost object or array.
    pub(crate) fn end(&mut self) -> io::Result<()> {
        match self.open.pop() {
            Some((bracket, _)) => self.out.write_all(&[bracket]),
            None => Ok(()),
        }
    }

    pub(crate) fn key(&mut self, key: &str) -> io::Result<()> {
        self.comma()?;
        serde_json::to_writer(&mut self.out, key)?;
        self.keyed = true;
        self.out.write_all(b":")
    }

    pub(crate) fn string(&mut self, text: &str) -> io::Result<()> {
        self.comma()?;
        Ok(serde_json::to_writer(&mut self.out, text)?)
    }

    pub(crate) fn number(&mut self, number: u64) -> io::Result<()> {
        self.comma()?;
        write!(self.out, "{number}")
    }

    /// `null` where it is not finite, for which JSON has no word.
    pub(crate) fn ratio(&mut self, ratio: f64) -> io::Result<()> {
        self.comma()?;
        if ratio.is_finite() { write!(self.out, "{ratio:?}") } else { write!(self.out, "null") }
    }

    /// Nanoseconds as microseconds, exact.
    pub(crate) fn microseconds(&mut self, nanoseconds: u64) -> io::Result<()> {
        self.comma()?;
        write!(self.out, "{}.{:03}", nanoseconds / 1000, nanoseconds % 1000)
    }

    pub(crate) fn key_string(&mut self, key: &str, text: &str) -> io::Result<()> {
        self.key(key)?;
        self.string(text)
    }

    pub(crate) fn key_number(&mut self, key: &str, number: u64) -> io::Result<()> {
        self.key(key)?;
        self.number(number)
    }

    /// Begins a line, where people may look at the file.
    pub(crate) fn line(&mut self) -> io::Result<()> {
        if let Some((_, true)) = self.open.last() {
            self.out.write_all(b",")?;
        }
        // The comma is there.
        self.keyed = true;
        self.out.write_all(b"\n")
    }

    /// Ends everything that is open.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        while !self.open.is_empty() {
            self.end()?;
        }
        self.out.write_all(b"\n")?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn begin(&mut self, bracket: u8, end: u8) -> io::Result<()> {
        self.comma()?;
        self.open.push((end, false));
        self.out.write_all(&[bracket])
    }

    /// What stands between the last value and the next.
    fn comma(&mut self) -> io::Result<()> {
        let keyed = std::mem::take(&mut self.keyed);
        let Some((_, any)) = self.open.last_mut() else { return Ok(()) };
        if std::mem::replace(any, true) && !keyed { self.out.write_all(b",") } else { Ok(()) }
    }
}
