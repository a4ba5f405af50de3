//! Files read back, mistakes are named, and the built-in devices are ones that Vulkan allows.

use ash::vk;

use super::{Captured, Heap, MemoryType, Profile, ProfileError, json::path_at};
use crate::requirements::{BufferShape, Needs, buffer_needs};

fn all() -> impl Iterator<Item = Profile> {
    Profile::names().iter().map(|name| Profile::builtin(name).unwrap())
}

/// A small valid profile.
fn small() -> Profile {
    let flags = vk::MemoryPropertyFlags::DEVICE_LOCAL
        | vk::MemoryPropertyFlags::HOST_VISIBLE
        | vk::MemoryPropertyFlags::HOST_COHERENT;
    let heap =
        Heap { size: 1 << 30, flags: vk::MemoryHeapFlags::DEVICE_LOCAL.as_raw(), budget: None };
    Profile::new("small", vec![heap], vec![MemoryType { flags: flags.as_raw(), heap: 0 }])
}

fn captured_buffer() -> (BufferShape, Needs) {
    let shape = BufferShape { size: 5, ..BufferShape::default() };
    let needs = Needs {
        size: 48,
        alignment: 16,
        memory_type_bits: 1,
        prefers_dedicated: true,
        requires_dedicated: false,
    };
    (shape, needs)
}

#[test]
fn every_built_in_profile_is_valid_and_reads_back() {
    assert_eq!(Profile::names().len(), 11);
    for (name, profile) in Profile::names().iter().zip(all()) {
        assert_eq!(profile.name, *name);
        profile.validate().unwrap();
        assert_eq!(Profile::from_json(&profile.to_json()).unwrap(), profile, "{name}");
    }
    assert_eq!(Profile::builtin("none such"), None);
}

#[test]
fn the_files_are_laid_out_as_a_capture_lays_them_out() {
    for name in Profile::names() {
        let path = format!("{}/profiles/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        assert_eq!(text, Profile::builtin(name).unwrap().to_json(), "{name}");
    }
}

/// Vulkan: a type comes before every type that has all of its properties and more.
#[test]
fn memory_types_stand_in_the_order_that_vulkan_demands() {
    for profile in all() {
        for (index, later) in profile.types.iter().enumerate() {
            for earlier in &profile.types[..index] {
                let subset = later.flags & earlier.flags == later.flags;
                assert!(!subset || later.flags == earlier.flags, "{} type {index}", profile.name);
            }
        }
    }
}

#[test]
fn the_profiles_are_what_their_names_say() {
    use vk::MemoryPropertyFlags as Flags;
    let has = |profile: &Profile, flags: Flags| {
        profile.types.iter().any(|it| it.properties().contains(flags))
    };
    let h200 = Profile::h200();
    assert_eq!((h200.heaps.len(), h200.types.len()), (2, 5));
    assert_eq!(h200.limits.buffer_image_granularity, 1 << 10);
    assert_eq!(h200.limits.max_memory_allocation_size, (4 << 30) - (2 << 20));
    assert_eq!(Profile::desktop_bar256().heaps[2].size, 256 << 20);
    assert!(has(&Profile::tiler_lazy(), Flags::LAZILY_ALLOCATED));
    let arm = Profile::arm_noncoherent();
    assert!(arm.types.iter().any(|it| {
        let flags = it.properties();
        flags.contains(Flags::HOST_CACHED) && !flags.contains(Flags::HOST_COHERENT)
    }));
    assert_eq!(arm.limits.non_coherent_atom_size, 64);
    assert!(has(&Profile::amd_coherent(), Flags::DEVICE_UNCACHED_AMD));
    assert_eq!(Profile::count_4096().limits.max_memory_allocation_count, 4096);
    assert_eq!(Profile::granularity_64k().limits.buffer_image_granularity, 64 << 10);
}

#[test]
fn captured_profiles_hold_at_least_200_answers() {
    for profile in [Profile::h200(), Profile::lavapipe_22(), Profile::lavapipe_25()] {
        let answers = profile
            .captured
            .iter()
            .filter(|entry| matches!(entry, Captured::Buffer { .. } | Captured::Image { .. }));
        assert!(answers.count() >= 200, "{}", profile.name);
    }
}

#[test]
fn bits_and_numbers_without_a_name_read_back() {
    let mut profile = small();
    profile.types[0].flags |= 1 << 29;
    profile.rules.images.dedicated_for = 1 << 31 | 1;
    assert_eq!(Profile::from_json(&profile.to_json()).unwrap(), profile);
}

#[test]
fn what_a_file_leaves_out_is_an_ordinary_gpu() {
    let text = r#"{"name": "small", "api_version": "1.3.0", "heaps": [{"size": 1073741824, "flags": ["DEVICE_LOCAL"]}],
        "types": [{"flags": ["DEVICE_LOCAL", "HOST_VISIBLE", "HOST_COHERENT"], "heap": 0}]}"#;
    let mut expected = small();
    expected.device_name.clear();
    assert_eq!(Profile::from_json(text).unwrap(), expected);
}

