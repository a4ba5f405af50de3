//! A picture: for each policy the frames by how much more than the bound they take.

use std::{error::Error, path::Path};

use plotters::{
    chart::{ChartBuilder, SeriesLabelPosition},
    prelude::{
        IntoDrawingArea, IntoLogRange, LineSeries, Palette, Palette99, PathElement, SVGBackend,
        WHITE,
    },
    style::Color,
};

use super::race::Table;

const PANEL: (u32, u32) = (460, 340);

/// Draws a panel an alignment.
pub(super) fn draw(panels: &[(&str, Table)], path: &Path) -> Result<(), Box<dyn Error>> {
    let across = u32::try_from(panels.len().max(1))?;
    let root = SVGBackend::new(path, (PANEL.0 * across, PANEL.1)).into_drawing_area();
    root.fill(&WHITE)?;
    for ((name, table), area) in panels.iter().zip(root.split_evenly((1, panels.len().max(1)))) {
        let lines = || table.lines.iter().map(|(_, line)| &line.ratios);
        let most = lines().flatten().copied().fold(1.5, f64::max);
        let mut chart = ChartBuilder::on(&area)
            .caption(format!("alignment {name}: peak ÷ bound"), ("sans-serif", 14))
            .margin(8)
            .x_label_area_size(28)
            .y_label_area_size(44)
            .build_cartesian_2d(0.0..100.0, (0.99..most).log_scale())?;
        chart
            .configure_mesh()
            .x_desc("% of frames, best first")
            .y_label_formatter(&|ratio| format!("{ratio:.2}"))
            .draw()?;
        for (number, (policy, line)) in table.lines.iter().enumerate() {
            let mut ratios = line.ratios.clone();
            ratios.sort_by(f64::total_cmp);
            let last = ratios.len().saturating_sub(1).max(1) as f64;
            let points =
                ratios.iter().enumerate().map(|(at, ratio)| (at as f64 * 100.0 / last, *ratio));
            let color = Palette99::pick(number).to_rgba();
            chart
                .draw_series(LineSeries::new(points, color.stroke_width(2)))?
                .label(policy.name())
                .legend(move |(x, y)| {
                    PathElement::new([(x, y), (x + 14, y)], color.stroke_width(2))
                });
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .background_style(WHITE.mix(0.8))
            .label_font(("sans-serif", 10))
            .draw()?;
    }
    root.present()?;
    Ok(())
}
