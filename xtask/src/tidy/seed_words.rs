//! The words of the two founding documents stay findable: each is a `#[doc(alias)]` of its Rust
//! name.

use proc_macro2::{Delimiter, TokenTree};

use super::{
    Finding, Source,
    tokens::{group, is_punct, name, walk},
};

/// Crate, word, and the names of which at least one carries the word as an alias.
#[rustfmt::skip] // A table: one line a word.
const WORDS: &[(&str, &str, &str)] = &[
    ("rm-state", "RM", "Rm"),
    ("rm-state", "Ready", "READY"),
    ("rm-state", "Value", "value"),
    ("rm-state", "ValueOr", "value_or"),
    ("rm-state", "Set", "set"),
    ("rm-state", "Reset", "reset"),
    ("rm-state", "Has", "has"),
    ("rm-state", "MarkOutdated", "mark_outdated"),
    ("rm-state", "GetGeneration", "generation"),
    ("rm-alloc-core", "IMemoryAllocator", "MemoryAllocator"),
    ("rm-alloc-core", "VramAllocator", "MemoryAllocator"),
    ("rm-alloc-core", "CreateAliasedBuffer", "create_aliased_buffer"),
    ("rm-alloc-core", "GetAliasedAllocationCount", "aliased_allocation_count"),
    ("rm-alloc-core", "GetAllocatorStats", "allocator_stats"),
    ("rm-alloc-core", "IsNearBudgetLimit", "is_near_budget_limit"),
    ("rm-alloc-core", "IsOverBudget", "is_over_budget"),
    ("rm-alloc-core", "ReleaseStagingQuota", "release_staging_quota"),
    ("rm-alloc-core", "TryReserveStagingQuota", "try_reserve_staging_quota"),
    ("rm-alloc-core", "fragmentationRatio", "fragmentation"),
    ("rm-alloc-core", "set_allocation_policy", "set_policy"),
    ("rm-alloc-core", "stagingQuotaUsed", "staging_used"),
    ("rm-alloc-core", "totalDeviceMemory", "heap_size"),
    ("rm-alloc-core", "usedDeviceMemory", "used"),
    ("rm-alloc-core", "with_vram_allocator", "with_allocator"),
    ("rm-alloc-core", "AllocateBuffer", "allocate_buffer"),
    ("rm-alloc-core", "FreeBuffer", "free_buffer"),
    ("rm-alloc-core", "AllocateImage", "allocate_image"),
    ("rm-alloc-core", "FreeImage", "free_image"),
    ("rm-alloc-core", "GetStats", "stats"),
    ("rm-alloc-core", "BufferAllocationRequest", "BufferRequest"),
    ("rm-alloc-core", "alloc_buffer", "allocate_buffer"),
    ("rm-alloc-core", "alloc_texture", "allocate_image"),
    ("rm-alloc-core", "debugName", "label"),
    ("rm-alloc-core", "allowAliasing", "aliasable"),
    ("rm-alloc-direct", "DefaultVramAllocator", "DirectAllocator"),
    ("rm-lifetime", "AddRef", "Shared"),
    ("rm-lifetime", "BeginScope", "begin"),
    ("rm-lifetime", "CreateBuffer", "create_buffer"),
    ("rm-lifetime", "CreateImage", "create_image"),
    ("rm-lifetime", "EndScope", "end"),
    ("rm-lifetime", "GetRefCount", "use_count"),
    ("rm-lifetime", "SharedResource", "Shared"),
    ("rm-metrics", "FrameMetrics", "FrameFigures"),
    ("rm-metrics", "SetBudgetManager", "new"),
    ("rm-metrics", "aliasedAllocationCount", "aliased_count"),
    ("rm-metrics", "allocationCount", "allocation_count"),
    ("rm-metrics", "budgetUtilization", "budget_utilization"),
    ("rm-metrics", "isOverBudget", "is_over_budget"),
    ("rm-metrics", "stagingQuotaUsed", "staging_quota_used"),
    ("rm-metrics", "trackedAllocatedBytes", "tracked_bytes"),
    ("rm-rendergraph-bridge", "AllocateBufferTracked", "allocate_buffer_tracked"),
    ("rm-rendergraph-bridge", "MainCacher", "KeyedCache"),
    ("rm-rendergraph-bridge", "TypedCacher", "KeyedCache"),
];

/// Keywords that may stand between an attribute and the name of its item.
const KEYWORDS: &[&str] = &[
    "async", "const", "enum", "extern", "fn", "mod", "mut", "pub", "static", "struct", "trait",
    "type", "union", "unsafe",
];

/// Words of the table that no item of their crate carries.
pub(super) fn missing(sources: &[Source]) -> Vec<Finding> {
    missing_of(WORDS, sources)
}

pub(super) fn missing_of(words: &[(&str, &str, &str)], sources: &[Source]) -> Vec<Finding> {
    let aliases: Vec<_> = sources.iter().flat_map(|it| aliases(it).into_iter()).collect();
    let mut findings = Vec::new();
    for (package, word, rust) in words {
        let place = format!("crates/{package}/src/");
        let mut names = aliases.iter().filter(|it| it.path.starts_with(&place) && it.word == *word);
        if names.clone().any(|alias| alias.name == *rust) {
            continue;
        }
        let what = match names.next() {
            Some(other) => {
                format!("`{word}` is an alias of `{}`, expected `{rust}`", other.name)
            }
            None => format!("`{rust}` lacks `#[doc(alias = \"{word}\")]`"),
        };
        findings.push(Finding::new(&place, 0, what));
    }
    findings
}

/// One word that an item carries.
#[derive(Debug)]
struct Alias {
    path: String,
    word: String,
    name: String,
}

/// Every `#[doc(alias = ..)]` and `#[doc(alias(..))]` of a file with the name of its item, also
/// in macro bodies.
fn aliases(source: &Source) -> Vec<Alias> {
    let mut found = Vec::new();
    walk(&source.tokens, &mut |rest| {
        let attribute =
            group(rest.get(1), Delimiter::Bracket).filter(|_| is_punct(rest.first(), '#'));
        let Some(attribute) = attribute.map(|it| it.into_iter().collect::<Vec<_>>()) else {
            return;
        };
        let is_doc = name(attribute.first()).is_some_and(|word| word == "doc");
        let Some(list) = group(attribute.get(1), Delimiter::Parenthesis).filter(|_| is_doc) else {
            return;
        };
        if name(list.clone().into_iter().next().as_ref()).is_none_or(|word| word != "alias") {
            return;
        }
        let Some(name) = item_name(&rest[2..]) else { return };
        walk(&list, &mut |rest| {
            if let Some(TokenTree::Literal(literal)) = rest.first() {
                let word = literal.to_string().trim_matches('"').to_owned();
                found.push(Alias { path: source.path.clone(), word, name: name.clone() });
            }
        });
    });
    found
}

/// The name of the item that starts here, after its other attributes and its keywords.
fn item_name(mut rest: &[TokenTree]) -> Option<String> {
    loop {
        let attribute =
            is_punct(rest.first(), '#') && group(rest.get(1), Delimiter::Bracket).is_some();
        let visibility = group(rest.first(), Delimiter::Parenthesis).is_some();
        let abi = matches!(rest.first(), Some(TokenTree::Literal(_)));
        match name(rest.first()) {
            _ if attribute => rest = &rest[2..],
            _ if visibility || abi => rest = &rest[1..],
            Some(word) if KEYWORDS.contains(&word.as_str()) => rest = &rest[1..],
            other => return other,
        }
    }
}
