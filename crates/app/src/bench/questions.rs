//! Questions of the dashboard, asked of a filled ledger.

use anyhow::{Context as _, bail};
use service::board::model::{OrderFilter, Part};
use store::Store;

use super::{
    order::{FIRST_ID, SHOP},
    world::World,
};

/// What is asked.
pub(super) const QUESTION_KINDS: [&str; 8] = [
    "list: first page",
    "list: deep page",
    "list: deep page of one part",
    "search: number",
    "search: order id",
    "search: deal or contact",
    "search: e-mail",
    "overview",
];

impl<S: Store> World<S> {
    /// Asks one question about the `at`-th order; how many rows, or orders, the answer holds.
    pub(super) async fn ask(&self, kind: &str, at: u64) -> anyhow::Result<u64> {
        let board = self.board();
        let all = OrderFilter::default();
        let linked = OrderFilter {
            part: Some(Part::Linked),
            ..OrderFilter::default()
        };
        // Row numbers begin with 1, and the first order has nobody before it.
        let cursor = (at + 2).to_string();
        let (query, filter, cursor) = match kind {
            "list: first page" => (String::new(), &all, None),
            "list: deep page" => (String::new(), &all, Some(cursor.as_str())),
            "list: deep page of one part" => (String::new(), &linked, Some(cursor.as_str())),
            "search: number" => (format!("#{}", 10_000 + at), &all, None),
            "search: order id" => (format!("{SHOP}/{}", FIRST_ID + at), &all, None),
            "search: deal or contact" => ((at + 1).to_string(), &all, None),
            "search: e-mail" => (format!("buyer{at}@example.com"), &all, None),
            "overview" => {
                let overview = board.overview().await.context("the overview")?;
                return Ok(overview.orders);
            }
            other => bail!("nobody asks `{other}`"),
        };
        let page = board.orders(&query, filter, cursor, None).await;
        Ok(page.context("a page")?.rows.len() as u64)
    }
}
