//! What the same description is.

use ash::vk::{self, BufferUsageFlags, ImageUsageFlags};
use rm_alloc_core::{BufferRequest, Category, ImageRequest, MemoryLocation, Priority, Tag};
use rm_lifetime::PoolConfig;
use rm_vksim::Profile;

use super::{MIB, buffer, buffers, image, textures};
use crate::rig::Rig;

#[test]
fn every_field_of_a_buffer_but_the_label_tells_them_apart() {
    let requests = [
        buffer(MIB),
        buffer(MIB + 1),
        BufferRequest { usage: BufferUsageFlags::VERTEX_BUFFER, ..buffer(MIB) },
        buffer(MIB).location(MemoryLocation::HostVisible),
        buffer(MIB).dedicated(),
        buffer(MIB).min_alignment(4096),
        buffer(MIB).priority(Priority::High),
        buffer(MIB).queue_families(&[0, 1]),
        buffer(MIB).category(Category::Staging),
        buffer(MIB).tag(Tag(1)),
    ];
    let rig = Rig::new(Profile::desktop_rebar());
    let pool = buffers(&rig, PoolConfig::default());
    let first: Vec<_> = requests.iter().map(|request| pool.acquire(request).unwrap()).collect();
    let raws: Vec<_> = first.iter().map(|buffer| buffer.raw()).collect();
    drop(first);
    rig.finish();
    rig.drain();
    for index in [7, 2, 9, 0, 3, 1, 8, 4, 6, 5] {
        let again = pool.acquire(&requests[index]).unwrap();
        assert_eq!(again.raw(), raws[index], "{:?}", requests[index]);
    }
    assert_eq!(pool.statistics().misses, 10);
    drop(pool);
    rig.end();
}

#[test]
fn every_field_of_an_image_but_the_label_tells_them_apart() {
    let mutable = || image().flags(vk::ImageCreateFlags::MUTABLE_FORMAT);
    let srgb = [vk::Format::R8G8B8A8_UNORM, vk::Format::R8G8B8A8_SRGB];
    let usage = ImageUsageFlags::SAMPLED | ImageUsageFlags::TRANSFER_DST;
    let attachment = ImageUsageFlags::COLOR_ATTACHMENT;
    let (flat, thin) = (vk::ImageType::TYPE_2D, vk::Extent3D { width: 64, height: 1, depth: 1 });
    let of = |format, usage| ImageRequest::new_2d(format, 64, 64, usage);
    let (linear, encoded) = (vk::Format::R8G8B8A8_UNORM, vk::Format::R8G8B8A8_SRGB);
    let requests = [
        image(),
        mutable(),
        mutable().view_formats(&srgb),
        mutable().view_formats(&srgb[..1]),
        ImageRequest::new(vk::ImageType::TYPE_1D, linear, thin, ImageUsageFlags::SAMPLED),
        ImageRequest::new(flat, linear, thin, ImageUsageFlags::SAMPLED),
        of(encoded, ImageUsageFlags::SAMPLED),
        image().mip_levels(2),
        image().array_layers(2),
        of(linear, usage),
        of(linear, attachment),
        of(linear, attachment).samples(vk::SampleCountFlags::TYPE_4),
        image().tiling(vk::ImageTiling::LINEAR),
        image().queue_families(&[0, 1]),
        image().tiling(vk::ImageTiling::LINEAR).location(MemoryLocation::HostVisible),
        image().dedicated(),
        image().priority(Priority::Low),
        image().category(Category::Other),
        image().tag(Tag(1)),
    ];
    let rig = Rig::new(Profile::desktop_rebar());
    let pool = textures(&rig, PoolConfig::default());
    let first: Vec<_> = requests.iter().map(|request| pool.acquire(request).unwrap()).collect();
    let raws: Vec<_> = first.iter().map(|image| image.raw()).collect();
    drop(first);
    rig.finish();
    rig.drain();
    for (request, raw) in requests.iter().zip(&raws).rev() {
        assert_eq!(
            pool.acquire(&request.clone().label("other")).unwrap().raw(),
            *raw,
            "{request:?}"
        );
    }
    assert_eq!(pool.statistics().misses, requests.len() as u64);
    drop(pool);
    rig.end();
}

#[test]
fn what_others_may_hold_or_pointers_describe_is_lent_once() {
    let rig = Rig::new(Profile::desktop_rebar());
    let (pool, shelf) =
        (buffers(&rig, PoolConfig::default()), textures(&rig, PoolConfig::default()));
    let info = vk::ImageCreateInfo::default()
        .image_type(vk::ImageType::TYPE_2D)
        .format(vk::Format::R8G8B8A8_UNORM)
        .extent(vk::Extent3D { width: 64, height: 64, depth: 1 })
        .mip_levels(1)
        .array_layers(1)
        .samples(vk::SampleCountFlags::TYPE_1)
        .usage(ImageUsageFlags::SAMPLED);
    let preinitialized = image()
        .tiling(vk::ImageTiling::LINEAR)
        .initial_layout(vk::ImageLayout::PREINITIALIZED)
        .location(MemoryLocation::HostVisible);
    // SAFETY: plain valid usage, without a pointer.
    let given = unsafe { ImageRequest::from_create_info(info) };
    for _ in 0..2 {
        let aliasable = pool.acquire(&buffer(MIB).aliasable()).unwrap();
        assert!(aliasable.memory().is_some());
        drop(aliasable);
        for request in [&image().aliasable(), &preinitialized, &given] {
            drop(shelf.acquire(request).unwrap());
        }
        assert!(rig.manager.stats().retiring > 0, "they wait to be destroyed");
        rig.finish();
        rig.drain();
        assert_eq!(rig.manager.stats().used, 0);
    }
    let (pool_statistics, shelf_statistics) = (pool.statistics(), shelf.statistics());
    assert_eq!((pool_statistics.bypassed, shelf_statistics.bypassed), (2, 6));
    assert_eq!((pool_statistics.misses, shelf_statistics.misses), (0, 0));
    drop((pool, shelf));
    rig.end();
}
