//! Neighbours are found on both sides, at any distance that matters.

use super::*;

fn place(end: u64, linear: bool) -> Place {
    Place { end, linear, alias: false }
}

fn with(places: &[(u64, Place)]) -> Ranges {
    let mut ranges = Ranges::default();
    for (handle, (start, place)) in (1..).zip(places) {
        ranges.insert(handle, *start, *place);
    }
    ranges
}

fn found(ranges: &Ranges, start: u64, new: Place, page: u64, atom: u64) -> Option<(u64, Conflict)> {
    ranges.conflict(start, new, page, atom).map(|(handle, _, conflict)| (handle, conflict))
}

#[test]
fn overlap_is_found_from_either_side_and_from_within() {
    let ranges = with(&[(100, place(200, true)), (300, place(400, true))]);
    let overlap = |handle| Some((handle, Conflict::Overlap));
    assert_eq!(found(&ranges, 50, place(101, true), 1, 1), overlap(1));
    assert_eq!(found(&ranges, 199, place(250, true), 1, 1), overlap(1));
    assert_eq!(found(&ranges, 120, place(130, true), 1, 1), overlap(1));
    assert_eq!(found(&ranges, 250, place(500, true), 1, 1), overlap(2), "swallowed whole");
    assert_eq!(found(&ranges, 200, place(300, true), 1, 1), None, "touching is not overlapping");
}

#[test]
fn pages_and_atoms_are_shared_by_either_edge() {
    let ranges = with(&[(1024, place(1500, false))]);
    assert_eq!(found(&ranges, 1536, place(1600, true), 1024, 1), Some((1, Conflict::Page)));
    assert_eq!(found(&ranges, 1536, place(1600, false), 1024, 1), None, "one class");
    assert_eq!(found(&ranges, 2048, place(2049, true), 1024, 1), None);
    assert_eq!(found(&ranges, 1000, place(1010, true), 1024, 1), None);
    assert_eq!(found(&ranges, 1504, place(1510, false), 1, 64), Some((1, Conflict::Atom)));
    assert_eq!(found(&ranges, 1536, place(1600, false), 1, 64), None);
}

#[test]
fn every_neighbour_in_the_page_counts_not_only_the_nearest() {
    let ranges = with(&[(0, place(10, false)), (16, place(20, true)), (32, place(40, true))]);
    assert_eq!(found(&ranges, 64, place(80, true), 1024, 1), Some((1, Conflict::Page)));
}

#[test]
fn declared_aliases_may_overlap_but_only_inside_their_range() {
    let mut ranges = with(&[(0, place(4096, true)), (16, place(32, true))]);
    ranges.allow_alias(0..4096);
    assert_eq!(found(&ranges, 64, place(128, false), 1024, 64), None);
    assert_eq!(found(&ranges, 4000, place(5000, true), 1, 1), Some((1, Conflict::Overlap)));
    ranges.remove(1, 0);
    assert_eq!(found(&ranges, 4000, place(5000, true), 1, 1), None);
}

#[test]
fn images_made_as_aliases_may_overlap_one_another() {
    let alias = |end| Place { end, linear: false, alias: true };
    let ranges = with(&[(0, alias(100)), (200, place(300, false))]);
    assert_eq!(found(&ranges, 50, alias(150), 1, 1), None);
    assert_eq!(found(&ranges, 250, alias(350), 1, 1), Some((2, Conflict::Overlap)));
    assert_eq!(found(&ranges, 50, place(60, false), 1, 1), Some((1, Conflict::Overlap)));
}
