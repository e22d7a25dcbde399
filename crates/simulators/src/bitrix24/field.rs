//! The fields of deals, contacts and companies: their names in both method families, and neutral cell values.

use rust_decimal::Decimal;

use super::php::Php;

/// A kind of record the portal keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Entity {
    /// Entity type 2.
    Deal,
    /// Entity type 3.
    Contact,
    /// Entity type 4.
    Company,
}

impl Entity {
    pub(crate) fn from_type_id(id: u64) -> Option<Self> {
        match id {
            2 => Some(Self::Deal),
            3 => Some(Self::Contact),
            4 => Some(Self::Company),
            _ => None,
        }
    }

    pub(crate) fn type_id(self) -> i64 {
        match self {
            Self::Deal => 2,
            Self::Contact => 3,
            Self::Company => 4,
        }
    }

    pub(crate) fn fields(self) -> &'static [Field] {
        match self {
            Self::Deal => DEAL_FIELDS,
            Self::Contact => CONTACT_FIELDS,
            Self::Company => COMPANY_FIELDS,
        }
    }

    /// The field with this upper-case name.
    pub(crate) fn field(self, upper: &str) -> Option<&'static Field> {
        self.fields().iter().find(|field| field.upper == upper)
    }

    /// The field with this camel-case name.
    pub(crate) fn item_field(self, camel: &str) -> Option<&'static Field> {
        self.fields().iter().find(|field| field.camel == camel)
    }
}

/// The two families of methods, which name, type and check fields differently (facts §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// `crm.deal.*`, `crm.contact.*`: upper-case names, all values are strings.
    Legacy,
    /// `crm.item.*`: camel-case names, numbers are numbers.
    Item,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Int,
    Text,
    /// A value of a directory; the legacy family turns pattern filters on it into equality.
    Status,
    Money,
    Flag,
    Time,
    Ids,
}

#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) upper: &'static str,
    pub(crate) camel: &'static str,
    pub(crate) kind: Kind,
    pub(crate) read_only: bool,
}

/// A value before it is written in the manner of one of the families.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Null,
    Text(String),
    Int(i64),
    Number(Decimal),
    Flag(bool),
    /// Milliseconds since the portal was built.
    Time(u64),
    Ids(Vec<u64>),
    /// A user field's own value: `true` for a yes-no field, a list for a multiple one.
    Raw(Php),
}

impl Cell {
    /// A text that reads back as null when it is empty.
    pub(crate) fn text(text: &str) -> Self {
        if text.is_empty() {
            Self::Null
        } else {
            Self::Text(text.to_owned())
        }
    }

    pub(crate) fn id(id: u64) -> Self {
        Self::Int(i64::try_from(id).unwrap_or(i64::MAX))
    }

    /// An id of another record; 0 means there is none.
    pub(crate) fn link(id: u64) -> Self {
        if id == 0 { Self::Null } else { Self::id(id) }
    }
}

/// What filters, orders and selections work on.
pub(crate) trait Record {
    /// The value of a field by its upper-case name, user fields included.
    fn cell(&self, upper: &str) -> Cell;
    fn id(&self) -> u64;
}

/// The camel-case name of a user field (facts §7): a part that starts with a digit keeps its underscore.
pub(crate) fn camel_user_field(upper: &str) -> String {
    let mut camel = String::new();
    for (index, part) in upper.split('_').enumerate() {
        let part = part.to_ascii_lowercase();
        let mut letters = part.chars();
        match letters.next() {
            Some(first) if first.is_ascii_digit() && index > 0 => {
                camel.push('_');
                camel.push_str(&part);
            }
            Some(first) if index > 0 => {
                camel.push(first.to_ascii_uppercase());
                camel.push_str(letters.as_str());
            }
            Some(_) => camel.push_str(&part),
            None => {}
        }
    }
    camel
}

const fn rw(upper: &'static str, camel: &'static str, kind: Kind) -> Field {
    Field {
        upper,
        camel,
        kind,
        read_only: false,
    }
}

