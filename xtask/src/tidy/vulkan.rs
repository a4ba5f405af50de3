//! In `rm-alloc-core`, Vulkan is called only in `context` and `resource`; the rest is pure.
//!
//! Found by syntax: the raw handles are reached through `.device()`, `.instance()` or `fp_v1_*`,
//! and their types live in `ash` outside `ash::vk`, which is plain data.

use proc_macro2::{Delimiter, TokenTree};

use super::{
    Finding, Source,
    tokens::{group, is_punct, line, name, walk},
};

const CORE: &str = "crates/rm-alloc-core/src/";
/// The two modules that may call Vulkan.
const CALLERS: &[&str] = &["context", "resource"];
/// What the pure modules may name of `ash`: data, no calls.
const PURE: &[&str] = &["vk", "prelude", "self"];

/// Vulkan calls in a module that promises to make none.
pub(super) fn outside_its_place(source: &Source) -> Vec<Finding> {
    let Some(module) = source.path.strip_prefix(CORE) else { return Vec::new() };
    let module = module.split('/').next().unwrap_or(module);
    if CALLERS.contains(&module.strip_suffix(".rs").unwrap_or(module)) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    walk(&source.tokens, &mut |rest| {
        if let Some(what) = method(rest).or_else(|| path(rest)) {
            let what = format!("{what} belongs in `context` or `resource`");
            findings.push(source.finding(line(&rest[0]), what));
        }
    });
    findings
}

fn method(rest: &[TokenTree]) -> Option<String> {
    if !is_punct(rest.first(), '.') {
        return None;
    }
    let method = name(rest.get(1))?;
    let nothing = group(rest.get(2), Delimiter::Parenthesis).is_some_and(|it| it.is_empty());
    let handle = nothing && ["device", "instance"].contains(&method.as_str());
    (handle || method.starts_with("fp_v1_")).then(|| format!("`.{method}()`"))
}

/// `ash::Device`, `use ash::{khr, vk}` and the renaming that would hide them.
fn path(rest: &[TokenTree]) -> Option<String> {
    if name(rest.first())? != "ash" {
        return None;
    }
    if name(rest.get(1)).is_some_and(|word| word == "as") {
        return Some("`ash` under another name".into());
    }
    if !is_punct(rest.get(1), ':') || !is_punct(rest.get(2), ':') {
        return None;
    }
    let refused = |item: String| (!PURE.contains(&item.as_str())).then(|| format!("`ash::{item}`"));
    if is_punct(rest.get(3), '*') {
        return Some("`ash::*`".into());
    }
    if let Some(list) = group(rest.get(3), Delimiter::Brace) {
        let mut starts = true;
        return list.into_iter().find_map(|token| {
            let item = if starts { name(Some(&token)) } else { None };
            starts = is_punct(Some(&token), ',');
            item.and_then(refused)
        });
    }
    name(rest.get(3)).and_then(refused)
}
