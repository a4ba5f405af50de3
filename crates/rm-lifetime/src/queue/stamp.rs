//! Moments that one can ask after, and how far the device is.

use std::sync::OnceLock;

use super::{
    garbage::Wait,
    registry::{Attached, Crowds, List, all, upcoming},
    retirer::Retirer,
};
use crate::point::{Point, Points, RetireAt};

/// A moment that one can ask after, made by [`Retirer::stamp`].
#[derive(Clone, Debug)]
pub struct Stamp {
    retirer: Retirer,
    // Not set as long as no timeline was there to be asked.
    moment: OnceLock<Moment>,
}

#[derive(Clone, Debug)]
enum Moment {
    Few(Points),
    Many(Box<[Point]>),
}

/// How far the timelines of a queue are: each is asked once, and only if somebody waits for it.
///
/// It judges stamps that are older than itself: of a timeline that came later it knows nothing, and takes it for vanished.
#[derive(Debug)]
pub(crate) struct Progress {
    list: List,
    /// What the first ones answered.
    few: [Option<u64>; Points::MOST],
    /// What the others answered.
    more: Vec<Option<u64>>,
}

impl Stamp {
    pub(super) fn new(retirer: Retirer, at: RetireAt, list: &[Attached]) -> Self {
        let moment = match at {
            RetireAt::Points(points) => Some(Moment::Few(points)),
            RetireAt::Now => Moment::now(list),
        };
        Self { retirer, moment: moment.map(OnceLock::from).unwrap_or_default() }
    }

    /// Moves it to where `other`, of the same queue, is reached as well.
    pub(crate) fn join(&mut self, other: &Self) {
        let list = self.retirer.timelines();
        self.moment = match (self.moment(&list), other.moment(&list)) {
            (Some(one), Some(other)) => OnceLock::from(one.and(other)),
            // Without a timeline all points are reached, and nobody knows what else there is to wait for.
            _ => OnceLock::new(),
        };
    }

    /// Whether the moment has come; never waits.
    ///
    /// As of the queue itself, nothing is reached before a timeline is attached.
    pub fn is_reached(&self) -> bool {
        Progress::new(self.retirer.timelines()).has_come(self)
    }

    /// What garbage waits for that dies at this moment.
    pub(super) fn wait(&self, list: &[Attached], crowds: &Crowds) -> Wait {
        match self.moment(list) {
            Some(Moment::Few(points)) => Wait::Few(*points),
            // Beyond 2^32 of them nobody knows.
            Some(Moment::Many(points)) => {
                crowds.put(points.clone()).map_or(Wait::Unknown, Wait::Many)
            }
            None => upcoming(list, crowds),
        }
    }

    /// The moment, which is found out now if nobody could know before; `None` if still nobody can.
    fn moment(&self, list: &[Attached]) -> Option<&Moment> {
        if self.moment.get().is_none() {
            Moment::now(list).map(|now| self.moment.set(now));
        }
        self.moment.get()
    }
}

impl Progress {
    pub(super) fn new(list: List) -> Self {
        Self { list, few: [None; Points::MOST], more: Vec::new() }
    }

    /// Whether the moment of a stamp of this queue has come.
    pub(crate) fn has_come(&mut self, stamp: &Stamp) -> bool {
        match stamp.moment(&self.list) {
            Some(moment) => moment.points().all(|point| self.is_reached(point)),
            None => false,
        }
    }

    fn is_reached(&mut self, point: Point) -> bool {
        let known = self.list.iter().position(|known| known.id == point.timeline);
        let Some(index) = known else { return true };
        let word = match index.checked_sub(self.few.len()) {
            None => &mut self.few[index],
            Some(beyond) => {
                self.more.resize(self.list.len() - self.few.len(), None);
                &mut self.more[beyond]
            }
        };
        *word.get_or_insert_with(|| self.list[index].completed()) >= point.value
    }
}

impl Moment {
    /// When everything in flight or being recorded is done; `None` where nobody knows.
    fn now(list: &[Attached]) -> Option<Self> {
        let mut few = Points::NONE;
        if list.iter().all(|it| few.insert(it.upcoming())) {
            return (!list.is_empty()).then_some(Self::Few(few));
        }
        Some(Self::Many(all(list)))
    }

    /// When both have come.
    fn and(&self, other: &Self) -> Self {
        if let (Self::Few(one), Self::Few(other)) = (self, other) {
            let mut few = *one;
            if other.iter().all(|point| few.insert(point)) {
                return Self::Few(few);
            }
        }
        let mut many: Vec<Point> = self.points().chain(other.points()).collect();
        // The greatest value of each timeline first.
        many.sort_unstable_by(|one, other| other.cmp(one));
        many.dedup_by_key(|point| point.timeline);
        Self::Many(many.into())
    }

    fn points(&self) -> impl Iterator<Item = Point> + '_ {
        let (few, many) = match self {
            Self::Few(few) => (Some(few), &[][..]),
            Self::Many(many) => (None, &many[..]),
        };
        few.into_iter().flat_map(Points::iter).chain(many.iter().copied())
    }
}
