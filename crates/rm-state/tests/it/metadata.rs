//! Behaviour 10: typed metadata by key, and its price.

use rm_state::{Annotated, Metadata, Rm};

/// Behaviour 10: the resource itself pays nothing for metadata.
#[test]
fn an_rm_adds_one_word_to_an_option() {
    assert!(size_of::<Rm<u64>>() <= 24);
    assert_eq!(size_of::<Rm<Box<u8>>>(), 16, "a type with a niche needs no tag");
}

/// Behaviour 10: a value comes back only as the type it was stored as.
#[test]
fn metadata_is_typed_and_keyed() {
    let mut metadata = Metadata::new();
    assert!(metadata.is_empty());
    assert!(metadata.set("mips", 8_u32).is_none());
    assert!(metadata.set(format!("layer {}", 1), String::from("base")).is_none());
    assert_eq!(metadata.get::<u32>("mips"), Some(&8));
    assert_eq!(metadata.get::<i32>("mips"), None);
    assert_eq!(metadata.get::<String>("layer 1").map(String::as_str), Some("base"));
    assert_eq!(metadata.get::<u32>("absent"), None);

    *metadata.get_mut::<u32>("mips").unwrap() += 1;
    let old = metadata.set("mips", "many").unwrap();
    assert_eq!(old.downcast_ref::<u32>(), Some(&9), "the old value comes back, whatever its type");
    assert_eq!(metadata.len(), 2);
    assert_eq!(format!("{metadata:?}"), r#"Metadata {"layer 1", "mips"}"#);

    assert!(metadata.remove("mips").is_some_and(|old| old.is::<&str>()));
    assert!(!metadata.contains("mips") && metadata.contains("layer 1"));
    assert!(metadata.remove("mips").is_none());
    metadata.clear();
    assert!(metadata.is_empty());
}

/// Behaviour 10: what was said about a value goes with the value.
#[test]
fn resetting_an_annotated_resource_drops_its_metadata() {
    let mut texture = Annotated::new();
    assert!(texture.rm.set(7).is_ok());
    texture.metadata.set("file_path", "diffuse.png");
    assert_eq!(texture.rm.set(8).unwrap(), Some(7));
    assert!(texture.metadata.contains("file_path"), "a new value alone keeps it");
    assert_eq!(texture.reset(), Some(8));
    assert!(texture.metadata.is_empty() && !texture.rm.is_ready());
}
