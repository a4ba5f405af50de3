//! JSON that may stand within a page: nothing in it can end the element it stands in, and no number is rounded.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Serializer, ser::Formatter};

/// The greatest number below which a page tells every integer from its neighbours.
const EXACT: u64 = (1 << 53) - 1;

/// Writes `value` to `out`.
pub(super) fn write(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    let mut serializer = Serializer::with_formatter(out, Harmless);
    Ok(value.serialize(&mut serializer)?)
}

/// JSON without a character that means something to HTML or ends a line of a script, and with numbers above [`EXACT`] as
/// strings of their digits.
#[derive(Debug)]
struct Harmless;

impl Formatter for Harmless {
    fn write_u64<W: ?Sized + Write>(&mut self, out: &mut W, value: u64) -> io::Result<()> {
        if value > EXACT { write!(out, "\"{value}\"") } else { write!(out, "{value}") }
    }

    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(is_special) {
            let (before, after) = rest.split_at(at);
            out.write_all(before.as_bytes())?;
            let mut characters = after.chars();
            if let Some(character) = characters.next() {
                // Every one of them is below U+FFFF.
                write!(out, "\\u{:04x}", u32::from(character))?;
            }
            rest = characters.as_str();
        }
        out.write_all(rest.as_bytes())
    }
}

/// Ends an element, begins one or an entity, ends a line of a script, or turns the direction in which text runs.
fn is_special(character: char) -> bool {
    matches!(character, '<' | '>' | '&' | '\'' | '\u{7f}'..='\u{9f}' | '\u{61c}')
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(character, '\u{2060}'..='\u{206f}' | '\u{feff}')
}
