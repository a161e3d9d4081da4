//! What an organisation is: the row, the body that makes it, and the answer.

use crate::access::Owners;
use crate::db::schema::{agencies, buyers, organisations, producers};
use crate::db::text_enum;
use crate::reference::ProvinceId;
use crate::reference::views::ProvinceView;
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

text_enum! {
    /// Legal form.
    LegalForm {
        /// Công ty trách nhiệm hữu hạn.
        LimitedLiabilityCompany = "limited_liability_company",
        /// Công ty cổ phần.
        JointStockCompany = "joint_stock_company",
        /// Doanh nghiệp tư nhân.
        PrivateEnterprise = "private_enterprise",
        /// Công ty hợp danh.
        Partnership = "partnership",
        /// Doanh nghiệp nhà nước.
        StateEnterprise = "state_enterprise",
        /// Hợp tác xã.
        Cooperative = "cooperative",
        /// Liên hiệp hợp tác xã.
        CooperativeUnion = "cooperative_union",
        /// Tổ hợp tác.
        CooperativeGroup = "cooperative_group",
        /// Hộ kinh doanh.
        HouseholdBusiness = "household_business",
        /// Trang trại.
        Farm = "farm",
        /// Hội, hiệp hội.
        Association = "association",
        /// Cơ quan nhà nước.
        StateAgency = "state_agency",
        /// Doanh nghiệp nước ngoài.
        ForeignCompany = "foreign_company",
        /// Anything else.
        Other = "other",
    }
}

text_enum! {
    /// Whether an organisation is at work.
    OrganisationStatus {
        /// At work.
        Active = "active",
        /// Paused.
        Suspended = "suspended",
        /// Ended, or merged into its successor.
        Dissolved = "dissolved",
    }
}

text_enum! {
    /// Kind of OCOP subject.
    ProducerKind {
        /// Doanh nghiệp.
        Enterprise = "enterprise",
        /// Hợp tác xã.
        Cooperative = "cooperative",
        /// Tổ hợp tác.
        CooperativeGroup = "cooperative_group",
        /// Trang trại.
        Farm = "farm",
        /// Hộ sản xuất, hộ kinh doanh.
        HouseholdBusiness = "household_business",
        /// Hội, hiệp hội, trung tâm điều hành (tourism alone).
        Association = "association",
    }
}

text_enum! {
    /// Which invoice a producer can issue: data, since the rules change.
    InvoiceKind {
        /// Hóa đơn điện tử giá trị gia tăng.
        VatEInvoice = "vat_e_invoice",
        /// Hóa đơn điện tử bán hàng.
        SalesEInvoice = "sales_e_invoice",
        /// None.
        None = "none",
        /// Not known.
        Unknown = "unknown",
    }
}

text_enum! {
    /// Kind of buyer.
    BuyerKind {
        /// Siêu thị.
        Supermarket = "supermarket",
        /// Chuỗi bán lẻ.
        RetailChain = "retail_chain",
        /// Chuỗi cửa hàng tiện lợi.
        ConvenienceChain = "convenience_chain",
        /// Chợ đầu mối, bán buôn.
        Wholesale = "wholesale",
        /// Nhà phân phối.
        Distributor = "distributor",
        /// Sàn thương mại điện tử.
        Ecommerce = "ecommerce",
        /// Doanh nghiệp chế biến.
        Processor = "processor",
        /// Doanh nghiệp xuất khẩu.
        Exporter = "exporter",
        /// Nhà hàng.
        Restaurant = "restaurant",
        /// Khách sạn.
        Hotel = "hotel",
        /// Suất ăn công nghiệp.
        Caterer = "caterer",
        /// Bếp ăn tập thể.
        Canteen = "canteen",
        /// Anything else.
        Other = "other",
    }
}

text_enum! {
    /// Kind of agency.
    AgencyKind {
        /// Sở Công Thương.
        DepartmentOfIndustryAndTrade = "department_of_industry_and_trade",
        /// Sở Nông nghiệp.
        DepartmentOfAgriculture = "department_of_agriculture",
        /// Ủy ban nhân dân tỉnh.
        ProvincialPeoplesCommittee = "provincial_peoples_committee",
        /// Bộ.
        Ministry = "ministry",
        /// Trung tâm xúc tiến thương mại.
        TradePromotionCentre = "trade_promotion_centre",
        /// Anything else.
        Other = "other",
    }
}

