//! What all passes read.

use resource_management::lifetime::{LifetimeScope, SharedImage};

use super::LOOKUP;
use crate::{
    budget::PASSES, content::Content, error::DemoError, executor::Subject, resource,
    scene::Texture, supply::Supply,
};

/// Texels on the side of the texture.
pub(super) const SIDE: u32 = 32;

/// A texture that all passes share; a handle, like its image.
#[derive(Clone, Debug)]
pub(super) struct Lookup {
    image: SharedImage,
    texture: Texture,
}

impl Lookup {
    /// Most bytes of its levels: a third more than the largest, in whole places.
    pub(super) const MOST_BYTES: u64 = 6 << 10;

    /// One that is still to be filled with its [content](Self::content).
    pub(super) fn new(supply: &Supply) -> Result<Self, DemoError> {
        let texture = Texture::plain(SIDE);
        let request = resource::image_request(texture).tag(PASSES).label("lookup texture");
        let made = supply.factory().create_image(&request);
        Ok(Self { image: made.map_err(|error| supply.explain(error))?, texture })
    }

    /// What it has to hold.
    pub(super) fn content(&self) -> Content {
        Content::new(LOOKUP, self.texture.bytes())
    }

    /// The texture, to be copied.
    pub(super) fn subject(&self) -> Subject<'_> {
        Subject::Image { image: &self.image, texture: self.texture }
    }

    /// Lets `scope` hold it.
    pub(super) fn keep_in(&self, scope: &mut LifetimeScope) {
        scope.keep(self.image.clone());
    }
}