const fn ro(upper: &'static str, camel: &'static str, kind: Kind) -> Field {
    Field {
        upper,
        camel,
        kind,
        read_only: true,
    }
}

/// Facts §2.4. There is no `ORIGIN_VERSION` on deals.
static DEAL_FIELDS: &[Field] = &[
    ro("ID", "id", Kind::Int),
    rw("TITLE", "title", Kind::Text),
    rw("TYPE_ID", "typeId", Kind::Status),
    rw("CATEGORY_ID", "categoryId", Kind::Int),
    rw("STAGE_ID", "stageId", Kind::Status),
    ro("STAGE_SEMANTIC_ID", "stageSemanticId", Kind::Status),
    ro("IS_NEW", "isNew", Kind::Flag),
    rw("IS_RECURRING", "isRecurring", Kind::Flag),
    rw("IS_RETURN_CUSTOMER", "isReturnCustomer", Kind::Flag),
    rw("IS_REPEATED_APPROACH", "isRepeatedApproach", Kind::Flag),
    rw("PROBABILITY", "probability", Kind::Int),
    rw("CURRENCY_ID", "currencyId", Kind::Status),
    rw("OPPORTUNITY", "opportunity", Kind::Money),
    rw("IS_MANUAL_OPPORTUNITY", "isManualOpportunity", Kind::Flag),
    rw("TAX_VALUE", "taxValue", Kind::Money),
    rw("COMPANY_ID", "companyId", Kind::Int),
    rw("CONTACT_ID", "contactId", Kind::Int),
    rw("CONTACT_IDS", "contactIds", Kind::Ids),
    ro("QUOTE_ID", "quoteId", Kind::Int),
    rw("BEGINDATE", "begindate", Kind::Time),
    rw("CLOSEDATE", "closedate", Kind::Time),
    rw("OPENED", "opened", Kind::Flag),
    ro("CLOSED", "closed", Kind::Flag),
    rw("COMMENTS", "comments", Kind::Text),
    rw("ASSIGNED_BY_ID", "assignedById", Kind::Int),
    ro("CREATED_BY_ID", "createdBy", Kind::Int),
    ro("MODIFY_BY_ID", "updatedBy", Kind::Int),
    ro("MOVED_BY_ID", "movedBy", Kind::Int),
    ro("DATE_CREATE", "createdTime", Kind::Time),
    ro("DATE_MODIFY", "updatedTime", Kind::Time),
    ro("MOVED_TIME", "movedTime", Kind::Time),
    rw("SOURCE_ID", "sourceId", Kind::Status),
    rw("SOURCE_DESCRIPTION", "sourceDescription", Kind::Text),
    ro("LEAD_ID", "leadId", Kind::Int),
    rw("ADDITIONAL_INFO", "additionalInfo", Kind::Text),
    rw("LOCATION_ID", "locationId", Kind::Text),
    rw("ORIGINATOR_ID", "originatorId", Kind::Text),
    rw("ORIGIN_ID", "originId", Kind::Text),
    rw("UTM_SOURCE", "utmSource", Kind::Text),
    rw("UTM_MEDIUM", "utmMedium", Kind::Text),
    rw("UTM_CAMPAIGN", "utmCampaign", Kind::Text),
    rw("UTM_CONTENT", "utmContent", Kind::Text),
    rw("UTM_TERM", "utmTerm", Kind::Text),
    ro("LAST_ACTIVITY_TIME", "lastActivityTime", Kind::Time),
    ro("LAST_ACTIVITY_BY", "lastActivityBy", Kind::Int),
];