text_enum! {
    /// A profile that an organisation may have, which is also the capacity in which it signs.
    ProfileKind {
        /// Makes products.
        Producer = "producer",
        /// Buys them.
        Buyer = "buyer",
        /// A department or committee.
        Agency = "agency",
    }
}

/// An organisation's own columns.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize, Deserialize, ToSchema)]
#[diesel(table_name = organisations, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct OrganisationRow {
    /// Id, `org_…`.
    pub id: String,
    /// Version, from 1.
    pub version: i64,
    /// Instance that made the record.
    pub origin: String,
    /// When it was made.
    #[serde(with = "crate::clock::utc")]
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub created_at: NaiveDateTime,
    /// When it was last changed.
    #[serde(with = "crate::clock::utc")]
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub updated_at: NaiveDateTime,
    /// Name, as registered.
    pub name: String,
    /// Search key of the name.
    #[serde(skip)]
    pub name_folded: String,
    /// English name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_en: Option<String>,
    /// Tax code of an organisation, 10 or 13 digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_code: Option<String>,
    /// Keyed digest of an individual's code. A change holds that there is one, and no digest: nothing is taken out of the
    /// log when the person asks for it.
    #[serde(
        default,
        rename = "has_personal_tax_code",
        alias = "personal_code_digest",
        with = "super::personal::presence",
        skip_serializing_if = "Option::is_none"
    )]
    #[schema(ignore)]
    pub personal_code_digest: Option<String>,
    /// Legal form.
    pub legal_form: LegalForm,
    /// Province-level unit, as recorded.
    pub province_id: ProvinceId,
    /// Registered address; a business address, never a home that is not one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Website.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// Whether it is at work.
    pub status: OrganisationStatus,
    /// Organisation that took over its obligations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor_id: Option<String>,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub succeeded_on: Option<NaiveDate>,
    /// Invented for the demo.
    pub illustrative: bool,
}

/// Columns of an organisation.
pub(super) const ORGANISATION_COLUMNS: usize = 18;

/// What makes an organisation a producer.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize, Deserialize, ToSchema)]
#[diesel(table_name = producers, primary_key(organisation_id), treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct Producer {
    /// The organisation.
    #[serde(skip)]
    pub organisation_id: String,
    /// Kind of OCOP subject.
    pub kind: ProducerKind,
    /// Which invoice it can issue.
    pub invoice_kind: InvoiceKind,
    /// About it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// What makes an organisation a buyer.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize, Deserialize, ToSchema)]
#[diesel(table_name = buyers, primary_key(organisation_id), treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct Buyer {
    /// The organisation.
    #[serde(skip)]
    pub organisation_id: String,
    /// Kind of buyer.
    pub kind: BuyerKind,
    /// Code of the retail system it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retail_system: Option<String>,
    /// About it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// What makes an organisation an agency.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize, Deserialize, ToSchema)]
#[diesel(table_name = agencies, primary_key(organisation_id), treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct Agency {
    /// The organisation.
    #[serde(skip)]
    pub organisation_id: String,
    /// Kind of agency.
    pub kind: AgencyKind,
    /// About it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// An organisation with its profiles: the whole record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = OrganisationRecord)]
pub struct Organisation {
    /// Its own columns.
    #[serde(flatten)]
    pub row: OrganisationRow,
    /// Producer's profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub producer: Option<Producer>,
    /// Buyer's profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buyer: Option<Buyer>,
    /// Agency's profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<Agency>,
}

impl ProfileKind {
    /// Every profile.
    pub const ALL: [Self; 3] = [Self::Producer, Self::Buyer, Self::Agency];

    /// Name of the collection that shows it.
    pub fn collection(self) -> &'static str {
        match self {
            Self::Producer => "producers",
            Self::Buyer => "buyers",
            Self::Agency => "agencies",
        }
    }
}

impl Organisation {
    /// Whose it is: its own, in its province.
    pub fn owners(&self) -> Owners {
        Owners::one(&self.row.id, self.row.province_id)
    }

