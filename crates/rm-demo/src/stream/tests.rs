//! Whatever the driver refuses in the middle of a stream, nothing is left behind.

use std::sync::Arc;

use ash::vk;
use resource_management::{
    alloc::{AllocatorStats, MemoryAllocator},
    backend::direct::DirectAllocator,
};
use rm_headless::{
    calls::{self, Call},
    testing,
};

use super::Stream;
use crate::{platform::Real, scene::Scene};

/// Enough for resources to leave as well.
const FRAMES_BEFORE: usize = 40;

/// Within so many frames there are both meshes and textures.
const FRAMES_AFTER: usize = 20;

/// Streams until everything is under way, lets `calls` fail until a frame does, and ends the stream.
fn nothing_is_left_when_these_fail(calls: &[Call]) {
    testing::with_device(|device, _| {
        let context = device.counted_context(|_| ()).unwrap();
        let allocator: Arc<dyn MemoryAllocator> = Arc::new(DirectAllocator::new(&context));
        // SAFETY: the context is one of this device, whose queue nobody else uses.
        let mut stream = unsafe { Stream::new(&Real::new(device), &allocator) }.unwrap();
        let mut scene = Scene::new();
        for _ in 0..FRAMES_BEFORE {
            stream.frame(&scene.next_frame(), false).unwrap();
        }
        assert!(stream.tally().bytes_out > 0, "nothing has left yet");
        for call in calls {
            // One a memory type, as a shortage in one leads to the next.
            for _ in 0..vk::MAX_MEMORY_TYPES {
                calls::fail_next(*call, vk::Result::ERROR_OUT_OF_DEVICE_MEMORY);
            }
        }
        let mut frames = (0..FRAMES_AFTER).map(|_| stream.frame(&scene.next_frame(), false));
        let refused = frames.any(|frame| frame.is_err());
        calls::reset();
        stream.close();
        assert!(refused, "{calls:?} failed, and no frame did");
        assert_eq!(context.blocks().count, 0);
        assert_eq!(allocator.stats(), AllocatorStats::default());
    });
}

#[test]
fn nothing_is_left_when_memory_is_refused() {
    nothing_is_left_when_these_fail(&[Call::AllocateMemory]);
}

#[test]
fn nothing_is_left_when_a_buffer_is_refused() {
    nothing_is_left_when_these_fail(&[Call::CreateBuffer]);
}

#[test]
fn nothing_is_left_when_an_image_is_refused() {
    nothing_is_left_when_these_fail(&[Call::CreateImage]);
}

#[test]
fn nothing_is_left_when_binding_is_refused() {
    nothing_is_left_when_these_fail(&[Call::BindBufferMemory, Call::BindBufferMemory2]);
    nothing_is_left_when_these_fail(&[Call::BindImageMemory, Call::BindImageMemory2]);
}

#[test]
fn a_stream_without_a_frame_closes() {
    testing::with_device(|device, context| {
        let allocator: Arc<dyn MemoryAllocator> = Arc::new(DirectAllocator::new(context));
        // SAFETY: the context is one of this device, whose queue nobody else uses.
        let mut stream = unsafe { Stream::new(&Real::new(device), &allocator) }.unwrap();
        stream.close();
        assert_eq!(context.blocks().made, 0);
    });
}
