//! The picture of a view, in whatever room there is.
//!
//! From the top: who, the figures of the device, the heaps, the categories, the history of one heap, the sources, the keys.
//! Where rows are short, history goes first, then sources; the figures of the device stay to the last.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::{Color, Style, Stylize},
    text::{Line, Span},
    widgets::{Paragraph, Sparkline},
};
use rm_alloc_core::Bytes;
use rm_metrics::{Snapshot, category_name};

use super::{
    picture::{bar, flow, stack},
    view::View,
};

/// One a category, in their order.
const COLORS: [Color; 5] =
    [Color::Blue, Color::Magenta, Color::Yellow, Color::Cyan, Color::DarkGray];

/// Rows that a history needs to say anything, with its title.
const HISTORY_ROWS: u16 = 3;

const KEYS: &str = "q quit  ←→ tab heap  p pause";

/// Draws `view`.
pub(crate) fn draw(frame: &mut Frame<'_>, view: &View) {
    let area = frame.area();
    let width = area.width;
    let Some(snapshot) = &view.shown else {
        frame.render_widget(Paragraph::new("waiting for the first frame…"), area);
        return;
    };
    let [about, sources] = [figures(snapshot, width), sources(view, snapshot, width)];
    let [heaps, categories] = [heaps(view, snapshot, width), categories(snapshot, width)];
    let rows = |lines: &[Line<'_>]| u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let taken = [&about, &heaps, &categories].iter().map(|it| rows(it)).sum::<u16>() + 2;
    let left = area.height.saturating_sub(taken);
    let history =
        if left < HISTORY_ROWS { 0 } else { HISTORY_ROWS.max(left.saturating_sub(rows(&sources))) };
    let areas = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(rows(&about)),
        Constraint::Length(rows(&heaps)),
        Constraint::Length(rows(&categories)),
        Constraint::Length(history),
        Constraint::Min(0),
        Constraint::Length(1),
    ]);
    let [top, device, all, stacked, over_time, others, keys] = areas.areas(area);
    frame.render_widget(head(view, snapshot), top);
    frame.render_widget(Paragraph::new(about), device);
    frame.render_widget(Paragraph::new(heaps), all);
    frame.render_widget(Paragraph::new(categories), stacked);
    draw_history(frame, view, over_time);
    frame.render_widget(Paragraph::new(sources), others);
    frame.render_widget(Line::from(KEYS).dim(), keys);
}

fn head(view: &View, snapshot: &Snapshot) -> Line<'static> {
    let mut head = format!("{} · frame {}", view.program, snapshot.frame.frame);
    if view.is_paused() {
        head.push_str(" · paused");
    }
    if view.lost > 0 {
        head.push_str(&format!(" · {} frames lost", view.lost));
    }
    Line::from(head).bold().reversed()
}

/// The device as a whole.
fn figures(snapshot: &Snapshot, width: u16) -> Vec<Line<'static>> {
    let it = &snapshot.frame;
    let used = format!("used {} of {}", Bytes(it.used_bytes), limit(Some(it.budget_bytes)));
    let peak = format!("peak {}", Bytes(it.peak_bytes));
    let allocations = it.allocation_count;
    let churn = [("+", it.frame_allocated_bytes), ("-", it.frame_freed_bytes)];
    let [came, went] = churn.map(|(sign, bytes)| format!("churn {sign}{}", Bytes(bytes)));
    let cells = [
        Span::from(used).style(state(it.used_bytes, Some(it.budget_bytes), it.warning_percent)),
        Span::from(peak).bold(),
        Span::from(format!("retiring {}", Bytes(it.retiring_bytes))),
        Span::from(came),
        Span::from(went),
        refusals(it.refusals),
        Span::from(format!("{allocations} allocations, {} aliases", it.aliased_count)),
        Span::from(format!("{} in {} blocks", Bytes(it.block_bytes), it.block_count)),
    ];
    flow(cells, width)
}

fn refusals(count: u64) -> Span<'static> {
    let text = Span::from(format!("refusals {count}"));
    if count > 0 { text.red() } else { text }
}

/// Two lines a heap: figures, and a gauge against its budget.
fn heaps(view: &View, snapshot: &Snapshot, width: u16) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let warning = snapshot.frame.warning_percent;
    for (index, heap) in snapshot.heaps.iter().enumerate() {
        let used = heap.account.used_bytes;
        let mark = if index == view.heap { ">" } else { " " };
        let text = format!("{mark} heap {index}  {} of {}", Bytes(used), limit(heap.budget_bytes));
        let peak = format!("  peak {}", Bytes(heap.account.peak_bytes));
        let mut text = Line::from(text);
        if text.width() + peak.len() <= usize::from(width) {
            text.push_span(Span::from(peak).dim());
        }
        lines.push(if index == view.heap { text.bold() } else { text });
        let style = state(used, heap.budget_bytes, warning);
        let whole = heap.budget_bytes.unwrap_or(heap.size_bytes);
        lines.push(bar(used, whole, warning, width).style(style));
    }
    lines
}

/// The categories on top of each other, and by name.
fn categories(snapshot: &Snapshot, width: u16) -> Vec<Line<'static>> {
    let parts = || snapshot.categories.iter().zip(COLORS.iter().cycle());
    let bytes = parts().map(|(it, color)| (it.account.used_bytes, *color));
    let mut lines = vec![stack(bytes, width)];
    let cells = parts().map(|(it, color)| {
        let (name, used) = (category_name(it.category), Bytes(it.account.used_bytes));
        Span::from(format!("■ {name} {used}")).style(Style::new().fg(*color))
    });
    lines.extend(flow(cells, width));
    lines
}

/// The sources by name, or by number where they came later than the reader.
fn sources(view: &View, snapshot: &Snapshot, width: u16) -> Vec<Line<'static>> {
    let cells = snapshot.sources.iter().enumerate().map(|(at, value)| {
        let name = view.sources.get(at).cloned().unwrap_or_else(|| format!("source {at}"));
        Span::from(format!("{name} {value}")).dim()
    });
    flow(cells, width)
}

/// Used bytes of the chosen heap over time, the newest at the right.
fn draw_history(frame: &mut Frame<'_>, view: &View, area: Rect) {
    let [title, plot] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(area);
    let Some(history) = view.history.get(view.heap) else { return };
    let newest = history.len().saturating_sub(usize::from(plot.width));
    let bytes: Vec<u64> = history.iter().skip(newest).copied().collect();
    let most = bytes.iter().copied().max().unwrap_or(0);
    let text = format!("heap {} over {} frames, up to {}", view.heap, bytes.len(), Bytes(most));
    frame.render_widget(Line::from(text).dim(), title);
    frame
        .render_widget(Sparkline::default().data(bytes).style(Style::new().fg(Color::Green)), plot);
}

fn limit(bytes: Option<u64>) -> String {
    match bytes {
        None | Some(u64::MAX) => "no limit".into(),
        Some(bytes) => Bytes(bytes).to_string(),
    }
}

/// Green, yellow from the warning line on, red beyond the limit.
fn state(used: u64, limit: Option<u64>, warning_percent: u8) -> Style {
    let limit = u128::from(limit.unwrap_or(u64::MAX));
    let used = u128::from(used);
    let near = used * 100 >= limit * u128::from(warning_percent);
    let color = match () {
        () if used > limit => Color::Red,
        () if near && limit > 0 => Color::Yellow,
        () => Color::Green,
    };
    Style::new().fg(color)
}
