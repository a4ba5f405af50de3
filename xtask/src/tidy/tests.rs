//! Each rule refuses what it is for, and this workspace breaks none.

use super::{
    Source, list, of_one_source,
    seed_words::{self, missing_of},
    survey,
    text::{header, length, machine_paths, size_of_core},
};
use crate::workspace::root;

fn parse(path: &str, text: &str) -> Source {
    Source::parse(path, text).unwrap_or_else(|finding| panic!("{finding}"))
}

/// What the rules for one parsed file say.
fn said(path: &str, text: &str) -> Vec<String> {
    of_one_source(&parse(path, text)).into_iter().map(|it| it.what).collect()
}

fn assert_clean(text: &str) {
    assert_eq!(said("crates/a/src/lib.rs", text), [""; 0], "in\n{text}");
}

fn assert_said(path: &str, text: &str, part: &str) {
    let said = said(path, text);
    assert!(said.len() == 1 && said[0].contains(part), "wanted one `{part}`, got {said:?}\n{text}");
}

#[test]
fn this_workspace_is_tidy() {
    let survey = survey(&root());
    assert!(survey.files > 20, "only {} files were found", survey.files);
    assert!(survey.findings.is_empty(), "\n{}", list(&survey.findings));
}

/// Behaviour 34: seed API names stay findable, each as an alias of its Rust name.
#[test]
fn seed_words_are_aliases() {
    let missing = seed_words::missing(&survey(&root()).sources);
    assert!(missing.is_empty(), "\n{}", list(&missing));
}

#[test]
fn a_file_opens_with_what_it_is() {
    assert_eq!(header("a.rs", "//! A file.\n"), None);
    for bad in ["", "fn f() {}\n", "//!\n", "\n//! Late.\n", "// Not inner.\n"] {
        assert!(header("a.rs", bad).is_some(), "{bad:?}");
    }
}

#[test]
fn a_file_has_at_most_600_lines() {
    assert_eq!(length("a.rs", &"\n".repeat(600)), None);
    assert!(length("a.rs", &"\n".repeat(601)).is_some());
}

#[test]
fn paths_of_a_machine_are_refused() {
    for folder in ["work", "root", "home"] {
        let path = format!("/{folder}/somebody");
        for bad in [path.clone(), format!("\"{path}\""), format!("file://{path}")] {
            assert_eq!(machine_paths("a.md", &bad).len(), 1, "{bad}");
        }
        assert!(machine_paths("a.md", &format!("target{path} ${{x}}{path}")).is_empty());
    }
}

#[test]
fn an_unsafe_block_needs_a_reason() {
    for bad in [
        "fn f() { unsafe { g() } }",
        "fn f() {\n    // SAFETY:\n    unsafe { g() }\n}",
        "fn f() {\n    // SAFETY: far away.\n\n    unsafe { g() }\n}",
        "fn f() {\n    let s = \"SAFETY: a string\";\n    unsafe { g() }\n}",
        "// SAFETY: of the function, not of the block.\nfn f() {\n    g();\n    unsafe { g() }\n}",
        "#[test]\nfn f() {\n    h(|| {\n        unsafe { g() }\n    });\n}",
        "fn f() {\n    // SAFETY: of the first.\n    unsafe { g() }\n    unsafe { g() }\n}",
    ] {
        assert_said("crates/a/tests/it.rs", bad, "an unsafe block without");
    }
}

#[test]
fn a_reason_stands_above_the_block_its_statement_or_on_its_line() {
    for good in [
        "fn f() {\n    // SAFETY: why.\n    unsafe { g() }\n}",
        "fn f() {\n    // SAFETY: why,\n    // and more.\n    let x = unsafe { g() };\n}",
        "fn f() {\n    unsafe { g() } // SAFETY: why.\n}",
        "fn f() {\n    // SAFETY: why.\n    #[expect(a)]\n    let x = h(\n        unsafe { g() },\n    );\n}",
        "fn f() {\n    // SAFETY: why.\n    let x = a\n        .b()\n        .c(unsafe { g() });\n}",
        "fn f() {\n    match x {\n        // SAFETY: why.\n        A => unsafe { g() },\n    }\n}",
        "fn f() -> S {\n    S {\n        // SAFETY: why.\n        a: unsafe { g() },\n    }\n}",
        "// SAFETY: why.\nstatic A: B = unsafe { c() };",
    ] {
        assert_clean(good);
    }
}

#[test]
fn an_unsafe_impl_needs_a_reason() {
    assert_said("crates/a/src/b.rs", "unsafe impl Send for A {}", "an unsafe impl without");
    assert_clean("/// Docs.\n// SAFETY: why.\n#[cfg(x)]\nunsafe impl Send for A {}");
    assert_clean("// SAFETY: why.\n#[cfg(x)]\nunsafe impl Send for A {}");
}

