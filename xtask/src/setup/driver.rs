//! A driver that programs can be run on, and the devices it has.

use std::{ffi::OsString, fmt, process::Command};

/// One way to run a program: the environment that leads the loader to certain drivers.
#[derive(Clone, Debug)]
pub(crate) struct Driver {
    /// Where the driver comes from.
    pub(crate) label: String,
    /// What a program needs in its environment to get this driver.
    pub(crate) env: Vec<(String, OsString)>,
    /// The devices that the loader shows then.
    pub(crate) devices: Vec<Device>,
}

impl Driver {
    /// Makes `command` run on this driver.
    pub(crate) fn apply(&self, command: &mut Command) {
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
    }

    /// The best device.
    pub(crate) fn best(&self) -> Option<&Device> {
        self.devices.iter().max_by_key(|device| device.rank())
    }

    /// Whether a device answers to `name`, in any case.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.devices.iter().any(|device| device.answers_to(name))
    }
}

impl fmt::Display for Driver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.best() {
            Some(device) => write!(f, "{}: {device}", self.label),
            None => write!(f, "{}: no device", self.label),
        }
    }
}

/// One physical device, as the loader describes it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Device {
    /// `deviceName`.
    pub(crate) name: String,
    /// `discrete`, `integrated`, `virtual`, `cpu` or `other`.
    pub(crate) kind: String,
    /// `driverName`, empty where the driver does not say.
    pub(crate) driver: String,
    /// `driverInfo`, empty where the driver does not say.
    pub(crate) info: String,
    /// `driverVersion`, comparable between two versions of one driver only.
    pub(crate) driver_version: u32,
    /// Major, minor and patch of `apiVersion`.
    pub(crate) api: [u32; 3],
}

impl Device {
    /// Reads what [`Device::line`] wrote.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let mut parts = line.split('\t');
        let mut next = || parts.next().map(str::to_owned);
        let (name, kind, driver, info) = (next()?, next()?, next()?, next()?);
        let driver_version = next()?.parse().ok()?;
        let api: Vec<u32> = next()?.split('.').map_while(|part| part.parse().ok()).collect();
        Some(Self { name, kind, driver, info, driver_version, api: api.try_into().ok()? })
    }

    /// The device as one line with tabs between its parts.
    pub(crate) fn line(&self) -> String {
        let [major, minor, patch] = self.api;
        let names = [&self.name, &self.kind, &self.driver, &self.info];
        let names: Vec<String> = names.iter().map(|it| it.replace(['\t', '\n'], " ")).collect();
        format!("{}\t{}\t{major}.{minor}.{patch}", names.join("\t"), self.driver_version)
    }

    /// Whether `name` is part of its name or its driver's, in any case.
    pub(crate) fn answers_to(&self, name: &str) -> bool {
        let full = format!("{} {} {}", self.name, self.driver, self.info);
        full.to_lowercase().contains(&name.to_lowercase())
    }

    /// Greater for the device to prefer: real hardware first, then the newer driver.
    pub(crate) fn rank(&self) -> (u8, [u32; 3], u32) {
        let kind = match self.kind.as_str() {
            "discrete" => 4,
            "integrated" => 3,
            "virtual" => 2,
            "cpu" => 1,
            _ => 0,
        };
        (kind, self.api, self.driver_version)
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.api;
        let Self { name, kind, driver, info, .. } = self;
        write!(f, "{name} ({kind}), {driver} {info}, Vulkan {major}.{minor}.{patch}")
    }
}

#[cfg(test)]
mod tests {
    use super::{Device, Driver};

    fn device(kind: &str, api: [u32; 3]) -> Device {
        let (name, driver, info) = ("Card 9".into(), "acme".into(), "ACME 1.2".into());
        Device { name, kind: kind.into(), driver, info, driver_version: 7, api }
    }

    #[test]
    fn a_line_reads_back_even_with_tabs_in_names() {
        let mut device = device("cpu", [1, 3, 230]);
        assert_eq!(Device::parse(&device.line()), Some(device.clone()));
        device.name = "a\tb".into();
        assert_eq!(Device::parse(&device.line()).unwrap().name, "a b");
        assert_eq!(Device::parse("a\tb\tc"), None);
    }

    #[test]
    fn hardware_comes_before_software_and_new_before_old() {
        let mut devices =
            [("cpu", 4), ("discrete", 1), ("virtual", 3), ("cpu", 3), ("integrated", 1)]
                .map(|(kind, minor)| device(kind, [1, minor, 0]));
        devices.sort_by_key(|device| std::cmp::Reverse(device.rank()));
        let order: Vec<_> = devices.iter().map(|it| (it.kind.as_str(), it.api[1])).collect();
        assert_eq!(
            order,
            [("discrete", 1), ("integrated", 1), ("virtual", 3), ("cpu", 4), ("cpu", 3)]
        );
    }

    #[test]
    fn a_device_answers_to_parts_of_its_name_and_driver() {
        let devices = vec![device("cpu", [1, 3, 0])];
        let driver = Driver { label: "x".into(), env: Vec::new(), devices };
        assert!(driver.has("card") && driver.has("acme 1.2") && !driver.has("other"));
    }
}
