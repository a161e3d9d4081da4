//! What commitments are about: the products, offers and demands that they name, as the register has them.

use super::body::{NewMou, NewMouCommitment};
use super::model::{MouCommitment, MouParty};
use super::rules::CheckedCommitment;
use crate::check;
use crate::db::schema::{demands, offers, products};
use crate::db::{Db, load_of};
use crate::error::{Faults, Result, text};
use crate::organisations::ProfileKind;
use diesel::prelude::*;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Of an offer, what a commitment that is made of it must agree with.
struct OfferFacts {
    product_id: String,
    producer_id: String,
}

/// What the commitments of a batch name, as far as it is there.
pub(super) struct Subjects {
    products: HashSet<String>,
    offers: HashMap<String, OfferFacts>,
    /// Each with its buyer.
    demands: HashMap<String, String>,
}

impl Subjects {
    /// What `items` name.
    pub fn load(db: &mut Db, items: &[NewMou]) -> Result<Self> {
        let named = |member: fn(&NewMouCommitment) -> Option<&str>| -> Vec<&str> {
            items.iter().flat_map(|new| &new.commitments).filter_map(member).collect::<BTreeSet<_>>().into_iter().collect()
        };
        let ids = named(|commitment| commitment.product_id.as_deref());
        let found: Vec<String> = load_of!(db, &ids, products::id, products::table.select(products::id));
        let products = found.into_iter().collect();
        let ids = named(|commitment| commitment.offer_id.as_deref());
        let offered = offers::table.inner_join(products::table).select((offers::id, offers::product_id, products::producer_id));
        let found: Vec<(String, String, String)> = load_of!(db, &ids, offers::id, offered);
        let offers = found.into_iter().map(|(id, product_id, producer_id)| (id, OfferFacts { product_id, producer_id })).collect();
        let ids = named(|commitment| commitment.demand_id.as_deref());
        let found: Vec<(String, String)> = load_of!(db, &ids, demands::id, demands::table.select((demands::id, demands::buyer_id)));
        Ok(Self { products, offers, demands: found.into_iter().collect() })
    }

    /// Notes what the commitments of `new`, an `MoU` of `parties`, name wrongly.
    pub fn check(&self, new: &NewMou, parties: &[MouParty], faults: &mut Faults) {
        let signs_as =
            |id: &str, capacity: ProfileKind| parties.iter().any(|party| party.organisation_id == id && party.capacity == capacity);
        for (index, commitment) in new.commitments.iter().enumerate() {
            let here = |member: &str| format!("/commitments/{index}/{member}");
            if commitment.product_id.as_ref().is_some_and(|id| !self.products.contains(id)) {
                check::unknown_reference(faults, &here("product_id"), "product", "sản phẩm");
            }
            if let Some(id) = &commitment.offer_id {
                match self.offers.get(id) {
                    None => check::unknown_reference(faults, &here("offer_id"), "offer", "chào bán"),
                    Some(offer) => {
                        if commitment.product_id.as_ref().is_some_and(|product| *product != offer.product_id) {
                            let product = &offer.product_id;
                            let told = text(
                                format!("The offer is of another product: {product}. Leave product_id out, or name an offer of this one."),
                                format!("Chào bán thuộc sản phẩm khác: {product}. Hãy bỏ product_id, hoặc nêu chào bán của sản phẩm này."),
                            );
                            faults.add(&here("product_id"), "other_product", told);
                        }
                        if !signs_as(&offer.producer_id, ProfileKind::Producer) {
                            not_a_party(
                                faults,
                                &here("offer_id"),
                                &offer.producer_id,
                                ("The producer of the offer", "Chủ thể của chào bán"),
                            );
                        }
                    }
                }
            }
            if let Some(id) = &commitment.demand_id {
                match self.demands.get(id) {
                    None => check::unknown_reference(faults, &here("demand_id"), "demand", "nhu cầu"),
                    Some(buyer) if !signs_as(buyer, ProfileKind::Buyer) => {
                        not_a_party(faults, &here("demand_id"), buyer, ("The buyer of the demand", "Bên mua của nhu cầu"));
                    }
                    Some(_) => {}
                }
            }
        }
    }

    /// The commitments of `new` with their words resolved; one that names an offer is of its product.
    pub fn resolve(&self, new: &NewMou, checked: Vec<CheckedCommitment>) -> Vec<MouCommitment> {
        let resolved = (0_i32..).zip(new.commitments.iter().cloned()).zip(checked);
        resolved
            .map(|((position, commitment), checked)| {
                let NewMouCommitment {
                    product_id,
                    group: _,
                    description,
                    quantity,
                    unit: _,
                    period,
                    starts_on,
                    ends_on,
                    value,
                    currency,
                    demand_id,
                    offer_id,
                } = commitment;
                let of_offer = offer_id.as_ref().and_then(|id| self.offers.get(id)).map(|offer| offer.product_id.clone());
                MouCommitment {
                    mou_id: String::new(),
                    position,
                    product_id: product_id.or(of_offer),
                    group_id: checked.group_id,
                    description,
                    quantity,
                    unit: checked.unit,
                    period,
                    starts_on,
                    ends_on,
                    value,
                    currency,
                    demand_id,
                    offer_id,
                }
            })
            .collect()
    }
}

fn not_a_party(faults: &mut Faults, pointer: &str, id: &str, (en, vi): (&str, &str)) {
    faults.add(
        pointer,
        "not_a_party",
        text(
            format!("{en}, {id}, is no party in that capacity: add it to the parties, or leave this out."),
            format!("{vi} ({id}) không phải là một bên với tư cách đó: hãy thêm vào các bên, hoặc bỏ mục này."),
        ),
    );
}
