//! Whose packages this machine uses, and what the parts of Vulkan are called there.

use std::{fmt, fs};

/// Something that comes in a package of its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Piece {
    /// A browser without a window and what moves it, for the tests of the page of `rm-metrics`.
    Browser,
    Compiler,
    Driver,
    Loader,
    Validation,
}

impl Piece {
    /// What it is called in a sentence.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Browser => "Chromium with its driver",
            Self::Compiler => "a C++ compiler",
            Self::Driver => "a Vulkan driver with a device",
            Self::Loader => "the Vulkan loader",
            Self::Validation => "the validation layer",
        }
    }
}

/// A family of systems with the same packages.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum System {
    Arch,
    /// Debian, Ubuntu and what is made of them, with the ID and the code name of the release.
    Debian {
        id: String,
        codename: String,
    },
    Fedora,
    MacOs,
    Other,
    Windows,
}

impl System {
    /// The system that this program runs on.
    pub(crate) fn of_this_machine() -> Self {
        if cfg!(target_os = "macos") {
            return Self::MacOs;
        }
        if cfg!(target_os = "windows") {
            return Self::Windows;
        }
        Self::of_release(&fs::read_to_string("/etc/os-release").unwrap_or_default())
    }

    /// Debian 12, for which a newer lavapipe can be unpacked.
    pub(crate) fn is_bookworm(&self) -> bool {
        matches!(self, Self::Debian { id, codename } if id == "debian" && codename == "bookworm")
    }

    /// The packages of `piece`, parted by spaces.
    pub(crate) fn packages(&self, piece: Piece) -> Option<&'static str> {
        let [browser, compiler, loader, driver, validation] = match self {
            Self::Arch => [
                "chromium",
                "gcc",
                "vulkan-icd-loader",
                "vulkan-swrast",
                "vulkan-validation-layers",
            ],
            // Ubuntu's own packages of it lead to a snap, which opens in no container.
            Self::Debian { id, .. } if id == "ubuntu" && piece == Piece::Browser => return None,
            Self::Debian { .. } => [
                "chromium chromium-driver",
                "g++",
                "libvulkan1",
                "mesa-vulkan-drivers",
                "vulkan-validationlayers",
            ],
            Self::Fedora => [
                "chromium chromedriver",
                "gcc-c++",
                "vulkan-loader",
                "mesa-vulkan-drivers",
                "vulkan-validation-layers",
            ],
            Self::MacOs => {
                ["chromedriver", "llvm", "vulkan-loader", "molten-vk", "vulkan-validationlayers"]
            }
            Self::Other | Self::Windows => return None,
        };
        Some(match piece {
            Piece::Browser => browser,
            Piece::Compiler => compiler,
            Piece::Driver => driver,
            Piece::Loader => loader,
            Piece::Validation => validation,
        })
    }

    /// How a person gets `missing` here.
    pub(crate) fn advice(&self, missing: &[Piece]) -> String {
        let packages: Vec<&str> = missing.iter().filter_map(|it| self.packages(*it)).collect();
        let packages = packages.join(" ");
        match self {
            Self::Arch => format!("get it with `pacman -S {packages}`"),
            Self::Debian { .. } => {
                format!("get it with `apt-get install {packages}`, or add `--install`")
            }
            Self::Fedora => format!("get it with `dnf install {packages}`"),
            Self::MacOs => format!("get it with `brew install {packages}`"),
            Self::Other => "see the packages of this system".into(),
            Self::Windows => {
                "the loader and a driver come with the driver of the GPU, the validation layer \
                 with the Vulkan SDK (`winget install KhronosGroup.VulkanSDK`)"
                    .into()
            }
        }
    }

    /// Reads the text of `/etc/os-release`.
    fn of_release(release: &str) -> Self {
        let field = |name: &str| {
            let mut lines = release.lines().filter_map(|line| line.split_once('='));
            let value = lines.find(|(key, _)| *key == name).map(|(_, value)| value);
            value.unwrap_or_default().trim_matches(['"', '\'']).to_owned()
        };
        let id = field("ID");
        let like = field("ID_LIKE");
        let families = std::iter::once(id.as_str()).chain(like.split_whitespace());
        for family in families {
            match family {
                "arch" => return Self::Arch,
                "debian" | "ubuntu" => {
                    return Self::Debian { id: id.clone(), codename: field("VERSION_CODENAME") };
                }
                "fedora" | "rhel" => return Self::Fedora,
                _ => {}
            }
        }
        Self::Other
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Arch => f.write_str("Arch"),
            Self::Debian { id, codename } => write!(f, "{id} {codename} (apt)"),
            Self::Fedora => f.write_str("Fedora"),
            Self::MacOs => f.write_str("macOS"),
            Self::Other => f.write_str("unknown"),
            Self::Windows => f.write_str("Windows"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Piece, System};

    const ALL: [Piece; 5] =
        [Piece::Browser, Piece::Compiler, Piece::Loader, Piece::Driver, Piece::Validation];

    #[test]
    fn a_release_is_known_by_its_id_or_what_it_is_like() {
        let debian = System::of_release("ID=debian\nVERSION_CODENAME=bookworm\n");
        assert!(debian.is_bookworm(), "{debian:?}");
        let mint = System::of_release("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n");
        assert!(matches!(mint, System::Debian { .. }) && !mint.is_bookworm(), "{mint:?}");
        let devuan = "ID=devuan\nID_LIKE=debian\nVERSION_CODENAME=bookworm\n";
        assert!(!System::of_release(devuan).is_bookworm());
        assert_eq!(System::of_release("ID=fedora\n"), System::Fedora);
        assert_eq!(System::of_release("ID=manjaro\nID_LIKE=arch\n"), System::Arch);
        assert_eq!(System::of_release(""), System::Other);
    }

    #[test]
    fn every_system_gets_an_instruction_that_names_its_packages() {
        let debian = System::Debian { id: "debian".into(), codename: "trixie".into() };
        for system in [System::Arch, debian, System::Fedora, System::MacOs] {
            let advice = system.advice(&ALL);
            for piece in ALL {
                assert!(advice.contains(system.packages(piece).unwrap()), "{system:?}: {advice}");
            }
        }
        assert!(System::Windows.advice(&ALL).contains("Vulkan SDK"));
        assert!(!System::Other.advice(&ALL).is_empty());
    }

    #[test]
    fn a_browser_is_two_packages_on_debian_and_none_on_ubuntu() {
        let release = |id: &str| System::Debian { id: id.into(), codename: "any".into() };
        let debian = release("debian").packages(Piece::Browser);
        assert_eq!(debian, Some("chromium chromium-driver"));
        assert_eq!(release("ubuntu").packages(Piece::Browser), None);
        assert!(release("ubuntu").packages(Piece::Compiler).is_some());
    }
}
