//! The script: buffers, images, mapped, dedicated, aliasable, and memory alone; written, read, freed in another order.

use ash::vk::{BufferUsageFlags, Format, ImageUsageFlags};
use rm_alloc_core::{
    Allocation, AllocatorCapabilities, BoundBuffer, BoundImage, BufferRequest, ErrorKind,
    ImageRequest, MemoryLocation, MemoryRequest, TilingClass,
};

use crate::Stage;

/// What one step makes.
#[derive(Clone, Debug)]
enum Step {
    Buffer(BufferRequest<'static>),
    Image(ImageRequest<'static>),
    Raw(MemoryRequest<'static>),
}

/// What a step has made.
#[derive(Debug)]
enum Made {
    Buffer(BoundBuffer),
    Image(BoundImage),
    Raw(Allocation),
}

/// Steps that a backend with the abilities of a stage can serve.
#[derive(Debug)]
pub(in crate::cases) struct Script(Vec<Step>);

impl Script {
    /// The steps for the backend of `stage`.
    pub(in crate::cases) fn new(stage: &Stage) -> Self {
        let storage = BufferRequest::new(5000, BufferUsageFlags::STORAGE_BUFFER);
        let staging = BufferRequest::new(3000, BufferUsageFlags::TRANSFER_SRC);
        let usage = ImageUsageFlags::SAMPLED | ImageUsageFlags::TRANSFER_DST;
        let image = ImageRequest::new_2d(Format::R8G8B8A8_UNORM, 60, 40, usage);
        let mut round = vec![
            Step::Buffer(storage.clone().label("storage")),
            Step::Buffer(staging.clone().location(MemoryLocation::HostVisible).label("staging")),
            Step::Image(image.clone().label("image")),
            Step::Buffer(staging.location(MemoryLocation::HostCached)),
            Step::Raw(MemoryRequest::new(9000, 256, stage.types()[0], TilingClass::Linear)),
        ];
        if let Some(visible) = stage.visible_types().last() {
            let raw = MemoryRequest::new(700, 1, *visible, TilingClass::Linear);
            round.push(Step::Raw(raw.mapped().label("mapped")));
        }
        if stage.has(AllocatorCapabilities::DEDICATED) {
            round.push(Step::Buffer(storage.clone().dedicated().label("own")));
            round.push(Step::Image(image.clone().dedicated()));
        }
        if stage.has(AllocatorCapabilities::MIXED) {
            round.push(Step::Buffer(storage.aliasable().label("alias")));
            round.push(Step::Image(image.aliasable().location(MemoryLocation::Auto)));
        }
        // As many rounds as make two hundred calls of a backend that takes an object for each.
        let rounds = 52_usize.div_ceil(round.len());
        Self((0..rounds).flat_map(|_| round.clone()).collect())
    }

    /// Runs every step, frees everything, and says how many steps failed.
    ///
    /// Each failure is checked to have changed nothing; a device that is lost fails all that follow.
    pub(in crate::cases) fn run(&self, stage: &Stage) -> usize {
        let mut failed = 0;
        let mut live = Vec::new();
        for (index, step) in self.0.iter().enumerate() {
            match step.make(stage) {
                Ok(made) => live.push(made),
                Err(_) => failed += 1,
            }
            failed += live.last_mut().map_or(0, |made| made.touch(index));
            // Frees the middle, so that blocks get holes.
            if live.len() > 7 {
                live.remove(live.len() / 2).free(stage);
            }
        }
        live.into_iter().for_each(|made| made.free(stage));
        failed
    }
}

impl Step {
    fn make(&self, stage: &Stage) -> Result<Made, ErrorKind> {
        match self {
            Self::Buffer(request) => {
                stage.buffer(request).map(Made::Buffer).map_err(|error| error.kind())
            }
            Self::Image(request) => {
                stage.image(request).map(Made::Image).map_err(|error| error.kind())
            }
            Self::Raw(request) => stage.allocate(request).map(Made::Raw).map_err(ErrorKind::from),
        }
    }
}

impl Made {
    /// Writes and reads what is mapped, and says how often that failed.
    fn touch(&mut self, seed: usize) -> usize {
        let Self::Buffer(buffer) = self else { return 0 };
        if buffer.mapped().is_none() {
            return 0;
        }
        let bytes = [seed.to_le_bytes()[0]; 100];
        if buffer.write(77, &bytes).is_err() {
            return 1;
        }
        let mut found = [0; 100];
        // SAFETY: no device writes it: nothing is ever submitted.
        let read = unsafe { buffer.read(77, &mut found) };
        assert!(read.is_err() || found == bytes, "the buffer holds other bytes");
        usize::from(read.is_err())
    }

    fn free(self, stage: &Stage) {
        match self {
            Self::Buffer(buffer) => stage.free_buffer(buffer),
            Self::Image(image) => stage.free_image(image),
            Self::Raw(allocation) => stage.free(allocation),
        }
    }
}
