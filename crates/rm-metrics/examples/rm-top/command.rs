//! The command line: which socket, and whether once or on and on.

use std::{
    error::Error,
    ffi::OsString,
    io::{self, Read, Write},
    path::Path,
    process::ExitCode,
};

use rm_metrics::LiveReader;

use super::{
    terminal::{text, watch},
    view::View,
};

const USAGE: &str = "usage: rm-top [--once] SOCKET";

/// Columns and rows of a picture for a script, unless `COLUMNS` and `LINES` say otherwise.
const ONCE: (u16, u16) = (80, 30);

/// Does what the command line says: 0 if all went well, 1 if not, 2 on wrong usage.
pub(crate) fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let (flags, paths): (Vec<_>, Vec<_>) = arguments.partition(|it| it == "--once");
    let [path] = &*paths else {
        complain(USAGE);
        return ExitCode::from(2);
    };
    let done = LiveReader::connect(Path::new(path))
        .map_err(Into::into)
        .and_then(|reader| if flags.is_empty() { watch(reader) } else { once(reader) });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("rm-top: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Prints one frame as text.
fn once<R: Read>(mut reader: LiveReader<R>) -> Result<(), Box<dyn Error>> {
    let frame = reader.next().ok_or("the program has ended before a frame did")??;
    let mut view = View::default();
    reader.hello().into_iter().for_each(|hello| view.meet(hello));
    view.add(frame);
    let size = |name, other| {
        std::env::var(name)
            .ok()
            .and_then(|it| it.parse().ok())
            .filter(|it| *it > 0)
            .unwrap_or(other)
    };
    let text = text(&view, size("COLUMNS", ONCE.0), size("LINES", ONCE.1));
    Ok(io::stdout().write_all(text.as_bytes())?)
}

fn complain(what: &str) {
    writeln!(io::stderr(), "{what}").ok();
}
