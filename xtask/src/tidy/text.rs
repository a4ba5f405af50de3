//! Rules that need no syntax: first lines, lengths, machine paths, crate attributes.

use syn::{Attribute, Meta};

use super::{Finding, Source};

/// Most lines of one file.
const MAX_LINES: usize = 600;
/// Most lines of code of `rm-alloc-core`: neither blank nor comment, and not in a file of tests or models.
const MAX_CORE_LINES: usize = 6_000;
const CORE: &str = "crates/rm-alloc-core/src/";
/// Crates that forbid unsafe code in their `lib.rs`.
const SAFE_CRATES: &[&str] =
    &["rm-state", "rm-suballoc", "rm-alias", "rm-metrics", "resource-management"];

/// A file opens with a line that says what it is.
pub(super) fn header(path: &str, text: &str) -> Option<Finding> {
    let first = text.lines().next().unwrap_or_default();
    let says = first.strip_prefix("//!").is_some_and(|rest| !rest.trim().is_empty());
    (!says).then(|| Finding::new(path, 1, "does not open with a `//!` line"))
}

/// A file of more than [`MAX_LINES`] wants splitting.
pub(super) fn length(path: &str, text: &str) -> Option<Finding> {
    let lines = text.lines().count();
    (lines > MAX_LINES)
        .then(|| Finding::new(path, MAX_LINES, format!("{lines} lines, at most {MAX_LINES}")))
}

/// Paths of somebody's machine do not belong in a repository.
pub(super) fn machine_paths(path: &str, text: &str) -> Vec<Finding> {
    // Put together here, so that this file does not contain what it looks for.
    let needles = ["work", "root", "home"].map(|folder| format!("/{folder}/"));
    let starts = |line: &str, at: usize| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|it| !it.is_alphanumeric() && !"._-~*})>$".contains(it))
    };
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for needle in &needles {
            if line.match_indices(needle.as_str()).any(|(at, _)| starts(line, at)) {
                findings.push(Finding::new(path, index + 1, format!("names `{needle}`")));
            }
        }
    }
    findings
}

/// `rm-alloc-core` stays small enough to be read in one sitting.
pub(super) fn size_of_core(sources: &[Source]) -> Option<Finding> {
    let tests = |path: &str| {
        path.ends_with("/tests.rs") || path.contains("/tests/") || path.ends_with("/model.rs")
    };
    let core = sources.iter().filter(|it| it.path.starts_with(CORE) && !tests(&it.path));
    let code = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
    let lines: usize = core.map(|source| source.text.lines().filter(code).count()).sum();
    let what = format!("{lines} lines of code, at most {MAX_CORE_LINES}");
    (lines > MAX_CORE_LINES).then(|| Finding::new(CORE, 0, what))
}

/// The crates that promise to be safe say so to the compiler.
pub(super) fn forbids_unsafe(source: &Source) -> Option<Finding> {
    let safe = |name: &&str| source.path == format!("crates/{name}/src/lib.rs");
    SAFE_CRATES.iter().find(|name| safe(name))?;
    let forbids = source.tree.attrs.iter().any(is_forbid_unsafe);
    (!forbids).then(|| source.finding(1, "lacks `#![forbid(unsafe_code)]`"))
}

fn is_forbid_unsafe(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else { return false };
    let mut names = list.tokens.clone().into_iter();
    list.path.is_ident("forbid") && names.any(|name| name.to_string() == "unsafe_code")
}
