//! The one list of cases, and what is made of it: [`Group`] and [`CASES`] here, tests in a backend's crate.

/// The one list of cases, handed to another macro of this crate behind `arguments`.
///
/// A list, not code, which is why it is longer than a macro should be.
#[doc(hidden)]
#[macro_export]
macro_rules! __with_cases {
    ($then:ident $arguments:tt) => {
        $crate::$then! { $arguments
            Core core {
                a_refused_request_changes_nothing
                an_unknown_type_is_refused
                any_label_is_accepted
                any_priority_is_accepted
                bad_alignments_are_refused
                contents_stay_apart
                live_ranges_never_overlap
                memory_is_of_the_requested_type
                memory_is_what_was_asked_for
                names_and_abilities_do_not_change
                sizes_near_the_end_are_refused
                unknown_exports_are_refused
                zero_size_is_refused
            }
            Resources resources {
                buffers_get_address_and_alignment
                labels_reach_the_driver
                linear_images_are_mapped_and_flushed
                resources_get_what_they_need
            }
            Ranking ranking {
                each_location_gets_its_type
                the_best_type_is_asked_first
                the_next_type_serves_when_a_heap_is_full
            }
            Mapping mapping {
                a_requested_mapping_exists
                atoms_are_never_shared
                host_writes_are_read_back
                mapping_unseen_memory_is_refused
                mappings_outlive_their_neighbours
                the_device_sees_what_the_host_writes
            }
            Granularity granularity {
                linear_and_optimal_never_share_a_page
                mixed_memory_owns_its_pages
            }
            Dedicated dedicated {
                a_preference_is_honoured
                a_resource_is_not_kept
                aliasable_memory_is_never_dedicated
                near_the_count_limit_only_needs_are_dedicated
                required_memory_is_an_object_of_its_own
            }
            Limits limits {
                a_heap_is_never_overfilled
                other_allocators_count_too
                the_largest_object_is_respected
                the_number_of_objects_is_respected
            }
            Statistics statistics {
                everything_freed_leaves_nothing_used
                figures_follow_every_step
                parcels_change_no_figure
                trim_gives_back_what_it_says
            }
            Report report {
                labels_are_reported
                ranges_cover_each_block
            }
            Headroom headroom {
                headroom_bounds_new_blocks
                the_refusal_names_enough_headroom
            }
            Shortage shortage {
                a_failed_mapping_leaves_nothing
                a_full_heap_recovers
                a_refusing_driver_changes_nothing
                codes_are_told_apart
                every_nth_object_may_fail
            }
            Injected injected {
                a_failure_at_any_call_leaves_nothing
                a_failure_through_a_decorator_leaves_nothing
            }
            Lost lost {
                a_device_lost_at_any_call_is_survived
                frees_succeed_after_the_loss
            }
            Leaks leaks {
                a_leak_never_outlives_its_device
                leaks_are_reported_by_label_once
                nothing_left_is_no_leak
            }
            Threads threads {
                memory_is_freed_on_any_thread
                threads_never_share_memory
                threads_share_a_full_heap
            }
            Decorators decorators {
                a_decorator_loses_nothing
                a_decorator_serves_resources
            }
            Model model {
                random_operations_match_the_model
            }
        }
    };
}

/// Makes [`Group`] and [`CASES`] of the list.
#[doc(hidden)]
#[macro_export]
macro_rules! __table {
    (() $($group:ident $module:ident { $($name:ident)* })*) => {
        /// What a case is about; each is a module of [`cases`](crate::cases).
        #[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
        #[non_exhaustive]
        pub enum Group {
            $(#[doc = concat!("See [`cases::", stringify!($module), "`](crate::cases::", stringify!($module), ").")]
            $group,)*
        }

        impl Group {
            /// Every group.
            pub const ALL: &'static [Self] = &[$(Self::$group),*];
        }

        /// Every case, group by group.
        pub const CASES: &[$crate::Case] = &[$($($crate::Case {
            group: Group::$group,
            name: stringify!($name),
            check: $crate::cases::$module::$name,
        },)*)*];
    };
}

/// Makes tests of the list of cases.
#[doc(hidden)]
#[macro_export]
macro_rules! __tests {
    (($factory:path) $($group:ident $module:ident { $($name:ident)* })*) => {
        $($(#[test]
        fn $name() {
            $crate::run_on_every_profile(stringify!($name), $factory);
        })*)*
    };
}

/// Makes tests of the list of groups.
#[doc(hidden)]
#[macro_export]
macro_rules! __group_tests {
    (($run:path) $($group:ident $module:ident { $($name:ident)* })*) => {
        $(#[test]
        fn $module() {
            $run($crate::Group::$group);
        })*
    };
}

crate::__with_cases!(__table());