    /// Whether it has the profile.
    pub fn has(&self, profile: ProfileKind) -> bool {
        match profile {
            ProfileKind::Producer => self.producer.is_some(),
            ProfileKind::Buyer => self.buyer.is_some(),
            ProfileKind::Agency => self.agency.is_some(),
        }
    }
}

/// An organisation as it is answered.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Organisation)]
pub struct OrganisationView {
    /// The record.
    #[serde(flatten)]
    pub record: Organisation,
    /// Its province-level unit, with today's in its place.
    pub province: ProvinceView,
    /// Whether an individual's tax code is on record, which is never shown.
    pub has_personal_tax_code: bool,
    /// Ids of organisations of the same name in the same province, when this one has no tax code.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub possible_duplicates: Vec<String>,
}

/// The body that makes a producer's profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProducerProfile {
    /// Kind of OCOP subject.
    pub kind: ProducerKind,
    /// Which invoice it can issue; `unknown` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invoice_kind: Option<InvoiceKind>,
    /// About it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 4000)]
    pub description: Option<String>,
}

/// The body that makes a buyer's profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBuyerProfile {
    /// Kind of buyer.
    pub kind: BuyerKind,
    /// Code of the retail system it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 60)]
    pub retail_system: Option<String>,
    /// About it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 4000)]
    pub description: Option<String>,
}

/// The body that makes an agency's profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAgencyProfile {
    /// Kind of agency.
    pub kind: AgencyKind,
    /// About it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 4000)]
    pub description: Option<String>,
}

/// The body that makes an organisation, with the profiles that it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrganisation {
    /// Name, as registered.
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// English name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub name_en: Option<String>,
    /// Tax code: 10 or 13 digits with check digit, or an individual's 12 digits, which are kept as personal
    /// data and never shown. Leaving it out of a replacement keeps an individual's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 20)]
    pub tax_code: Option<String>,
    /// Legal form.
    pub legal_form: LegalForm,
    /// Province-level unit: code or name, `@YYYY-MM-DD` for another day than today.
    #[schema(min_length = 1, max_length = 100, example = "94@2020-10-27")]
    pub province: String,
    /// Registered address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 300)]
    pub address: Option<String>,
    /// Website.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 300)]
    pub website: Option<String>,
    /// Whether it is at work; `active` unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<OrganisationStatus>,
    /// Organisation that took over its obligations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 40)]
    pub successor_id: Option<String>,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub succeeded_on: Option<NaiveDate>,
    /// Invented, for a demo.
    #[serde(default, deserialize_with = "crate::http::body::or_default", skip_serializing_if = "std::ops::Not::not")]
    #[schema(nullable)]
    pub illustrative: bool,
    /// Producer's profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub producer: Option<NewProducerProfile>,
    /// Buyer's profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buyer: Option<NewBuyerProfile>,
    /// Agency's profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<NewAgencyProfile>,
}

impl From<&Organisation> for NewOrganisation {
    fn from(organisation: &Organisation) -> Self {
        let OrganisationRow {
            id: _,
            version: _,
            origin: _,
            created_at: _,
            updated_at: _,
            name,
            name_folded: _,
            name_en,
            tax_code,
            personal_code_digest: _,
            legal_form,
            province_id,
            address,
            website,
            status,
            successor_id,
            succeeded_on,
            illustrative,
        } = organisation.row.clone();
        Self {
            name,
            name_en,
            tax_code,
            legal_form,
            province: province_id.as_str().to_owned(),
            address,
            website,
            status: Some(status),
            successor_id,
            succeeded_on,
            illustrative,
            producer: organisation.producer.clone().map(|profile| NewProducerProfile {
                kind: profile.kind,
                invoice_kind: Some(profile.invoice_kind),
                description: profile.description,
            }),
            buyer: organisation.buyer.clone().map(|profile| NewBuyerProfile {
                kind: profile.kind,
                retail_system: profile.retail_system,
                description: profile.description,
            }),
            agency: organisation.agency.clone().map(|profile| NewAgencyProfile { kind: profile.kind, description: profile.description }),
        }
    }
}
