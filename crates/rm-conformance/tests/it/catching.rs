//! A suite that cannot fail is worth nothing: each flaw must be caught by the case that promises its absence.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use rm_conformance::{CASES, Case, Environment, run};
use rm_vksim::Profile;

use crate::{
    flawed::{Flawed, Wrong},
    toy::{Flaw, Toy},
};

fn toy(profile: &str, flaw: Flaw) -> Environment {
    let profile = Profile::builtin(profile).unwrap();
    Environment::simulated(profile, move |context| Ok(Arc::new(Toy::new(context, Some(flaw)))))
}

fn flawed(profile: &str, wrong: Wrong) -> Environment {
    let profile = Profile::builtin(profile).unwrap();
    Environment::simulated(profile, move |context| Ok(Arc::new(Flawed::new(context, wrong))))
}

fn catches(case: &Case, environment: &Environment) -> bool {
    catch_unwind(AssertUnwindSafe(|| run(case, environment))).is_err()
}

fn assert_caught(environment: &Environment, flaw: &str, by: &[&str]) {
    for name in by {
        let case = CASES.iter().find(|case| case.name == *name);
        let case = case.unwrap_or_else(|| panic!("there is no case `{name}`"));
        assert!(catches(case, environment), "`{name}` does not catch {flaw}");
    }
}

/// Flaws of a backend that shares blocks, the profile that shows each, and cases that catch it.
const TOYS: &[(Flaw, &str, &[&str])] = &[
    (Flaw::ForgetsLabels, "integrated", &["labels_are_reported"]),
    (Flaw::FreesWhatIsUsed, "integrated", &["leaks_are_reported_by_label_once"]),
    (Flaw::IgnoresHeadroom, "h200", &["headroom_bounds_new_blocks"]),
    (Flaw::IgnoresNeeds, "h200", &["required_memory_is_an_object_of_its_own"]),
    (Flaw::IgnoresWishes, "h200", &["a_preference_is_honoured"]),
    (
        Flaw::LiesAboutTrim,
        "desktop-bar256",
        &["trim_gives_back_what_it_says", "a_decorator_loses_nothing"],
    ),
    (
        Flaw::Misaligns,
        "integrated",
        &[
            "buffers_get_address_and_alignment",
            "memory_is_what_was_asked_for",
            "random_operations_match_the_model",
        ],
    ),
    (
        Flaw::MixesTilings,
        "granularity-64k",
        &["linear_and_optimal_never_share_a_page", "mixed_memory_owns_its_pages"],
    ),
    (Flaw::NeverReuses, "h200", &["figures_follow_every_step", "a_full_heap_recovers"]),
    (Flaw::Overlaps, "h200", &["live_ranges_never_overlap", "contents_stay_apart"]),
    (Flaw::Races, "h200", &["threads_never_share_memory"]),
    (Flaw::ReportsGaps, "h200", &["ranges_cover_each_block"]),
    (Flaw::SharesAtoms, "arm-noncoherent", &["atoms_are_never_shared"]),
    (Flaw::TellsBlocksAlone, "h200", &["leaks_are_reported_by_label_once"]),
    (Flaw::UnmapsNeighbours, "h200", &["mappings_outlive_their_neighbours"]),
    (Flaw::Wraps, "h200", &["sizes_near_the_end_are_refused", "zero_size_is_refused"]),
];

