//! Content follows from its number, and no wrong byte passes.

use super::{Content, Difference};

fn made(content: Content) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(content.bytes()).unwrap()];
    content.fill(0, &mut bytes);
    bytes
}

#[test]
fn parts_are_the_same_as_the_whole() {
    let content = Content::new(3, 1003);
    let whole = made(content);
    let mut part = vec![0; 203];
    content.fill(800, &mut part);
    assert_eq!(part, whole[800..]);
}

#[test]
fn numbers_and_places_do_not_share_words() {
    let (one, two) = (made(Content::new(0, 4096)), made(Content::new(1, 4096)));
    let mut words: Vec<_> = one.chunks(8).chain(two.chunks(8)).collect();
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), 1024);
}

#[test]
fn equal_bytes_pass_at_every_length() {
    for bytes in 0..40 {
        let content = Content::new(7, bytes);
        assert_eq!(content.compare(0, &made(content)), None, "{bytes} bytes");
    }
}

#[test]
fn a_wrong_byte_is_found_wherever_it_is() {
    let content = Content::new(7, 29);
    for at in 0..29 {
        let mut bytes = made(content);
        bytes[at] ^= 0x10;
        let first = at as u64;
        assert_eq!(content.compare(0, &bytes), Some(Difference { count: 1, first }));
    }
}

#[test]
fn every_wrong_byte_is_counted_from_the_offset_on() {
    let content = Content::new(7, 64);
    let mut bytes = made(content).split_off(16);
    bytes[3] ^= 1;
    bytes[40] ^= 1;
    assert_eq!(content.compare(16, &bytes), Some(Difference { count: 2, first: 19 }));
}

#[test]
fn bytes_at_the_wrong_place_are_wrong() {
    let content = Content::new(7, 64);
    let moved = made(content).split_off(8);
    assert!(content.compare(0, &moved).is_some_and(|found| found.count > 40));
}
