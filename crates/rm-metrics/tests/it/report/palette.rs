//! The colours of the page: told apart by every kind of sight, and seen against what lies behind them.

use rm_metrics::Report;

const STACK: [&str; 5] = ["buffer", "image", "staging", "transient", "other"];
const KINDS: [&str; 6] = ["buffer", "image", "alias", "raw", "used", "free"];
/// What becomes of linear red, green and blue in eyes without one kind of cone, by the model of Machado, Oliveira and
/// Fernandes (2009); the first are eyes with all three.
const SIGHTS: [(&str, [[f64; 3]; 3]); 4] = [
    ("all", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    ("no red", [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]),
    ("no green", [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]),
    ("no blue", [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]]),
];

/// The value of a colour in the light or the dark theme, as linear red, green and blue.
fn colour(page: &str, dark: bool, name: &str) -> [f64; 3] {
    let (light, rest) = page.split_once(":root[data-theme=\"dark\"]").unwrap();
    let theme = if dark { rest } else { light };
    let (_, value) = theme.split_once(&format!("--{name}: #")).unwrap();
    [0, 2, 4].map(|at| {
        let part = f64::from(u8::from_str_radix(&value[at..at + 2], 16).unwrap()) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    })
}

fn dot(weights: [f64; 3], colour: [f64; 3]) -> f64 {
    weights.into_iter().zip(colour).map(|(weight, part)| weight * part).sum()
}

/// The contrast of two colours, as WCAG counts it.
fn contrast(a: [f64; 3], b: [f64; 3]) -> f64 {
    let [a, b] = [a, b].map(|it| dot([0.2126, 0.7152, 0.0722], it) + 0.05);
    a.max(b) / a.min(b)
}

/// A colour in CIE's Lab under D65, in which distances are about what eyes make of them.
fn lab(colour: [f64; 3]) -> [f64; 3] {
    let xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]];
    let white = [0.9505, 1.0, 1.089];
    let [x, y, z] = [0, 1, 2].map(|at| {
        let part = dot(xyz[at], colour) / white[at];
        if part > 0.008_856 { part.cbrt() } else { 7.787 * part + 16.0 / 116.0 }
    });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

#[test]
fn colours_are_told_apart_by_every_kind_of_sight() {
    let page = page();
    for dark in [false, true] {
        for (sight, matrix) in SIGHTS {
            let seen = |name: &str| {
                let colour = colour(&page, dark, name);
                lab(matrix.map(|row| dot(row, colour).clamp(0.0, 1.0)))
            };
            for names in [&STACK[..], &KINDS[..]] {
                for (at, a) in names.iter().enumerate() {
                    for b in &names[at + 1..] {
                        let parts = seen(a).into_iter().zip(seen(b));
                        let distance = parts.map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
                        // A little over 2 is a difference that is just seen.
                        assert!(
                            distance > 15.0,
                            "{a} and {b}: {distance:.1}, sight: {sight}, dark: {dark}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn colours_stand_out_from_the_ground_and_words_from_colours() {
    let page = page();
    for dark in [false, true] {
        let colour = |name: &str| colour(&page, dark, name);
        let ground = colour("panel");
        for name in STACK.iter().chain(&["alias", "raw", "used", "budget", "warning", "driver"]) {
            let found = contrast(colour(name), ground);
            assert!(found >= 3.0, "{name}: {found:.2}, dark: {dark}");
        }
        for name in KINDS {
            let found = contrast(colour(name), colour(&format!("on-{name}")));
            assert!(found >= 4.5, "words on {name}: {found:.2}, dark: {dark}");
        }
    }
}

fn page() -> String {
    let mut page = Vec::new();
    Report::new("colours").render(&mut page).unwrap();
    String::from_utf8(page).unwrap()
}
