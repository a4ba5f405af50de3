//! The shaders, compiled when the crate was built.

use std::ffi::CStr;

/// Code with the names of its entry points.
#[derive(Clone, Copy)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    code: &'static [u8],
    /// For everything but computing.
    pub(crate) vertex: Option<&'static CStr>,
    /// For colours, or for computing.
    pub(crate) main: Option<&'static CStr>,
}

impl Program {
    /// SPIR-V.
    pub(crate) fn words(&self) -> Vec<u32> {
        let words = self.code.chunks_exact(4);
        words.map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]])).collect()
    }
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Program").field(&self.name).finish()
    }
}

/// The program in the file of that name, with these entry points.
macro_rules! program {
    ($name:literal, $vertex:expr, $main:expr) => {
        Program {
            name: $name,
            code: include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".spv")),
            vertex: $vertex,
            main: $main,
        }
    };
}

const SCREEN: Option<&CStr> = Some(c"screen");
const MAIN: Option<&CStr> = Some(c"main");

pub(crate) const SHADOW: Program = program!("shadow", Some(c"place"), None);
pub(crate) const GBUFFER: Program = program!("gbuffer", Some(c"place"), MAIN);
pub(crate) const TILES: Program = program!("tiles", None, MAIN);
pub(crate) const OCCLUSION: Program = program!("occlusion", SCREEN, MAIN);
pub(crate) const OCCLUSION_BLUR: Program = program!("occlusion_blur", SCREEN, MAIN);
pub(crate) const HAZE: Program = program!("haze", SCREEN, MAIN);
pub(crate) const HAZE_BLUR: Program = program!("haze_blur", SCREEN, MAIN);
pub(crate) const LIGHTING: Program = program!("lighting", SCREEN, MAIN);
pub(crate) const REFLECTIONS: Program = program!("reflections", SCREEN, MAIN);
pub(crate) const COMPOSE: Program = program!("compose", SCREEN, MAIN);
pub(crate) const BLOOM_FIRST: Program = program!("bloom_down", SCREEN, Some(c"first"));
pub(crate) const BLOOM_DOWN: Program = program!("bloom_down", SCREEN, MAIN);
pub(crate) const BLOOM_UP: Program = program!("bloom_up", SCREEN, MAIN);
pub(crate) const HISTOGRAM: Program = program!("histogram", None, MAIN);
pub(crate) const EXPOSURE: Program = program!("exposure", None, MAIN);
pub(crate) const TONE_MAP: Program = program!("tone_map", SCREEN, MAIN);
pub(crate) const SMOOTH: Program = program!("smooth", SCREEN, MAIN);