#[test]
fn macro_bodies_are_not_excused() {
    assert_said("crates/a/src/b.rs", "fn f() { assert!(unsafe { g() }); }", "in a macro");
    assert_said(
        "crates/a/src/b.rs",
        "// SAFETY: of the macro.\nmacro_rules! m {\n    () => {\n        unsafe { g() }\n    };\n}",
        "in a macro",
    );
    assert_clean("fn f() {\n    // SAFETY: why.\n    assert!(unsafe { g() });\n}");
}

#[test]
fn unfinished_work_is_refused() {
    // Put together here, so that this file does not contain what it looks for.
    for name in ["todo", "unimplemented"] {
        assert_said("crates/a/src/b.rs", &format!("fn f() {{ {name}!() }}"), "left over");
        assert_said("crates/a/src/b.rs", &format!("m!({{ {name}!(\"x\") }});"), "left over");
        assert_clean(&format!("fn {name}() {{ {name}(); }}"));
    }
}

#[test]
fn pure_modules_of_the_core_call_no_vulkan() {
    for bad in [
        "fn f(c: &C) { c.device().free(); }",
        "fn f(c: &C) { c.instance(); }",
        "fn f(c: &C) { (c.fp_v1_0().free)(); }",
        "fn f(device: &ash::Device) {}",
        "use ash::{khr, vk};",
        "use ash::{vk, Entry};",
        "use ash::ext::debug_utils;",
        "use ash as a;",
        "use ash::*;",
    ] {
        assert_said("crates/rm-alloc-core/src/choice.rs", bad, "belongs in");
        for free in ["context.rs", "context/memory.rs", "resource.rs", "resource/bind.rs"] {
            assert_eq!(said(&format!("crates/rm-alloc-core/src/{free}"), bad), [""; 0]);
        }
        assert_eq!(said("crates/rm-alloc-direct/src/lib.rs", bad), [""; 0]);
        assert_eq!(said("crates/rm-alloc-core/src/context_like.rs", bad).len(), 1);
    }
    let good = "use ash::{prelude::VkResult, vk};\nfn f(x: ash::vk::Format) { x.device(1); }";
    assert_eq!(said("crates/rm-alloc-core/src/choice.rs", good), [""; 0]);
}

#[test]
fn safe_crates_say_so_to_the_compiler() {
    assert_said("crates/rm-state/src/lib.rs", "//! A.\n#![no_std]", "forbid(unsafe_code)");
    assert_eq!(said("crates/rm-state/src/lib.rs", "#![forbid(unsafe_code)]"), [""; 0]);
    assert_eq!(said("crates/rm-state/src/flags.rs", "fn f() {}"), [""; 0]);
}

#[test]
fn the_core_has_a_limit_of_lines_of_code() {
    let file = |name: &str, lines| {
        parse(
            &format!("crates/rm-alloc-core/src/{name}.rs"),
            &"const A: u8 = 0;\n\n// A.\n".repeat(lines),
        )
    };
    assert_eq!(size_of_core(&[file("a", 3_000), file("b", 3_000)]), None);
    assert!(size_of_core(&[file("a", 3_000), file("b", 3_001)]).is_some());
    assert_eq!(size_of_core(&[file("a", 6_000), file("a/tests", 1), file("a/model", 1)]), None);
}

#[test]
fn a_seed_word_must_be_on_the_right_name() {
    let words = &[("a", "Old", "new")];
    let lib = |text: &str| missing_of(words, &[parse("crates/a/src/lib.rs", text)]).len();
    assert_eq!(
        lib("#[doc(alias = \"Old\")]\n/// A.\n#[must_use]\npub const unsafe fn new() {}"),
        0
    );
    assert_eq!(lib("m! { struct F: u8 { #[doc(alias = \"Old\")] const new = 1; } }"), 0);
    assert_eq!(
        lib("struct S {\n    #[doc(alias(\"Old\", \"Older\"))]\n    pub(crate) new: u8,\n}"),
        0
    );
    assert_eq!(lib("#[doc(alias = \"Old\")]\npub fn other() {}"), 1);
    assert_eq!(lib("#[doc = \"Old\"]\npub fn new() {}"), 1);
    assert_eq!(missing_of(words, &[parse("crates/b/src/lib.rs", "")]).len(), 1);
}

#[test]
fn what_is_no_rust_is_a_finding() {
    let finding = Source::parse("a.rs", "fn f( {").err().unwrap();
    assert!(finding.what.contains("no Rust"), "{finding}");
}
