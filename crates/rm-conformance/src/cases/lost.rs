//! A device that is lost: frees succeed, everything else says so.

use ash::vk::{BufferUsageFlags, Format, ImageUsageFlags};
use rm_alloc_core::{
    AllocatorCapabilities, BufferRequest, ErrorKind, ImageRequest, MemoryError, MemoryLocation,
    MemoryRequest, TilingClass,
};

use super::injected::Script;
use crate::{Environment, Outcome};

/// What was made before the loss is freed after it, and what is asked for after it is refused with the reason.
pub fn frees_succeed_after_the_loss(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    let sim = stage.sim()?;
    let storage = BufferRequest::new(5000, BufferUsageFlags::STORAGE_BUFFER);
    let visible = storage.clone().location(MemoryLocation::HostVisible);
    let picture = ImageRequest::new_2d(Format::R8G8B8A8_UNORM, 64, 64, ImageUsageFlags::SAMPLED);
    let buffers = [&storage, &visible]
        .map(|request| stage.buffer(request).unwrap_or_else(|error| panic!("{error}")));
    let image = stage.image(&picture).unwrap_or_else(|error| panic!("{error}"));
    let raw = MemoryRequest::new(3000, 64, 0, TilingClass::Linear);
    let kept = stage.take(&raw);

    sim.lose_device();
    let kinds = [&storage, &visible].map(|request| stage.buffer(request).err().map(|e| e.kind()));
    assert_eq!(kinds, [Some(ErrorKind::DeviceLost); 2]);
    let kind = stage.image(&picture).err().map(|error| error.kind());
    assert_eq!(kind, Some(ErrorKind::DeviceLost));
    // Room in a block that is there already is room, lost or not.
    match stage.allocate(&raw) {
        Err(error) => assert_eq!(error, MemoryError::DeviceLost),
        Ok(allocation) => {
            assert!(stage.has(AllocatorCapabilities::SUBALLOCATES), "an object of a lost device");
            stage.free(allocation);
        }
    }

    buffers.into_iter().for_each(|buffer| stage.free_buffer(buffer));
    stage.free_image(image);
    stage.free(kept);
    stage.finish();
    Ok(())
}

/// Whenever the device is lost: what lives then is freed, what fails changes nothing, nothing leaks.
pub fn a_device_lost_at_any_call_is_survived(environment: &Environment) -> Outcome {
    let stage = environment.stage()?;
    let script = Script::new(&stage);
    let before = stage.sim()?.fallible_calls();
    script.run(&stage);
    let calls = stage.sim()?.fallible_calls() - before;
    stage.finish();
    for nth in (1..=calls).step_by(3) {
        let stage = environment.stage()?;
        stage.sim()?.lose_device_at(nth);
        script.run(&stage);
        assert!(stage.sim()?.is_lost(), "call {nth} was never made");
        stage.finish();
    }
    Ok(())
}
