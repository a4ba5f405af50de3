//! Bars and rows of cells, as text.

use ratatui::{
    style::{Color, Style},
    text::{Line, Span},
};

/// Columns of a cell with its gap; two fit into 56 columns, and one into 40.
const CELL: usize = 28;

/// `cells` beside each other, as many as fit into `width`, and below.
pub(crate) fn flow(
    cells: impl IntoIterator<Item = Span<'static>>,
    width: u16,
) -> Vec<Line<'static>> {
    let width = usize::from(width);
    let mut lines: Vec<Line<'static>> = Vec::new();
    let mut at = 0;
    for cell in cells {
        // A cell that is longer takes the place of two.
        let room = (cell.width() / CELL + 1) * CELL;
        match lines.last_mut() {
            Some(line) if at + cell.width() <= width => line.push_span(cell.clone()),
            _ => {
                lines.push(Line::from(cell.clone()));
                at = 0;
            }
        }
        if let Some(line) = lines.last_mut() {
            line.push_span(" ".repeat(room - cell.width()));
        }
        at += room;
    }
    lines
}

/// `used` of `whole` as a bar over the whole `width`, with a line where a warning comes.
pub(crate) fn bar(used: u64, whole: u64, warning_percent: u8, width: u16) -> Line<'static> {
    let columns = u64::from(width.saturating_sub(2));
    let filled = part(used, whole, columns);
    let warning = part(u64::from(warning_percent), 100, columns);
    let cell = |at| match () {
        () if at + 1 == warning => '│',
        () if at < filled => '█',
        () => '·',
    };
    let cells: String = (0..columns).map(cell).collect();
    Line::from(format!("[{cells}]"))
}

/// `parts` beside each other over the whole `width`, each in its colour.
pub(crate) fn stack(parts: impl Iterator<Item = (u64, Color)>, width: u16) -> Line<'static> {
    let parts: Vec<_> = parts.collect();
    let whole = parts.iter().fold(0_u64, |sum, (bytes, _)| sum.saturating_add(*bytes));
    let columns = u64::from(width.saturating_sub(2));
    let (mut sum, mut from) = (0_u64, 0);
    let mut line = Line::from("[");
    for (bytes, color) in parts {
        sum = sum.saturating_add(bytes);
        let to = part(sum, whole, columns);
        let cells = "█".repeat(usize::try_from(to - from).unwrap_or(0));
        line.push_span(Span::from(cells).style(Style::new().fg(color)));
        from = to;
    }
    line.push_span("·".repeat(usize::try_from(columns - from).unwrap_or(0)));
    line.push_span("]");
    line
}

/// How many of `columns` are `part` of `whole`: none of nothing, and no more than there are.
fn part(part: u64, whole: u64, columns: u64) -> u64 {
    let share = u128::from(part) * u128::from(columns) / u128::from(whole.max(1));
    u64::try_from(share).unwrap_or(columns).min(columns)
}
