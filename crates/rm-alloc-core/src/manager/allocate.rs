//! The way of one allocation: check, expect room, make the object, take memory, bind, charge; or nothing at all.

use super::{
    attempt::{Attempt, Subject},
    deed::{Deed, Taken, tell_allocated},
    resources::{Backing, BufferAllocation, ImageAllocation},
};
use crate::{
    Allocation, AllocationError, BufferRequest, DeviceBudgetManager, ImageRequest, ParcelKind,
    Resource,
    ledger::Charge,
    resource::{AnyRequest, name_buffer, name_image},
};

/// A resource that is bound to memory that is charged.
struct Made {
    resource: Resource,
    allocation: Allocation,
    charge: Charge,
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
        let Made { resource, allocation, charge } = self.make(AnyRequest::Buffer(request))?;
        // SAFETY: the buffer was just made by this request and bound.
        let address = unsafe { name_buffer(self.context(), resource, request) };
        let (kind, label) = (ParcelKind::Buffer, request.label);
        let taken = Taken { charge: &charge, allocation: &allocation, kind, label };
        tell_allocated(&self.door, &taken);
        let deed = Deed::new(&self.door, charge, kind);
        let backing = Backing::new(allocation, deed, request.aliasable);
        Ok(BufferAllocation { raw: resource.as_buffer(), size: request.size, address, backing })
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
        let Made { resource, allocation, charge } = self.make(AnyRequest::Image(request))?;
        // SAFETY: the image was just made by this request and bound.
        unsafe { name_image(self.context(), resource, request) };
        let (kind, label) = (ParcelKind::Image, request.label);
        let taken = Taken { charge: &charge, allocation: &allocation, kind, label };
        tell_allocated(&self.door, &taken);
        let size = charge.committed;
        let deed = Deed::new(&self.door, charge, kind);
        let backing = Backing::new(allocation, deed, request.aliasable);
        Ok(ImageAllocation { raw: resource.as_image(), size, backing })
    }

    /// Object, memory, and charge; or nothing at all.
    ///
    /// Part of both its callers, because the result is large and would be copied.
    #[inline(always)]
    fn make(&self, request: AnyRequest<'_>) -> Result<Made, AllocationError> {
        let context = self.context();
        let mut attempt = Attempt::new(&self.door, Subject::Resource(request));
        let checked = request.check(context).map_err(|error| attempt.refuse(error, None))?;
        let mut exact = None;
        if attempt.judged {
            // What is refused by its own size alone costs no driver call, by its exact size no object.
            if request.least_size() > 0 {
                attempt.expect_room(&request.placement(request.least_requirements()))?;
            }
            exact = checked.ask(context);
            if let Some(requirements) = exact.filter(|exact| exact.size > request.least_size()) {
                attempt.expect_room(&request.placement(requirements))?;
            }
        }
        let created = checked.create(context).map_err(|error| attempt.refuse(error, None))?;
        let requirements = exact.unwrap_or_else(|| created.requirements());
        let placement = request.placement(requirements);
        let allocation = attempt.take(&placement, Some(created.resource()))?;
        // SAFETY: a backend's allocation satisfies its request, which was made from the object's requirements.
        let resource = match unsafe { created.bind(&allocation) } {
            Ok(resource) => resource,
            Err(error) => {
                // SAFETY: the object that should have used it is destroyed.
                unsafe { attempt.give_back(allocation) };
                return Err(attempt.refuse(error, Some(requirements.size)));
            }
        };
        let charge = attempt.settle(&allocation, requirements.size);
        Ok(Made { resource, allocation, charge })
    }
}
