//! Labels are untrusted text: cut to a length, and made harmless for spreadsheets.

use std::borrow::Cow;

/// Most bytes of a label that records and files keep; what is longer ends with `…` and the number of bytes left out.
pub const MAX_LABEL: usize = 512;

/// `label`, cut at a character if it is longer than [`MAX_LABEL`] bytes.
pub(crate) fn cut(label: &str) -> Cow<'_, str> {
    if label.len() <= MAX_LABEL {
        return label.into();
    }
    let mut end = MAX_LABEL;
    while !label.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}… [{} bytes more]", &label[..end], label.len() - end).into()
}

/// `text` as a cell that no spreadsheet takes for a formula.
///
/// Text that begins as a formula gets an apostrophe in front, as does text that begins with one, so that
/// [`uncell`] gives every text back. Control characters other than tab and line ends become `U+FFFD`.
pub(crate) fn cell(text: &str) -> Cow<'_, str> {
    let control = |c: char| c.is_control() && !"\t\r\n".contains(c);
    let clean: Cow<'_, str> = match text.contains(control) {
        true => text.replace(control, "\u{fffd}").into(),
        false => text.into(),
    };
    if is_formula(&clean) || clean.starts_with('\'') { format!("'{clean}").into() } else { clean }
}

/// The text of a cell of [`cell`].
pub(crate) fn uncell(cell: &str) -> &str {
    cell.strip_prefix('\'').unwrap_or(cell)
}

/// Whether a spreadsheet may take it for a formula, spaces in front or not.
fn is_formula(text: &str) -> bool {
    let first = |text: &str| text.chars().next();
    first(text).is_some_and(|c| "#\t\r\n".contains(c))
        || first(text.trim_start()).is_some_and(|c| "=+-@＝＋－＠".contains(c))
}