/// Reads the file of [`small`] with `old` replaced and gives the field and reason of the error.
fn misread(old: &str, new: &str) -> (String, String) {
    let text = small().to_json();
    assert!(text.contains(old), "`{old}` is not in\n{text}");
    match Profile::from_json(&text.replacen(old, new, 1)).unwrap_err() {
        ProfileError::Json { field, source } => (field.into(), source.to_string()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_cannot_be_read_is_named() {
    for (old, new, field, reason) in [
        ("\"heap\": 0", "\"heap\": \"0\"", "types[0].heap", "invalid type"),
        ("\"heap\": 0", "\"heep\": 0", "types[0].heep", "unknown field"),
        (", \"heap\": 0", "", "types[0]", "missing field `heap`"),
        ("\"HOST_VISIBLE\"", "\"HOST_VISBLE\"", "types[0].flags", "`HOST_VISBLE`"),
        ("\"1.3.0\"", "\"1.3\"", "api_version", "`1.3`"),
        ("\"1.3.0\"", "\"1.3.4096\"", "api_version", "`1.3.4096`"),
        ("\"other\"", "\"toaster\"", "device_type", "unknown variant"),
        ("\"tile_rows\": 8", "\"tile_rows\": -8", "rules.images.tile_rows", "invalid value"),
        (
            "\"max_buffer_size\": ",
            "\"max_buffer_size\": true, \"x\": ",
            "limits.max_buffer_size",
            "invalid type",
        ),
    ] {
        let (got_field, got_reason) = misread(old, new);
        assert_eq!(got_field, field, "{got_reason}");
        assert!(got_reason.contains(reason), "{field}: {got_reason}");
    }
    assert!(
        matches!(Profile::from_json(""), Err(ProfileError::Json { field, .. }) if field.is_empty())
    );
}

#[test]
fn a_path_is_found_whatever_stands_in_strings() {
    let text = "{\"a\\\"{[\": [1, {\"b\": \"},]\",\n \"c\": 7}]}";
    assert_eq!(path_at(text, 2, 6), "a\\\"{[[1].c");
    assert_eq!(path_at(text, 9, 99), "");
    assert_eq!(path_at("{\"unfinished", 1, 12), "unfinished");
}

/// What `validate` says of [`small`] after `change`.
fn refusal(change: impl FnOnce(&mut Profile)) -> String {
    let mut profile = small();
    change(&mut profile);
    let error = profile.validate().unwrap_err();
    // What is refused in memory is refused in a file.
    assert_eq!(Profile::from_json(&profile.to_json()).unwrap_err().to_string(), error.to_string());
    error.to_string()
}

#[test]
fn impossible_devices_are_refused_by_field() {
    use vk::MemoryPropertyFlags as Flags;
    small().validate().unwrap();
    let of_type = |flags: Flags| refusal(|it| it.types[0].flags = flags.as_raw());
    let says = |said: String, field: &str| assert!(said.contains(field), "`{field}` in `{said}`");

    says(refusal(|it| it.name.clear()), "`name`");
    says(refusal(|it| it.api_version = vk::API_VERSION_1_0), "`api_version`");
    says(refusal(|it| it.heaps.clear()), "`heaps`");
    says(refusal(|it| it.heaps[0].size = 0), "`heaps[0].size`");
    says(refusal(|it| it.heaps[0].budget = Some(0)), "`heaps[0].budget`");
    says(refusal(|it| it.heaps[0].budget = Some((1 << 30) + 1)), "`heaps[0].budget`");
    says(refusal(|it| it.heaps = vec![it.heaps[0]; 17]), "17 entries, at most 16");
    says(refusal(|it| it.types.clear()), "`types`");
    says(refusal(|it| it.types = vec![it.types[0]; 33]), "33 entries, at most 32");
    says(refusal(|it| it.types[0].heap = 1), "`types[0].heap` is 1");
    says(refusal(|it| it.queue_families.clear()), "`queue_families`");
    says(refusal(|it| it.limits.non_coherent_atom_size = 48), "atom_size` is 48");
    says(refusal(|it| it.limits.max_buffer_size = 0), "`limits.max_buffer_size`");
    says(refusal(|it| it.rules.images.row_pitch = 0), "`rules.images.row_pitch`");
    says(refusal(|it| it.rules.formats.samples = 4), "`rules.formats.samples`");
    says(refusal(|it| it.features.protected = true), "`features.protected`");
    says(of_type(Flags::HOST_CACHED), "`types[0].flags`");
    says(of_type(Flags::DEVICE_LOCAL | Flags::LAZILY_ALLOCATED | Flags::HOST_VISIBLE), "flags`");
    says(of_type(Flags::DEVICE_LOCAL), "no host-visible");
    says(of_type(Flags::HOST_VISIBLE | Flags::HOST_COHERENT), "no device-local");
    says(of_type(Flags::DEVICE_LOCAL | Flags::LAZILY_ALLOCATED), "no device-local");
    let (info, mut needs) = captured_buffer();
    needs.memory_type_bits = 2;
    says(refusal(|it| it.captured.push(Captured::Buffer { info, needs })), "`captured[0]`");
}

#[test]
fn a_clone_answers_from_what_was_captured_into_it() {
    let (info, needs) = captured_buffer();
    let mut profile = small();
    profile.captured.push(Captured::Buffer { info, needs });
    assert_eq!(buffer_needs(&profile, &info), needs);

    let mut clone = profile.clone();
    clone.captured[0] = Captured::Buffer { info, needs: Needs { size: 96, ..needs } };
    assert_eq!(buffer_needs(&clone, &info).size, 96);
    assert_eq!(buffer_needs(&profile, &info), needs);
}

#[test]
fn fitted_rules_come_from_the_answers_and_keep_the_rest() {
    let mut profile = small();
    let (rules, (info, needs)) = (profile.rules, captured_buffer());
    profile.fit_rules();
    assert_eq!(profile.rules, rules, "nothing was captured");

    let info = BufferShape { usage: vk::BufferUsageFlags::UNIFORM_BUFFER, ..info };
    profile.captured.push(Captured::Buffer { info, needs });
    profile.fit_rules();
    assert_eq!(profile.rules.buffers.uniform, 16);
    assert_eq!(profile.rules.buffers.types, Some(1));
    assert_eq!(profile.rules.buffers.dedicated_from, Some(48));
    assert_eq!((profile.rules.images, profile.rules.formats), (rules.images, rules.formats));
}
