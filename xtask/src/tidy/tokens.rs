//! Walking the tokens of a file, macro bodies included, and the leftovers found that way.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::{Finding, Source};

/// Calls `visit` once for every token with the rest of its group, the token itself first, at
/// every depth.
pub(super) fn walk(tokens: &TokenStream, visit: &mut dyn FnMut(&[TokenTree])) {
    let trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
    for (index, tree) in trees.iter().enumerate() {
        visit(&trees[index..]);
        if let TokenTree::Group(group) = tree {
            walk(&group.stream(), visit);
        }
    }
}

/// The name, if `token` is one.
pub(super) fn name(token: Option<&TokenTree>) -> Option<String> {
    match token? {
        TokenTree::Ident(ident) => Some(ident.to_string()),
        _ => None,
    }
}

/// Whether `token` is this character of punctuation.
pub(super) fn is_punct(token: Option<&TokenTree>, character: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == character)
}

/// The inside of `token`, if it is a group with this delimiter.
pub(super) fn group(token: Option<&TokenTree>, delimiter: Delimiter) -> Option<TokenStream> {
    match token? {
        TokenTree::Group(group) if group.delimiter() == delimiter => Some(group.stream()),
        _ => None,
    }
}

/// The line on which `token` starts, from 1.
pub(super) fn line(token: &TokenTree) -> usize {
    token.span().start().line
}

/// Macros that mark work not done.
pub(super) fn leftovers(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    walk(&source.tokens, &mut |rest| {
        let Some(name) = name(rest.first()) else { return };
        if ["todo", "unimplemented"].contains(&name.as_str()) && is_punct(rest.get(1), '!') {
            findings.push(source.finding(line(&rest[0]), format!("`{name}!` is left over")));
        }
    });
    findings
}
