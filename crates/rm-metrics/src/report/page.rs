//! The page: its parts, put together at compile time, around the JSON of one report.

use std::io::{self, Write};

use super::{Report, digest, embed};

/// Up to the element that holds the report, with a line for each of [`POLICY`] and [`STYLE`].
const FRAME: &str = include_str!("page/page.html");
const POLICY: &str = "<!-- policy -->";
const STYLE_HERE: &str = "<!-- style -->";
const REPORT_HERE: &str = "<!-- report -->";
const SCRIPT_HERE: &str = "<!-- script -->";

const STYLE: &str = concat!(
    include_str!("page/style/theme.css"),
    include_str!("page/style/layout.css"),
    include_str!("page/style/parts.css"),
);

/// One function, so that the page has no names of its own beside those of the browser.
const SCRIPT: &str = concat!(
    "(() => {\n\"use strict\";\n",
    include_str!("page/script/text.js"),
    include_str!("page/script/dom.js"),
    include_str!("page/script/table.js"),
    include_str!("page/script/timeline.js"),
    include_str!("page/script/plot.js"),
    include_str!("page/script/memory.js"),
    include_str!("page/script/churn.js"),
    include_str!("page/script/lanes.js"),
    include_str!("page/script/map_draw.js"),
    include_str!("page/script/map.js"),
    include_str!("page/script/lists.js"),
    include_str!("page/script/main.js"),
    "})();\n",
);

/// Writes the page of `report`.
pub(super) fn write(out: &mut impl Write, report: &Report) -> io::Result<()> {
    let mut rest = FRAME;
    for marker in [POLICY, STYLE_HERE, REPORT_HERE, SCRIPT_HERE] {
        let (before, after) = rest.split_once(marker).unwrap_or((rest, ""));
        out.write_all(before.as_bytes())?;
        match marker {
            POLICY => policy(out)?,
            STYLE_HERE => write!(out, "<style>{STYLE}</style>")?,
            REPORT_HERE => {
                out.write_all(b"<script type=\"application/json\" id=\"report\">")?;
                embed::write(out, report)?;
                out.write_all(b"</script>")?;
            }
            _ => write!(out, "<script>{SCRIPT}</script>")?,
        }
        rest = after;
    }
    out.write_all(rest.as_bytes())
}

/// Nothing is loaded, nothing is sent, and no script or style but ours counts.
fn policy(out: &mut impl Write) -> io::Result<()> {
    let (script, style) = (digest::source(SCRIPT), digest::source(STYLE));
    write!(
        out,
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         script-src '{script}'; style-src '{style}'; img-src data:; base-uri 'none'; \
         form-action 'none'\">"
    )
}

#[cfg(test)]
mod tests {
    use super::{FRAME, POLICY, REPORT_HERE, SCRIPT, SCRIPT_HERE, STYLE, STYLE_HERE};

    #[test]
    fn the_frame_has_each_place_once_and_in_order() {
        let at = |marker| {
            assert_eq!(FRAME.matches(marker).count(), 1, "{marker}");
            FRAME.find(marker)
        };
        let places = [POLICY, STYLE_HERE, REPORT_HERE, SCRIPT_HERE].map(at);
        assert!(places.is_sorted(), "{places:?}");
    }

    #[test]
    fn nothing_in_the_page_refers_to_anything_outside() {
        for part in [FRAME, SCRIPT, STYLE] {
            for word in ["http:", "https:", "//", "@import", "url(", "src=", "import("] {
                let lines = part.lines().filter(|line| !line.trim_start().starts_with("//"));
                let found: Vec<&str> = lines.filter(|line| line.contains(word)).collect();
                assert!(found.is_empty(), "`{word}` in {found:?}");
            }
        }
    }

    #[test]
    fn the_script_never_makes_text_into_elements() {
        for word in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
            assert!(!SCRIPT.contains(word), "{word}");
        }
        assert!(!SCRIPT.contains("</") && !STYLE.contains("</"), "it would end its own element");
    }
}
