//! `cargo xtask tidy`: rules of the house that neither rustfmt nor clippy knows.

mod seed_words;
mod text;
mod tokens;
mod unsafety;
mod vulkan;

#[cfg(test)]
mod tests;

use std::{fmt, fs, path::Path};

use proc_macro2::TokenStream;

use crate::{failure::Failure, workspace};

/// One Rust file, read and parsed.
struct Source {
    /// The path below the root of the workspace, with `/` between its parts.
    path: String,
    text: String,
    tokens: TokenStream,
    tree: syn::File,
}

impl Source {
    fn parse(path: &str, text: &str) -> Result<Self, Finding> {
        let parsed = text.parse::<TokenStream>().map_err(syn::Error::from);
        let parsed = parsed.and_then(|tokens| Ok((tokens.clone(), syn::parse2(tokens)?)));
        match parsed {
            Ok((tokens, tree)) => {
                Ok(Self { path: path.to_owned(), text: text.to_owned(), tokens, tree })
            }
            Err(error) => {
                Err(Finding::new(path, error.span().start().line, format!("no Rust: {error}")))
            }
        }
    }

    fn finding(&self, line: usize, what: impl Into<String>) -> Finding {
        Finding::new(&self.path, line, what)
    }
}

/// One place that breaks one rule.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Finding {
    path: String,
    line: usize,
    what: String,
}

impl Finding {
    fn new(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  {}:{}: {}", self.path, self.line, self.what)
    }
}

/// What there is to check and what the rules for files say of it.
struct Survey {
    files: usize,
    sources: Vec<Source>,
    findings: Vec<Finding>,
}

/// Checks every file of the workspace.
///
/// # Errors
///
/// [`Failure::Check`] with one line a finding.
pub(crate) fn check(root: &Path) -> Result<(), Failure> {
    let Survey { files, sources, mut findings } = survey(root);
    findings.extend(seed_words::missing(&sources));
    if findings.is_empty() {
        println!("tidy: {files} files, nothing to say");
        return Ok(());
    }
    findings.sort();
    let count = findings.len();
    Err(Failure::Check(format!("{files} files, {count} findings\n{}", list(&findings))))
}

fn survey(root: &Path) -> Survey {
    let files = workspace::files(root);
    let mut findings = Vec::new();
    let mut sources = Vec::new();
    for path in &files {
        let Ok(text) = fs::read_to_string(root.join(path)) else { continue };
        findings.extend(text::machine_paths(path, &text));
        if path.ends_with(".rs") {
            findings.extend(text::header(path, &text));
            findings.extend(text::length(path, &text));
            match Source::parse(path, &text) {
                Ok(source) => sources.push(source),
                Err(finding) => findings.push(finding),
            }
        }
    }
    findings.extend(sources.iter().flat_map(of_one_source));
    findings.extend(text::size_of_core(&sources));
    Survey { files: files.len(), sources, findings }
}

/// The rules that look at one parsed file.
fn of_one_source(source: &Source) -> Vec<Finding> {
    let mut findings = unsafety::without_reason(source);
    findings.extend(tokens::leftovers(source));
    findings.extend(vulkan::outside_its_place(source));
    findings.extend(text::forbids_unsafe(source));
    findings
}

fn list(findings: &[Finding]) -> String {
    findings.iter().map(Finding::to_string).collect::<Vec<_>>().join("\n")
}
