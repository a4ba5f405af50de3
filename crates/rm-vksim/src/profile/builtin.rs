//! The profiles that come with the crate: one JSON file each.

use std::sync::OnceLock;

use super::Profile;

macro_rules! builtins {
    ($($(#[$doc:meta])* $function:ident = $name:literal;)*) => {
        /// The names, in the order of the functions.
        const NAMES: &[&str] = &[$($name),*];

        impl Profile {
            $($(#[$doc])*
            pub fn $function() -> Self {
                static PARSED: OnceLock<Profile> = OnceLock::new();
                PARSED.get_or_init(|| parse(include_str!(concat!("../../profiles/", $name, ".json")))).clone()
            })*

            /// The built-in profile called `name`.
            pub fn builtin(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$function()),)*
                    _ => None,
                }
            }
        }
    };
}

builtins! {
    /// NVIDIA's H200 of 2026, captured: much memory, five types, granularity 1 KiB.
    h200 = "h200";
    /// A discrete GPU whose whole memory the host reaches.
    desktop_rebar = "desktop-rebar";
    /// A discrete GPU of which the host reaches 256 MiB, in a heap of their own.
    desktop_bar256 = "desktop-bar256";
    /// A GPU that shares the memory of the host.
    integrated = "integrated";
    /// A tile GPU with lazily allocated and protected memory.
    tiler_lazy = "tiler-lazy";
    /// A mobile GPU whose cached memory is not coherent.
    arm_noncoherent = "arm-noncoherent";
    /// An AMD GPU with device-coherent and uncached types.
    amd_coherent = "amd-coherent";
    /// A discrete GPU that allows 4096 memory objects and prefers few.
    count_4096 = "count-4096";
    /// A discrete GPU on which linear and optimal resources keep 64 KiB apart.
    granularity_64k = "granularity-64k";
    /// Mesa's software device of 2022, captured.
    lavapipe_22 = "lavapipe-22";
    /// Mesa's software device of 2025, captured.
    lavapipe_25 = "lavapipe-25";
}

impl Profile {
    /// The names of all built-in profiles.
    pub fn names() -> &'static [&'static str] {
        NAMES
    }
}

/// Reads a file of this crate.
#[expect(clippy::panic, reason = "a file of this crate is part of it, and a test reads each")]
fn parse(json: &str) -> Profile {
    Profile::from_json(json).unwrap_or_else(|error| panic!("a built-in profile is broken: {error}"))
}
