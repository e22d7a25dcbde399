//! Categories ("funnels") of deals, their stages, and how a deal moves among them (facts §2.3, docs/facts.md §5).

use super::config::{Category, Stage};
use super::deal::Deal;
use super::error::RestError;
use super::field::Family;
use super::state::{ChangeKind, State};
use super::text::Text;

impl State {
    /// The category of a new deal: the legacy family falls back to the default one, the item family refuses.
    pub(crate) fn category_of_new(
        &self,
        wanted: u64,
        family: Family,
    ) -> Result<Category, RestError> {
        match (self.open_category(wanted), family) {
            (Ok(category), _) => Ok(category.clone()),
            (Err(error), Family::Item) => Err(error),
            (Err(_), Family::Legacy) => Ok(default_category(&self.config.categories)),
        }
    }

    /// Puts a deal into another category; its stage stays until [`State::choose_stage`].
    pub(crate) fn enter_category(&self, deal: &mut Deal, wanted: u64) -> Result<(), RestError> {
        if wanted != deal.category_id {
            deal.category_id = self.open_category(wanted)?.id;
        }
        Ok(())
    }

    /// The stage of a deal that is new or has changed its category: the wanted one if the category has it, otherwise
    /// the first one that means the same as the wanted one does in its own category.
    pub(crate) fn choose_stage(&self, category: &Category, wanted: &str) -> Option<Stage> {
        let exact = category.stages.iter().find(|stage| stage.id == wanted);
        let meaning = self.stage_anywhere(wanted).map_or('P', |it| it.1.semantic);
        let same = || {
            category
                .stages
                .iter()
                .find(|stage| stage.semantic == meaning)
        };
        exact
            .or_else(same)
            .or_else(|| category.stages.first())
            .cloned()
    }

    /// The stage of this id in this category.
    pub(crate) fn find_stage(&self, category: u64, stage: &str) -> Option<Stage> {
        let category = self.category(category)?;
        category
            .stages
            .iter()
            .find(|known| known.id == stage)
            .cloned()
    }

    pub(crate) fn category(&self, id: u64) -> Option<&Category> {
        self.config
            .categories
            .iter()
            .find(|category| category.id == id)
    }

    /// A person drags a deal to a stage of any category.
    pub(crate) fn person_moves(&mut self, user: u64, id: u64, stage: &str) -> bool {
        let found = self
            .stage_anywhere(stage)
            .map(|(category, stage)| (category, stage.clone()));
        match (self.deals.get(id).cloned(), found) {
            (Some(mut deal), Some((category, stage))) => {
                deal.category_id = category;
                self.person_places(user, deal, &stage);
                true
            }
            _ => false,
        }
    }

    /// A person moves a deal to another category and leaves the stage to the portal.
    pub(crate) fn person_changes_category(&mut self, user: u64, id: u64, category: u64) -> bool {
        let target = self.open_category(category).ok().cloned();
        let (Some(mut deal), Some(category)) = (self.deals.get(id).cloned(), target) else {
            return false;
        };
        let Some(stage) = self.choose_stage(&category, &deal.stage_id) else {
            return false;
        };
        deal.category_id = category.id;
        self.person_places(user, deal, &stage);
        true
    }

    fn person_places(&mut self, user: u64, mut deal: Deal, stage: &Stage) {
        enter_stage(&mut deal, stage);
        deal.moved_by = user;
        deal.moved_ms = self.now;
        self.touch(&mut deal, user);
        self.write_deal(user, ChangeKind::Updated, deal);
    }

    /// A category that exists and that the plan leaves open.
    fn open_category(&self, id: u64) -> Result<&Category, RestError> {
        let category = self.category(id).ok_or_else(|| {
            RestError::new(
                400,
                "CRM_FIELD_ERROR_VALUE_NOT_VALID",
                Text::InvalidField("Pipeline"),
            )
        })?;
        if self.config.closed_categories.contains(&id) {
            return Err(RestError::new(
                400,
                "CRM_FIELD_ERROR_CATEGORY_NOT_AVAILABLE",
                Text::BadCategory,
            ));
        }
        Ok(category)
    }

    /// The category and the stage of this id.
    fn stage_anywhere(&self, stage: &str) -> Option<(u64, &Stage)> {
        self.config.categories.iter().find_map(|category| {
            let known = category.stages.iter().find(|known| known.id == stage)?;
            Some((category.id, known))
        })
    }
}

pub(crate) fn enter_stage(deal: &mut Deal, stage: &Stage) {
    deal.stage_id.clone_from(&stage.id);
    deal.stage_semantic = stage.semantic.to_string();
}

fn default_category(categories: &[Category]) -> Category {
    let default = categories
        .iter()
        .find(|category| category.id == 0)
        .or_else(|| categories.first());
    default
        .cloned()
        .unwrap_or_else(|| Category::standard(0, "General"))
}
