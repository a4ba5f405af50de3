//! What the same description is.

use ash::vk::{self, BufferUsageFlags, ImageUsageFlags};
use rm_alloc_core::{BufferRequest, Category, ImageRequest, MemoryLocation, Priority, Tag};
use rm_lifetime::PoolConfig;
use rm_vksim::Profile;

use super::{MIB, buffer, buffers, image, textures};
use crate::rig::Rig;

/// One of each, so that each field tells at least one of them from the first.
fn buffer_requests() -> Vec<BufferRequest<'static>> {
    vec![
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
    ]
}

fn image_requests() -> Vec<ImageRequest<'static>> {
    const BOTH: [vk::Format; 2] = [vk::Format::R8G8B8A8_UNORM, vk::Format::R8G8B8A8_SRGB];
    let mutable = || image().flags(vk::ImageCreateFlags::MUTABLE_FORMAT);
    let usage = ImageUsageFlags::SAMPLED | ImageUsageFlags::TRANSFER_DST;
    let attachment = ImageUsageFlags::COLOR_ATTACHMENT;
    let (flat, thin) = (vk::ImageType::TYPE_2D, vk::Extent3D { width: 64, height: 1, depth: 1 });
    let of = |format, usage| ImageRequest::new_2d(format, 64, 64, usage);
    let [linear, encoded] = BOTH;
    vec![
        image(),
        mutable(),
        mutable().view_formats(&BOTH),
        mutable().view_formats(&BOTH[..1]),
        ImageRequest::new(vk::ImageType::TYPE_1D, linear, thin, ImageUsageFlags::SAMPLED),
        ImageRequest::new(flat, linear, thin, ImageUsageFlags::SAMPLED),
        ImageRequest::new_2d(linear, 32, 64, ImageUsageFlags::SAMPLED),
        of(encoded, ImageUsageFlags::SAMPLED),
        image().mip_levels(2),
        image().array_layers(2),
        of(linear, usage),
        of(linear, attachment),
        of(linear, attachment).samples(vk::SampleCountFlags::TYPE_4),
        image().tiling(vk::ImageTiling::LINEAR),
        image().tiling(vk::ImageTiling::LINEAR).location(MemoryLocation::HostVisible),
        image().queue_families(&[0, 1]),
        image().dedicated(),
        image().priority(Priority::Low),
        image().category(Category::Other),
        image().tag(Tag(1)),
    ]
}

/// Whatever other request comes, what was made for `requests[index]` serves it alone, whatever its label.
fn served(rig: &Rig, count: usize, mut hits: impl FnMut(usize, usize) -> [u64; 2]) {
    for one in 0..count {
        for other in 0..count {
            let wanted = if one == other { [1, 1] } else { [0, 2] };
            assert_eq!(hits(one, other), wanted, "hits and misses of {other} after {one}");
        }
    }
    rig.drain();
}

#[test]
fn no_request_gets_a_buffer_of_another() {
    let rig = Rig::new(Profile::desktop_rebar());
    let requests = buffer_requests();
    served(&rig, requests.len(), |one, other| {
        let pool = buffers(&rig, PoolConfig::default());
        drop(pool.acquire(&requests[one]).unwrap());
        rig.finish();
        rig.drain();
        drop(pool.acquire(&requests[other].clone().label("other")).unwrap());
        [pool.statistics().hits, pool.statistics().misses]
    });
    rig.end();
}

#[test]
fn no_request_gets_an_image_of_another() {
    let rig = Rig::new(Profile::desktop_rebar());
    let requests = image_requests();
    served(&rig, requests.len(), |one, other| {
        let pool = textures(&rig, PoolConfig::default());
        drop(pool.acquire(&requests[one]).unwrap());
        rig.finish();
        rig.drain();
        drop(pool.acquire(&requests[other].clone().label("other")).unwrap());
        [pool.statistics().hits, pool.statistics().misses]
    });
    rig.end();
}

#[test]
fn among_spares_of_many_kinds_each_request_finds_its_own() {
    let rig = Rig::new(Profile::desktop_rebar());
    let (pool, shelf) =
        (buffers(&rig, PoolConfig::default()), textures(&rig, PoolConfig::default()));
    let (some, others) = (buffer_requests(), image_requests());
    let buffers: Vec<_> = some.iter().map(|it| pool.acquire(it).unwrap()).collect();
    let images: Vec<_> = others.iter().map(|it| shelf.acquire(it).unwrap()).collect();
    let raws: Vec<_> = buffers.iter().map(|buffer| buffer.raw()).collect();
    let raw_images: Vec<_> = images.iter().map(|image| image.raw()).collect();
    drop((buffers, images));
    rig.finish();
    rig.drain();
    for (request, raw) in some.iter().zip(&raws).rev() {
        assert_eq!(pool.acquire(request).unwrap().raw(), *raw, "{request:?}");
    }
    for (request, raw) in others.iter().zip(&raw_images).rev() {
        assert_eq!(shelf.acquire(request).unwrap().raw(), *raw, "{request:?}");
    }
    drop((pool, shelf));
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