static CONTACT_FIELDS: &[Field] = &[
    ro("ID", "id", Kind::Int),
    rw("HONORIFIC", "honorific", Kind::Status),
    rw("NAME", "name", Kind::Text),
    rw("SECOND_NAME", "secondName", Kind::Text),
    rw("LAST_NAME", "lastName", Kind::Text),
    rw("POST", "post", Kind::Text),
    rw("ADDRESS", "address", Kind::Text),
    rw("COMMENTS", "comments", Kind::Text),
    rw("TYPE_ID", "typeId", Kind::Status),
    rw("SOURCE_ID", "sourceId", Kind::Status),
    rw("SOURCE_DESCRIPTION", "sourceDescription", Kind::Text),
    rw("COMPANY_ID", "companyId", Kind::Int),
    rw("COMPANY_IDS", "companyIds", Kind::Ids),
    rw("BIRTHDATE", "birthdate", Kind::Text),
    rw("EXPORT", "export", Kind::Flag),
    rw("OPENED", "opened", Kind::Flag),
    ro("HAS_PHONE", "hasPhone", Kind::Flag),
    ro("HAS_EMAIL", "hasEmail", Kind::Flag),
    rw("ASSIGNED_BY_ID", "assignedById", Kind::Int),
    ro("CREATED_BY_ID", "createdBy", Kind::Int),
    ro("MODIFY_BY_ID", "updatedBy", Kind::Int),
    ro("DATE_CREATE", "createdTime", Kind::Time),
    ro("DATE_MODIFY", "updatedTime", Kind::Time),
    rw("ORIGINATOR_ID", "originatorId", Kind::Text),
    rw("ORIGIN_ID", "originId", Kind::Text),
    rw("ORIGIN_VERSION", "originVersion", Kind::Text),
    rw("UTM_SOURCE", "utmSource", Kind::Text),
    rw("UTM_MEDIUM", "utmMedium", Kind::Text),
    rw("UTM_CAMPAIGN", "utmCampaign", Kind::Text),
    rw("UTM_CONTENT", "utmContent", Kind::Text),
    rw("UTM_TERM", "utmTerm", Kind::Text),
];

static COMPANY_FIELDS: &[Field] = &[
    ro("ID", "id", Kind::Int),
    rw("TITLE", "title", Kind::Text),
    rw("COMPANY_TYPE", "typeId", Kind::Status),
    rw("INDUSTRY", "industry", Kind::Status),
    rw("EMPLOYEES", "employees", Kind::Status),
    rw("CURRENCY_ID", "currencyId", Kind::Status),
    rw("REVENUE", "revenue", Kind::Money),
    rw("ADDRESS", "address", Kind::Text),
    rw("BANKING_DETAILS", "bankingDetails", Kind::Text),
    rw("IS_MY_COMPANY", "isMyCompany", Kind::Flag),
    rw("CONTACT_IDS", "contactIds", Kind::Ids),
    rw("COMMENTS", "comments", Kind::Text),
    rw("OPENED", "opened", Kind::Flag),
    ro("HAS_PHONE", "hasPhone", Kind::Flag),
    ro("HAS_EMAIL", "hasEmail", Kind::Flag),
    rw("ASSIGNED_BY_ID", "assignedById", Kind::Int),
    ro("CREATED_BY_ID", "createdBy", Kind::Int),
    ro("MODIFY_BY_ID", "updatedBy", Kind::Int),
    ro("DATE_CREATE", "createdTime", Kind::Time),
    ro("DATE_MODIFY", "updatedTime", Kind::Time),
    rw("ORIGINATOR_ID", "originatorId", Kind::Text),
    rw("ORIGIN_ID", "originId", Kind::Text),
    rw("ORIGIN_VERSION", "originVersion", Kind::Text),
    rw("UTM_SOURCE", "utmSource", Kind::Text),
    rw("UTM_MEDIUM", "utmMedium", Kind::Text),
    rw("UTM_CAMPAIGN", "utmCampaign", Kind::Text),
    rw("UTM_CONTENT", "utmContent", Kind::Text),
    rw("UTM_TERM", "utmTerm", Kind::Text),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_field_names_become_camel_case_as_documented() {
        assert_eq!(
            camel_user_field("UF_CRM_SHOPIFY_ORDER"),
            "ufCrmShopifyOrder"
        );
        assert_eq!(
            camel_user_field("UF_CRM_1721244707107"),
            "ufCrm_1721244707107"
        );
    }
}
