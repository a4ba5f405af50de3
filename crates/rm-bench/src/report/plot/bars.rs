//! Bars on a logarithmic scale, in panels, with one legend.

use std::{error::Error, path::Path};

use plotters::{
    chart::ChartBuilder,
    coord::Shift,
    prelude::{
        DrawingArea, IntoDrawingArea, IntoFont, IntoLogRange, Palette, Palette99, RGBColor,
        Rectangle, SVGBackend, WHITE,
    },
    style::{Color, TextStyle},
};

const PANEL: (u32, u32) = (340, 240);
const COLUMNS: usize = 3;
const LEGEND: u32 = 24;
const FONT: &str = "sans-serif";
const INK: RGBColor = RGBColor(60, 60, 60);

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Panels that share a legend.
pub(super) struct Picture<'a> {
    /// The names in the legend, a bar each in every group.
    pub(super) who: &'a [String],
    /// The number of each one's colour.
    pub(super) colors: &'a [usize],
    pub(super) panels: Vec<Panel>,
}

pub(super) struct Panel {
    pub(super) title: String,
    pub(super) groups: Vec<Group>,
}

pub(super) struct Group {
    pub(super) label: String,
    /// One a contestant; `None` leaves a gap.
    pub(super) values: Vec<Option<f64>>,
}

impl Panel {
    /// The values that a logarithm can show.
    fn values(&self) -> impl Iterator<Item = f64> {
        let values = self.groups.iter().flat_map(|group| group.values.iter().flatten());
        values.copied().filter(|value| *value > 0.0 && value.is_finite())
    }
}

impl Picture<'_> {
    /// Whether there is nothing to show.
    pub(super) fn is_empty(&self) -> bool {
        self.panels.iter().all(|panel| panel.values().next().is_none())
    }

    /// Draws it into a file.
    pub(super) fn draw(&self, path: &Path) -> Result<(), Box<dyn Error>> {
        let columns = self.panels.len().clamp(1, COLUMNS);
        let rows = self.panels.len().div_ceil(columns);
        // A picture has a handful of panels.
        let (across, down) = (u32::try_from(columns)?, u32::try_from(rows)?);
        let legend = LEGEND * u32::try_from(self.who.len().div_ceil(2 * columns))?;
        let size = (PANEL.0 * across, PANEL.1 * down + legend);
        let root = SVGBackend::new(path, size).into_drawing_area();
        root.fill(&WHITE)?;
        let (panels, below) = root.split_vertically(PANEL.1 * down);
        for (panel, area) in self.panels.iter().zip(panels.split_evenly((rows, columns))) {
            panel.draw(&area, self.colors)?;
        }
        self.legend(&below, 2 * columns)?;
        root.present()?;
        Ok(())
    }

    fn legend(&self, area: &Area<'_>, columns: usize) -> Result<(), Box<dyn Error>> {
        for (index, (who, number)) in self.who.iter().zip(self.colors).enumerate() {
            let (row, column) = (index / columns, index % columns);
            let x = i32::try_from(column)? * (i32::try_from(PANEL.0)? / 2) + 12;
            let y = i32::try_from(row)? * i32::try_from(LEGEND)? + 4;
            area.draw(&Rectangle::new([(x, y), (x + 12, y + 12)], color(*number).filled()))?;
            area.draw_text(who, &text(13), (x + 18, y))?;
        }
        Ok(())
    }
}

impl Panel {
    fn draw(&self, area: &Area<'_>, colors: &[usize]) -> Result<(), Box<dyn Error>> {
        let least = self.values().fold(f64::INFINITY, f64::min);
        let most = self.values().fold(0.0, f64::max);
        if most == 0.0 {
            return Ok(area.draw_text(&format!("{}: nothing", self.title), &text(14), (12, 8))?);
        }
        let (floor, ceiling) = (least / 1.6, most * 1.3);
        let bars: usize = self.groups.iter().map(|group| group.values.len() + 1).sum();
        let mut chart = ChartBuilder::on(area)
            .caption(&self.title, text(14))
            .margin(8)
            .x_label_area_size(18)
            .y_label_area_size(52)
            .build_cartesian_2d(0.0..bars as f64, (floor..ceiling).log_scale())?;
        let mut mesh = chart.configure_mesh();
        mesh.disable_x_mesh()
            .x_labels(0)
            .y_labels(6)
            .max_light_lines(0)
            .y_label_formatter(&|value| short(*value));
        mesh.label_style(text(11)).axis_style(INK).draw()?;
        let mut x = 0.5;
        for group in &self.groups {
            let (px, py) = chart.backend_coord(&(x, floor));
            let base = area.get_base_pixel();
            area.draw_text(&group.label, &text(12), (px - base.0, py - base.1 + 5))?;
            for (value, number) in group.values.iter().zip(colors) {
                if let Some(value) = value.filter(|value| *value > 0.0) {
                    let bar = [(x + 0.05, floor), (x + 0.95, value)];
                    chart.draw_series([Rectangle::new(bar, color(*number).filled())])?;
                }
                x += 1.0;
            }
            x += 1.0;
        }
        Ok(())
    }
}

fn color(number: usize) -> RGBColor {
    let (red, green, blue) = Palette99::COLORS[number % Palette99::COLORS.len()];
    RGBColor(red, green, blue)
}

fn text(size: u32) -> TextStyle<'static> {
    (FONT, size).into_font().color(&INK)
}

/// A number in few characters.
fn short(value: f64) -> String {
    match value {
        value if value >= 1e9 => format!("{:.0}G", value / 1e9),
        value if value >= 1e6 => format!("{:.0}M", value / 1e6),
        value if value >= 1e4 => format!("{:.0}k", value / 1e3),
        value if value >= 10.0 => format!("{value:.0}"),
        value => format!("{value:.2}"),
    }
}
