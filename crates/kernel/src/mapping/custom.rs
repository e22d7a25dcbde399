//! A mapping file, read and checked.

use jiff::tz::TimeZone;

use super::{
    Trouble,
    fields::FieldRule,
    file::{IdOrName, MappingFile, Recreate},
    language::Language,
    stages::StageRule,
};

/// The rules of a mapping file.
#[derive(Debug)]
pub(super) struct Custom {
    pub(super) file: MappingFile,
    pub(super) language: Language,
    pub(super) zone: TimeZone,
    pub(super) funnel: Option<IdOrName>,
    pub(super) first_stage: Option<String>,
    pub(super) create_when: Option<String>,
    pub(super) recreate: Recreate,
    pub(super) fields: Vec<FieldRule>,
    /// `None` = the default rules.
    pub(super) stages: Option<Vec<StageRule>>,
    pub(super) contact: bool,
    pub(super) company: bool,
    pub(super) products: bool,
}

impl Custom {
    pub(super) fn read(
        file: &MappingFile,
        zone: TimeZone,
        order_field: &str,
    ) -> Result<Self, Trouble> {
        let language = Language::new();
        if let Some(when) = &file.create_when {
            language
                .check_expression(when)
                .map_err(|it| Trouble::new("create_when".to_owned(), it))?;
        }
        let fields = file
            .fields
            .iter()
            .map(|(name, entry)| FieldRule::read(name, entry, order_field, &language))
            .collect::<Result<_, _>>()?;
        let stages = file.stage.as_ref().map(|rules| {
            let read = |(at, it)| StageRule::read(at, it, &language);
            (1..).zip(rules).map(read).collect::<Result<_, _>>()
        });
        Ok(Self {
            zone,
            funnel: file.funnel.clone(),
            first_stage: file.first_stage.clone(),
            create_when: file.create_when.clone(),
            recreate: file.recreate,
            fields,
            stages: stages.transpose()?,
            contact: file.contact.link,
            company: file.company.link,
            products: file.products.link,
            language,
            file: file.clone(),
        })
    }

    /// Whether anything is named by a name that only the portal can resolve. Stages count always: a name may look like
    /// an id, and an id may be cut short (facts/bitrix24.md §8).
    pub(super) fn needs_directory(&self) -> bool {
        let by_name = |it: &Option<IdOrName>| matches!(it, Some(IdOrName::Name(_)));
        by_name(&self.funnel)
            || self.first_stage.is_some()
            || self.stages.as_ref().is_some_and(|it| !it.is_empty())
            || self.fields.iter().any(FieldRule::needs_labels)
    }
}
