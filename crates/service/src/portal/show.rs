//! One deal as the portal shows it now, for a person who asked. It takes its place beside the queue and changes nothing.

use bitrix24::Access;
use kernel::DealId;

use super::Portal;
use crate::{
    inquiry::{DealShown, Inquiry, InquiryError},
    transport::Transport,
};

impl<T: Transport> Portal<T> {
    /// One deal with its rows; `None` if the portal does not know it. Waits until the portal's limits allow it.
    pub(crate) async fn show(&self, deal: DealId) -> Result<Option<DealShown>, InquiryError> {
        let Some(key) = self.keys.at_hand() else {
            return Err(InquiryError::NoKey);
        };
        self.ready("crm.item.get").await;
        self.carries(&["crm.item.get", "crm.item.productrow.list"]);
        let access = Some(Access::clone(&key.access));
        let told = Inquiry::new(access, self.settings.timeout, self.transport.clone())
            .deal(deal)
            .await;
        for method in ["crm.item.get", "crm.item.productrow.list"] {
            self.pacer()
                .command_answered(method, None, self.clock.now());
        }
        self.learn_asked(&told);
        told
    }
}
