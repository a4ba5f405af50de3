//! Draws a plan as SVG, time to the right and offset upwards: `cargo run --example picture > plan.svg`.
//!
//! The frame is a small deferred renderer; each box is a resource, and the line above is the lower bound.
#![expect(clippy::print_stdout, reason = "the picture goes to standard output")]

use std::fmt::{self, Write};

use rm_alias::{Item, Plan, Problem};

/// Pixels a pass, and the height of the picture.
const PASS: f64 = 48.0;
const HEIGHT: f64 = 420.0;
const MARGIN: f64 = 24.0;

/// Name, MiB, first pass, pass after the last.
const FRAME: [(&str, u64, u32, u32); 16] = [
    ("shadow map", 64, 0, 5),
    ("albedo", 32, 1, 5),
    ("normals", 32, 1, 7),
    ("velocity", 16, 1, 12),
    ("depth", 32, 1, 13),
    ("occlusion", 8, 2, 4),
    ("occlusion blurred", 8, 3, 5),
    ("light lists", 4, 2, 5),
    ("lit", 64, 4, 9),
    ("reflections", 32, 6, 8),
    ("reflections blurred", 32, 7, 9),
    ("fog", 16, 5, 9),
    ("composed", 64, 8, 13),
    ("bloom 1/2", 16, 9, 13),
    ("bloom 1/4", 4, 10, 12),
    ("anti-aliased", 64, 12, 14),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut problem = Problem::new();
    for (_, size, start, end) in FRAME {
        problem.push(Item::new(size << 20, 64 << 10), start..end);
    }
    let plan = rm_alias::plan(&problem)?;
    plan.verify(&problem)?;
    println!("{}", draw(&problem, &plan)?);
    Ok(())
}

fn draw(problem: &Problem, plan: &Plan) -> Result<String, fmt::Error> {
    let passes = FRAME.iter().map(|(_, _, _, end)| *end).max().unwrap_or(0);
    let scale = HEIGHT / plan.peak().max(1) as f64;
    let (width, height) = (f64::from(passes) * PASS + 2.0 * MARGIN, HEIGHT + 3.0 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"10\">\n"
    );
    for (index, (name, size, ..)) in FRAME.iter().enumerate() {
        let span = problem.lifetime(index)[0];
        let top = plan.offsets()[index] + problem.items()[index].size;
        let (x, y) = (MARGIN + f64::from(span.start) * PASS, MARGIN + HEIGHT - top as f64 * scale);
        let (wide, high) = (f64::from(span.end - span.start) * PASS, (size << 20) as f64 * scale);
        let hue = index * 47 % 360;
        writeln!(
            svg,
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{wide:.1}\" height=\"{high:.1}\" \
             fill=\"hsl({hue},55%,75%)\" stroke=\"#444\"/>\n\
             <text x=\"{:.1}\" y=\"{:.1}\">{name}, {size} MiB</text>",
            x + 3.0,
            y + high.min(14.0) - 3.0,
        )?;
    }
    let bound = MARGIN + HEIGHT - plan.lower_bound() as f64 * scale;
    writeln!(
        svg,
        "<line x1=\"{MARGIN}\" x2=\"{:.1}\" y1=\"{bound:.1}\" y2=\"{bound:.1}\" stroke=\"#c00\"/>\n\
         <text x=\"{MARGIN}\" y=\"{:.1}\">peak {} MiB, lower bound {} MiB, {:?}, {} MiB without aliasing; {passes} passes</text>\n</svg>",
        width - MARGIN,
        HEIGHT + 2.0 * MARGIN,
        plan.peak() >> 20,
        plan.lower_bound() >> 20,
        plan.proof(),
        FRAME.iter().map(|(_, size, ..)| size).sum::<u64>(),
    )?;
    Ok(svg)
}
