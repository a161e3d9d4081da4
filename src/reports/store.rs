//! The rows that the reports count.

use crate::certificates::valid_on;
use crate::db::Db;
use crate::db::schema::{certificates, organisations, products, star_proposals};
use crate::error::Result;
use crate::reference::{GroupId, ProvinceId};
use chrono::NaiveDate;
use diesel::prelude::*;

/// A product with a valid OCOP certificate: product, producer, group, stars.
pub(super) type Certified = (String, String, GroupId, Option<i32>);

/// Every OCOP certificate that is valid on `day`, of products whose producer is in `provinces` (none: everywhere).
pub(super) fn certified(db: &mut Db, provinces: Option<Vec<ProvinceId>>, day: NaiveDate) -> Result<Vec<Certified>> {
    let mut query = certificates::table
        .inner_join(products::table.on(certificates::product_id.eq(products::id.nullable())))
        .inner_join(organisations::table.on(products::producer_id.eq(organisations::id)))
        .filter(valid_on(day))
        .filter(certificates::stars.is_not_null())
        .select((products::id, products::producer_id, products::group_id, certificates::stars))
        .into_boxed();
    if let Some(provinces) = provinces {
        query = query.filter(organisations::province_id.eq_any(provinces));
    }
    Ok(query.load(db)?)
}

/// How many products are proposed for five stars on `day`: proposed by then and not decided by then.
pub(super) fn proposed_for_five(db: &mut Db, provinces: Option<Vec<ProvinceId>>, day: NaiveDate) -> Result<usize> {
    let mut query = star_proposals::table
        .inner_join(products::table.on(star_proposals::product_id.eq(products::id)))
        .inner_join(organisations::table.on(products::producer_id.eq(organisations::id)))
        .filter(star_proposals::stars.eq(5))
        .filter(star_proposals::proposed_on.le(day))
        .filter(star_proposals::outcome_on.is_null().or(star_proposals::outcome_on.gt(day)))
        .select(star_proposals::product_id)
        .distinct()
        .into_boxed();
    if let Some(provinces) = provinces {
        query = query.filter(organisations::province_id.eq_any(provinces));
    }
    let found: Vec<String> = query.load(db)?;
    Ok(found.len())
}
