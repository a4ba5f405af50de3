//! Frames, two at a time on the way, over one set of resources.

use std::array;

use crate::{
    binding::{Sources, Views},
    device::Device,
    error::FrameError,
    geometry::Geometry,
    memory::{MemoryReport, Sharing, Transients},
    options::Options,
    picture::Picture,
    program::{Pipeline, Samplers},
    record::Recording,
    sabotage::Sabotage,
    schedule::{Barriers, schedule},
    slot::Slot,
    table::Table,
    uniform,
};

/// Frames that are on the way at the same time.
const IN_FLIGHT: usize = 2;

/// What does not depend on where resources live.
#[derive(Debug)]
pub(crate) struct Stage {
    table: Table,
    schedule: Vec<Barriers>,
    pipelines: Vec<Option<Pipeline>>,
    samplers: Samplers,
    geometry: Geometry,
}

/// What came of a play.
#[derive(Debug)]
pub(crate) struct Played {
    /// In the order of frames.
    pub(crate) pictures: Vec<Picture>,
    pub(crate) report: MemoryReport,
    /// Of the device for each frame, if it has a clock.
    pub(crate) milliseconds: Vec<f64>,
}

impl Stage {
    /// Everything for frames of the size that `options` ask for.
    pub(crate) fn new(device: &Device, options: &Options) -> Result<Self, FrameError> {
        let table = Table::deferred(options.size);
        let pipelines = table.passes.iter().map(|pass| Pipeline::new(device, &table, pass));
        let pipelines = pipelines.collect::<Result<_, _>>()?;
        Ok(Self {
            schedule: schedule(&table),
            pipelines,
            samplers: Samplers::new(device)?,
            geometry: Geometry::upload(device)?,
            table,
        })
    }

    /// What the passes are called.
    pub(crate) fn passes(&self) -> Vec<String> {
        self.table.passes.iter().map(|pass| pass.label.clone()).collect()
    }

    /// How many resources live within a frame.
    pub(crate) fn transients(&self) -> usize {
        self.table.resources.iter().filter(|it| !it.external).count()
    }

    fn sources<'a>(&'a self, transients: &'a Transients, views: &'a Views) -> Sources<'a> {
        Sources {
            table: &self.table,
            pipelines: &self.pipelines,
            samplers: &self.samplers,
            transients,
            views,
        }
    }

    /// Renders all frames, over resources that share memory or do not.
    pub(crate) fn play(
        &self,
        device: &Device,
        options: &Options,
        sharing: Sharing,
    ) -> Result<Played, FrameError> {
        let mut transients = Transients::new(device.factory(), &self.table, sharing)?;
        let views = Views::new(device, &self.table, &transients)?;
        let sources = self.sources(&transients, &views);
        let slots: [_; IN_FLIGHT] = array::from_fn(|_| Slot::new(device, &sources, options.size));
        let mut slots = slots.into_iter().collect::<Result<Vec<_>, _>>()?;
        let report = transients.report();
        let mut played = Played { pictures: Vec::new(), report, milliseconds: Vec::new() };
        for frame in 0..options.frames {
            let slot = &mut slots[frame as usize % IN_FLIGHT];
            played.collect(device, slot, options)?;
            let sabotage = match sharing {
                Sharing::On => Sabotage::of(options, frame),
                Sharing::Off => Sabotage::default(),
            };
            let number = u16::try_from(frame).unwrap_or(u16::MAX);
            slot.uniforms.write(0, &uniform::bytes(number, options.size, sabotage.odd_sun))?;
            device.factory().manager().begin_frame();
            transients.begin_frame()?;
            let sources = self.sources(&transients, &views);
            let (schedule, geometry) = (self.schedule.as_slice(), &self.geometry);
            let recording = Recording { device, sources, schedule, geometry, slot, sabotage };
            // SAFETY: the slot's last frame was waited for, and everything retires to the garbage of the device.
            unsafe { recording.record() }?;
            // SAFETY: recorded for this device, and as above.
            let value = unsafe { device.submit(slot.commands.raw()) }?;
            slot.under_way = Some((frame, value));
            device.factory().manager().end_frame();
        }
        let first = options.frames as usize % IN_FLIGHT;
        for index in 0..IN_FLIGHT {
            played.collect(device, &mut slots[(first + index) % IN_FLIGHT], options)?;
        }
        Ok(played)
    }
}

impl Played {
    /// Waits for the frame of `slot`, if one is under way, and keeps what it made.
    fn collect(
        &mut self,
        device: &Device,
        slot: &mut Slot,
        options: &Options,
    ) -> Result<(), FrameError> {
        let Some((_, value)) = slot.under_way else { return Ok(()) };
        device.wait(value)?;
        slot.under_way = None;
        // SAFETY: the frame was waited for, and ends with its copy for the host.
        self.pictures.push(unsafe { slot.picture(options.size) }?);
        self.milliseconds.extend(slot.milliseconds(device)?);
        Ok(())
    }
}
