//! The way of one allocation: check, expect room, make the object, take memory, bind, charge; or nothing at all.

use super::{
    attempt::{Attempt, Orders},
    deed::Deed,
    resources::{Backing, BufferAllocation, ImageAllocation},
};
use crate::{
    AllocationError, BufferRequest, DeviceBudgetManager, ImageRequest, Resource,
    resource::AnyRequest,
};

/// A resource that is bound and charged.
pub(super) struct Made {
    pub(super) resource: Resource,
    pub(super) backing: Backing,
}

impl DeviceBudgetManager {
    /// Makes a buffer whose memory is budgeted.
    ///
    /// # Errors
    ///
    /// [`OverBudget`](crate::ErrorKind::OverBudget) or [`Refused`](crate::ErrorKind::Refused) where a limit or the policy
    /// says no, [`InvalidRequest`](crate::ErrorKind::InvalidRequest), [`Unsupported`](crate::ErrorKind::Unsupported) or
    /// [`TooLarge`](crate::ErrorKind::TooLarge) where the request breaks a rule of the device, otherwise what the best
    /// memory type answered; the refusal lists the others.
    /// On error nothing has changed.
    #[doc(alias = "AllocateBuffer")]
    #[doc(alias = "alloc_buffer")]
    pub fn allocate_buffer(
        &self,
        request: &BufferRequest<'_>,
    ) -> Result<BufferAllocation, AllocationError> {
        let made = self.make(AnyRequest::Buffer(request))?;
        // SAFETY: the buffer was just made by this request and bound.
        Ok(unsafe { BufferAllocation::new(made, request) })
    }

    /// Makes an image whose memory is budgeted, at its real requirement.
    ///
    /// # Errors
    ///
    /// As of [`allocate_buffer`](Self::allocate_buffer).
    #[doc(alias = "AllocateImage")]
    #[doc(alias = "alloc_texture")]
    pub fn allocate_image(
        &self,
        request: &ImageRequest<'_>,
    ) -> Result<ImageAllocation, AllocationError> {
        let made = self.make(AnyRequest::Image(request))?;
        // SAFETY: the image was just made by this request and bound.
        Ok(unsafe { ImageAllocation::new(made, request.label) })
    }

    /// Object, memory, and charge; or nothing at all.
    #[inline]
    fn make(&self, request: AnyRequest<'_>) -> Result<Made, AllocationError> {
        let context = self.context();
        let mut attempt = Attempt::new(&self.door, Orders::of(request));
        let checked = request.check(context).map_err(|error| attempt.refuse(error))?;
        let mut exact = None;
        if self.door.core.could_refuse() {
            // What is refused by its own size alone costs no driver call, by its exact size no object.
            attempt.expect_room(&request.placement(request.least_requirements()))?;
            exact = checked.ask(context);
            if let Some(requirements) = exact {
                attempt.expect_room(&request.placement(requirements))?;
            }
        }
        let created = checked.create(context).map_err(|error| attempt.refuse(error))?;
        let requirements = exact.unwrap_or_else(|| created.requirements());
        let placement = request.placement(requirements);
        let (allocation, reservation) = attempt.take(&placement, Some(created.resource()))?;
        // SAFETY: a backend's allocation satisfies its request, which was made from the object's requirements.
        let resource = match unsafe { created.bind(&allocation) } {
            Ok(resource) => resource,
            Err(error) => {
                // SAFETY: it came from there, and the object that should have used it is destroyed.
                unsafe { self.door.allocator.free(allocation) };
                drop(reservation);
                return Err(attempt.refuse(error));
            }
        };
        // From here on nothing can fail.
        let charge = reservation.settle(allocation.size(), requirements.size);
        let deed = Deed::new(&self.door, charge, attempt.orders.kind);
        deed.tell_allocated(attempt.orders.label);
        let backing = Backing::new(allocation, deed, request.is_aliasable());
        Ok(Made { resource, backing })
    }
}
