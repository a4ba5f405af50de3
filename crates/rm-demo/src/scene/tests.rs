//! Assets are of real sizes at every detail.

use std::iter;

use super::{FORMATS, LOWEST_DETAIL_BYTES, Scene, Texture};

fn texture(format: usize, side: u32) -> Texture {
    Texture { side, texels: FORMATS[format] }
}

#[test]
fn levels_follow_each_other_without_gaps() {
    for format in 0..FORMATS.len() {
        let texture = texture(format, 512);
        let regions = texture.regions(256);
        assert_eq!(regions.len(), 10);
        assert_eq!(regions[0].buffer_offset, 256);
        let last = regions[9];
        assert_eq!(last.image_extent.width, 1);
        assert_eq!(last.buffer_offset + u64::from(texture.texels.bytes) - 256, texture.bytes());
        let block = u64::from(texture.texels.bytes);
        assert!(regions.iter().all(|region| region.buffer_offset.is_multiple_of(block)));
    }
}

#[test]
fn a_level_smaller_than_a_block_takes_a_whole_block() {
    assert_eq!(texture(3, 4).bytes(), 3 * 16, "levels of 4, 2 and 1 texels");
    assert_eq!(texture(0, 4).bytes(), (16 + 4 + 1) * 4);
}

#[test]
fn the_fallback_ends() {
    assert_eq!(texture(3, 4).fallback(), Some(texture(0, 4)));
    assert_eq!(texture(0, 4).fallback(), None);
}

#[test]
fn frames_are_of_real_sizes_and_always_the_same() {
    let (mut scene, mut again) = (Scene::new(), Scene::new());
    let mut bytes = 0;
    for _ in 0..300 {
        let frame = scene.next_frame();
        assert_eq!(frame, again.next_frame());
        bytes += frame.iter().flat_map(|asset| asset.part_bytes()).sum::<u64>();
    }
    let mebibytes = (bytes / 300) >> 20;
    assert!((3..9).contains(&mebibytes), "{mebibytes} MiB a frame");
}

#[test]
fn lower_detail_is_smaller_and_ends() {
    let mut scene = Scene::new();
    for asset in (0..100).flat_map(|_| scene.next_frame()) {
        let details: Vec<_> = iter::successors(Some(asset), |it| it.reduced()).collect();
        let bytes: Vec<u64> = details.iter().map(|it| it.part_bytes().sum()).collect();
        assert!(bytes.is_sorted_by(|more, less| more > less), "{bytes:?}");
        assert!(bytes.iter().all(|bytes| *bytes > 0));
        assert!(bytes.last().is_some_and(|least| least + 512 < LOWEST_DETAIL_BYTES), "{bytes:?}");
    }
}

#[test]
fn a_reduced_texture_lacks_its_largest_level_alone() {
    let whole = texture(3, 2048);
    let Some(half) = whole.reduced() else { panic!("2048 texels can be halved") };
    assert_eq!((half.side(), half.levels()), (1024, whole.levels() - 1));
    assert_eq!(half.bytes(), whole.bytes() - whole.level_bytes(0));
    assert_eq!(half.format(), whole.format());
}
