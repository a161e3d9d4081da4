//! What a certificate is: the row, the body that makes it, and the answer.

use super::rules::Validity;
use crate::db::schema::certificates;
use crate::db::text_enum;
use crate::log::Meta;
use crate::organisations::OrganisationSummary;
use crate::reference::{CertificateKindId, SubjectKind};
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

text_enum! {
    /// Level of whoever issued a paper.
    IssuerLevel {
        /// Ủy ban nhân dân cấp xã.
        Commune = "commune",
        /// Cấp huyện, until 30/6/2025.
        District = "district",
        /// Cấp tỉnh.
        Province = "province",
        /// Bộ.
        Ministry = "ministry",
        /// Tổ chức chứng nhận.
        CertificationBody = "certification_body",
        /// Phòng thử nghiệm.
        Laboratory = "laboratory",
        /// Hội, hiệp hội.
        Association = "association",
        /// Chương trình của nhà bán lẻ.
        RetailProgramme = "retail_programme",
        /// The holder itself.
        SelfDeclared = "self_declared",
        /// Abroad.
        Foreign = "foreign",
        /// Anything else.
        Other = "other",
    }
}

text_enum! {
    /// What follows from a certificate's dates on a day.
    CertificateStatus {
        /// Before it was issued.
        NotYetValid = "not_yet_valid",
        /// In force.
        Valid = "valid",
        /// Past its end and any extension.
        Expired = "expired",
        /// Taken back, whether or not it would have ended since.
        Revoked = "revoked",
    }
}

/// A certificate, as stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset, Serialize, Deserialize, ToSchema)]
#[diesel(table_name = certificates, treat_none_as_null = true, treat_none_as_default_value = false)]
#[schema(as = CertificateRecord)]
pub struct Certificate {
    /// Id, `crt_…`.
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
    /// Kind of certificate.
    pub kind: CertificateKindId,
    /// Number, as printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Organisation that holds it.
    pub holder_id: String,
    /// What it speaks about.
    pub subject: SubjectKind,
    /// The product that it speaks about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<String>,
    /// The facility or farm that it speaks about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facility_id: Option<String>,
    /// The mark, name of origin or chain that it speaks about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject_name: Option<String>,
    /// Who issued it, as printed.
    pub issuer: String,
    /// Level of whoever issued it.
    pub issuer_level: IssuerLevel,
    /// Decision by which it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision_number: Option<String>,
    /// What it covers, in its own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// First day.
    pub issued_on: NaiveDate,
    /// Last day, as printed; none where the paper has no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<NaiveDate>,
    /// Last day after an extension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended_until: Option<NaiveDate>,
    /// First day on which it is taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_on: Option<NaiveDate>,
    /// Why it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation_reason: Option<String>,
    /// Stars of an OCOP certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 3, maximum = 5)]
    pub stars: Option<i32>,
    /// Organisation that checked the paper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked_by_id: Option<String>,
    /// When it was checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked_on: Option<NaiveDate>,
    /// Invented for the demo.
    pub illustrative: bool,
}

/// Columns of a certificate.
pub(super) const CERTIFICATE_COLUMNS: usize = 25;

impl Certificate {
    /// What the register notes of it.
    pub(super) fn meta(&self) -> Meta {
        Meta {
            id: self.id.clone(),
            version: self.version,
            origin: self.origin.clone(),
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }

    /// The dates from which its validity follows.
    pub fn validity(&self) -> Validity {
        Validity {
            issued_on: self.issued_on,
            valid_until: self.valid_until,
            extended_until: self.extended_until,
            revoked_on: self.revoked_on,
        }
    }
}

/// A certificate as it is answered.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Certificate)]
pub struct CertificateView {
    /// The record.
    #[serde(flatten)]
    pub record: Certificate,
    /// Vietnamese name of its kind.
    pub kind_name: String,
    /// English name of its kind.
    pub kind_name_en: String,
    /// Who holds it; absent when that organisation has been deleted since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<OrganisationSummary>,
    /// What it is on the day asked.
    pub status: CertificateStatus,
    /// The last day on which it is valid as far as is known: the later of end and extension, cut by a
    /// revocation (the day before issue when it was taken back at once); absent when it has no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_through: Option<NaiveDate>,
}

/// The body that makes a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCertificate {
    /// Kind of certificate: a code of `/v1/certificate-kinds`.
    #[schema(min_length = 1, max_length = 40, example = "OCOP")]
    pub kind: String,
    /// Number, as printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub number: Option<String>,
    /// Organisation that holds it.
    #[schema(min_length = 1, max_length = 40)]
    pub holder_id: String,
    /// What it speaks about; follows from the kind where that allows one alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<SubjectKind>,
    /// The holder's product, when it speaks about a product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 40)]
    pub product_id: Option<String>,
    /// The holder's facility or farm, when it speaks about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 40)]
    pub facility_id: Option<String>,
    /// The mark, name of origin or chain, when it speaks about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub subject_name: Option<String>,
    /// Who issued it, as printed.
    #[schema(min_length = 1, max_length = 300)]
    pub issuer: String,
    /// Level of whoever issued it.
    pub issuer_level: IssuerLevel,
    /// Decision by which it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 100)]
    pub decision_number: Option<String>,
    /// What it covers, in its own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 4000)]
    pub scope: Option<String>,
    /// First day.
    pub issued_on: NaiveDate,
    /// Last day, as printed. An OCOP certificate has one; others may have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<NaiveDate>,
    /// Last day after an extension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended_until: Option<NaiveDate>,
    /// First day on which it is taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_on: Option<NaiveDate>,
    /// Why it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 300)]
    pub revocation_reason: Option<String>,
    /// Stars of an OCOP certificate: 3, 4 or 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 3, maximum = 5)]
    pub stars: Option<i32>,
    /// Organisation that checked the paper; stated by officers alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 40)]
    pub checked_by_id: Option<String>,
    /// When it was checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked_on: Option<NaiveDate>,
    /// Invented, for a demo.
    #[serde(default, deserialize_with = "crate::http::body::or_default", skip_serializing_if = "std::ops::Not::not")]
    #[schema(nullable)]
    pub illustrative: bool,
}

impl From<&Certificate> for NewCertificate {
    fn from(certificate: &Certificate) -> Self {
        let Certificate {
            id: _,
            version: _,
            origin: _,
            created_at: _,
            updated_at: _,
            kind,
            number,
            holder_id,
            subject,
            product_id,
            facility_id,
            subject_name,
            issuer,
            issuer_level,
            decision_number,
            scope,
            issued_on,
            valid_until,
            extended_until,
            revoked_on,
            revocation_reason,
            stars,
            checked_by_id,
            checked_on,
            illustrative,
        } = certificate.clone();
        Self {
            kind: kind.as_str().to_owned(),
            number,
            holder_id,
            subject: Some(subject),
            product_id,
            facility_id,
            subject_name,
            issuer,
            issuer_level,
            decision_number,
            scope,
            issued_on,
            valid_until,
            extended_until,
            revoked_on,
            revocation_reason,
            stars,
            checked_by_id,
            checked_on,
            illustrative,
        }
    }
}
