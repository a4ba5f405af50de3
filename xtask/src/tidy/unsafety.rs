//! Every unsafe block and every unsafe impl has a safety reason.
//!
//! The reason stands on the line of `unsafe`, directly above it, or directly above the statement,
//! item, arm or field that holds it. In a macro body only the first two count, because one comment
//! above a long macro would otherwise excuse all of it.

use proc_macro2::{Delimiter, TokenStream};
use syn::{
    Arm, ExprUnsafe, FieldValue, ImplItem, Item, ItemImpl, Macro, Stmt, TraitItem,
    spanned::Spanned,
    visit::{self, Visit},
};

use super::{
    Finding, Source,
    tokens::{group, line, name, walk},
};

/// Unsafe blocks and impls that nobody gave a reason for.
pub(super) fn without_reason(source: &Source) -> Vec<Finding> {
    let lines: Vec<&str> = source.text.lines().collect();
    let mut visitor = Visitor { source, lines: &lines, holder: 1, findings: Vec::new() };
    visitor.visit_file(&source.tree);
    visitor.findings
}

struct Visitor<'a> {
    source: &'a Source,
    lines: &'a [&'a str],
    /// The first line of the innermost statement or item around the current place, from 1.
    holder: usize,
    findings: Vec<Finding>,
}

impl Visitor<'_> {
    fn within(&mut self, node: &impl Spanned, visit: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.holder, node.span().start().line);
        visit(self);
        self.holder = outer;
    }

    fn judge(&mut self, what: &str, line: usize, holder: Option<usize>) {
        let here = self.lines.get(line - 1).is_some_and(|text| gives_reason(text));
        let reasoned = here || self.above(line) || holder.is_some_and(|first| self.above(first));
        if !reasoned {
            let what = format!("{what} without a safety reason in a comment");
            self.findings.push(self.source.finding(line, what));
        }
    }

    /// Whether the comment that ends right above `line` gives a reason; attributes may follow it.
    fn above(&self, line: usize) -> bool {
        let above = self.lines[..line.saturating_sub(1).min(self.lines.len())].iter().rev();
        let part = |text: &&&str| ["//", "#["].iter().any(|it| text.trim_start().starts_with(it));
        above.take_while(part).any(|text| gives_reason(text))
    }

    fn judge_tokens(&mut self, tokens: &TokenStream) {
        let mut found = Vec::new();
        walk(tokens, &mut |rest| {
            if name(rest.first()).is_none_or(|word| word != "unsafe") {
                return;
            }
            if group(rest.get(1), Delimiter::Brace).is_some() {
                found.push(("an unsafe block in a macro", line(&rest[0])));
            } else if name(rest.get(1)).is_some_and(|word| word == "impl") {
                found.push(("an unsafe impl in a macro", line(&rest[0])));
            }
        });
        for (what, line) in found {
            self.judge(what, line, None);
        }
    }
}

impl<'ast> Visit<'ast> for Visitor<'_> {
    fn visit_expr_unsafe(&mut self, node: &'ast ExprUnsafe) {
        self.judge("an unsafe block", node.unsafe_token.span.start().line, Some(self.holder));
        visit::visit_expr_unsafe(self, node);
    }

    fn visit_item_impl(&mut self, node: &'ast ItemImpl) {
        if let Some(token) = &node.unsafety {
            self.judge("an unsafe impl", token.span.start().line, Some(node.span().start().line));
        }
        visit::visit_item_impl(self, node);
    }

    fn visit_macro(&mut self, node: &'ast Macro) {
        self.judge_tokens(&node.tokens);
    }

    fn visit_stmt(&mut self, node: &'ast Stmt) {
        self.within(node, |it| visit::visit_stmt(it, node));
    }

    fn visit_item(&mut self, node: &'ast Item) {
        self.within(node, |it| visit::visit_item(it, node));
    }

    fn visit_impl_item(&mut self, node: &'ast ImplItem) {
        self.within(node, |it| visit::visit_impl_item(it, node));
    }

    fn visit_trait_item(&mut self, node: &'ast TraitItem) {
        self.within(node, |it| visit::visit_trait_item(it, node));
    }

    fn visit_arm(&mut self, node: &'ast Arm) {
        self.within(node, |it| visit::visit_arm(it, node));
    }

    fn visit_field_value(&mut self, node: &'ast FieldValue) {
        self.within(node, |it| visit::visit_field_value(it, node));
    }
}

/// Whether a comment on this line gives a reason after the word that clippy looks for, too.
fn gives_reason(line: &str) -> bool {
    let Some(comment) = line.find("//").map(|at| &line[at..]) else { return false };
    let reason = comment.split_once("SAFETY:").map(|(_, reason)| reason.trim());
    reason.is_some_and(|reason| !reason.is_empty())
}