/// Flaws of a backend of one object a request.
const OTHERS: &[(Wrong, &str, &[&str])] = &[
    (Wrong::AcceptsNonsense, "h200", &["zero_size_is_refused", "bad_alignments_are_refused"]),
    (
        Wrong::CallsAllDedicated,
        "h200",
        &["aliasable_memory_is_never_dedicated", "near_the_count_limit_only_needs_are_dedicated"],
    ),
    (Wrong::ChangesItsName, "h200", &["names_and_abilities_do_not_change"]),
    (Wrong::CountsParcels, "h200", &["parcels_change_no_figure", "a_decorator_serves_resources"]),
    (Wrong::DropsLabels, "h200", &["labels_are_reported", "labels_reach_the_driver"]),
    (Wrong::FreesLate, "h200", &["everything_freed_leaves_nothing_used"]),
    (Wrong::GivesLess, "h200", &["memory_is_what_was_asked_for", "resources_get_what_they_need"]),
    (Wrong::HidesLeaks, "h200", &["leaks_are_reported_by_label_once"]),
    (Wrong::HidesTheLoss, "h200", &["frees_succeed_after_the_loss", "codes_are_told_apart"]),
    (Wrong::HidesTheShortage, "h200", &["the_next_type_serves_when_a_heap_is_full"]),
    (Wrong::IgnoresExports, "h200", &["unknown_exports_are_refused"]),
    (Wrong::KeepsTheResource, "h200", &["a_resource_is_not_kept"]),
    (
        Wrong::LeaksOnError,
        "h200",
        &[
            "a_refused_request_changes_nothing",
            "every_nth_object_may_fail",
            "threads_share_a_full_heap",
        ],
    ),
    (
        Wrong::LeaksWhatIsNotMapped,
        "h200",
        &[
            "a_failed_mapping_leaves_nothing",
            "a_failure_at_any_call_leaves_nothing",
            "a_failure_through_a_decorator_leaves_nothing",
        ],
    ),
    (
        Wrong::LeavesUnmapped,
        "h200",
        &[
            "a_requested_mapping_exists",
            "host_writes_are_read_back",
            "linear_images_are_mapped_and_flushed",
        ],
    ),
    (Wrong::LetsTheDeviceGo, "h200", &["a_leak_never_outlives_its_device"]),
    (Wrong::LosesARange, "h200", &["ranges_cover_each_block"]),
    (Wrong::MapsElsewhere, "h200", &["the_device_sees_what_the_host_writes"]),
    (Wrong::MindsTheThread, "h200", &["memory_is_freed_on_any_thread"]),
    (Wrong::Miscounts, "h200", &["everything_freed_leaves_nothing_used"]),
    (Wrong::PadsDedicated, "h200", &["required_memory_is_an_object_of_its_own"]),
    (Wrong::PanicsInDrop, "h200", &["nothing_left_is_no_leak"]),
    (
        Wrong::PanicsOnRefusal,
        "h200",
        &[
            "a_device_lost_at_any_call_is_survived",
            "a_refusing_driver_changes_nothing",
            "an_unknown_type_is_refused",
            "mapping_unseen_memory_is_refused",
        ],
    ),
    (
        Wrong::PassesTheLimits,
        "h200",
        &[
            "a_heap_is_never_overfilled",
            "other_allocators_count_too",
            "the_largest_object_is_respected",
            "the_number_of_objects_is_respected",
        ],
    ),
    (Wrong::RefusesPriorities, "h200", &["any_priority_is_accepted"]),
    (Wrong::ReportsAnotherName, "h200", &["ranges_cover_each_block"]),
    (
        Wrong::TakesAnotherType,
        "tiler-lazy",
        &[
            "each_location_gets_its_type",
            "memory_is_of_the_requested_type",
            "the_best_type_is_asked_first",
        ],
    ),
    (Wrong::TripsOverLabels, "h200", &["any_label_is_accepted"]),
    (Wrong::UnderstatesTheBlock, "h200", &["the_refusal_names_enough_headroom"]),
    (Wrong::WantsLabels, "h200", &["memory_is_what_was_asked_for"]),
];

/// No case is there that nothing could ever fail.
#[test]
fn every_case_catches_something() {
    let named = |name| {
        TOYS.iter().any(|(.., by)| by.contains(&name))
            || OTHERS.iter().any(|(.., by)| by.contains(&name))
    };
    let idle: Vec<_> = CASES.iter().filter(|case| !named(case.name)).collect();
    assert!(idle.is_empty(), "nothing is known that these catch: {idle:?}");
}

/// Each flaw of a backend that shares blocks is caught.
#[test]
fn flaws_of_shared_blocks_are_caught() {
    for (flaw, profile, by) in TOYS {
        assert_caught(&toy(profile, *flaw), &format!("{flaw:?} on {profile}"), by);
    }
}

/// Each flaw of a backend of one object a request is caught.
#[test]
fn flaws_of_single_objects_are_caught() {
    for (wrong, profile, by) in OTHERS {
        assert_caught(&flawed(profile, *wrong), &format!("{wrong:?} on {profile}"), by);
    }
}
