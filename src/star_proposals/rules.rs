//! What a proposal may be: pure decisions, no database, no clock.

use super::model::{NewStarProposal, Outcome, StarProposal};
use crate::certificates::{Certificate, OCOP, are_stars, not_stars};
use crate::check;
use crate::error::{Faults, text};
use crate::organisations::Identity;
use crate::text::in_vietnamese;
use chrono::NaiveDate;
use std::collections::HashMap;

/// What bodies refer to and the register has.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Producer and name of each product.
    pub products: HashMap<String, (String, String)>,
    /// Organisations by id: those that propose, and the products' producers.
    pub organisations: HashMap<String, Identity>,
    /// Certificates of the products, and those that the bodies name.
    pub certificates: Vec<Certificate>,
}

impl Known {
    /// The stars that a product has on `day`.
    fn stars_on(&self, product_id: &str, day: NaiveDate) -> Option<i32> {
        let of_product = self.certificates.iter().filter(|certificate| certificate.product_id.as_deref() == Some(product_id));
        of_product.filter(|certificate| certificate.validity().holds_on(day)).filter_map(|certificate| certificate.stars).max()
    }
}

/// Checks everything about `new`, which takes the place of `current`.
pub(super) fn check(new: &NewStarProposal, current: Option<&StarProposal>, known: &Known, today: NaiveDate, faults: &mut Faults) {
    if !known.products.contains_key(&new.product_id) {
        check::unknown_reference(faults, "/product_id", "product", "sản phẩm");
    }
    if !known.organisations.contains_key(&new.proposed_by_id) {
        check::unknown_reference(faults, "/proposed_by_id", "organisation", "tổ chức");
    }
    check_stars(new, current, known, faults);
    check_dates(new, today, faults);
    check_certificate(new, known, faults);
}

fn check_stars(new: &NewStarProposal, current: Option<&StarProposal>, known: &Known, faults: &mut Faults) {
    if !are_stars(new.stars) {
        faults.add("/stars", "not_stars", not_stars());
        return;
    }
    // What was registered rightly stays right when a certificate of an earlier day is registered later.
    let is_same_proposal = current
        .is_some_and(|current| (&current.product_id, current.stars, current.proposed_on) == (&new.product_id, new.stars, new.proposed_on));
    if is_same_proposal {
        return;
    }
    if let Some(held) = known.stars_on(&new.product_id, new.proposed_on).filter(|held| new.stars <= *held) {
        let day = new.proposed_on;
        faults.add(
            "/stars",
            "not_higher",
            text(
                format!("The product has {held} stars on {day}: a proposal is for more."),
                format!("Ngày {} sản phẩm đang có {held} sao: đề nghị phải cho hạng cao hơn.", in_vietnamese(day)),
            ),
        );
    }
}

fn check_dates(new: &NewStarProposal, today: NaiveDate, faults: &mut Faults) {
    check::day(faults, "/proposed_on", Some(new.proposed_on));
    check::day(faults, "/outcome_on", new.outcome_on);
    for (pointer, day) in [("/proposed_on", Some(new.proposed_on)), ("/outcome_on", new.outcome_on)] {
        if day.is_some_and(|day| day > today) {
            faults.add(
                pointer,
                "in_future",
                text(format!("Not after today, {today}."), format!("Không sau hôm nay, {}.", in_vietnamese(today))),
            );
        }
    }
    check::order(
        faults,
        "/outcome_on",
        Some(new.proposed_on),
        new.outcome_on,
        "An outcome does not come before its proposal",
        "Ngày có kết quả không được trước ngày đề nghị",
    );
    match (new.outcome.unwrap_or(Outcome::Pending), new.outcome_on) {
        (Outcome::Pending, Some(_)) => faults.add(
            "/outcome_on",
            "not_allowed",
            text(
                "What is pending has no day of outcome; say what came of it.",
                "Đề nghị đang chờ thì chưa có ngày kết quả; hãy ghi kết quả.",
            ),
        ),
        (Outcome::Granted | Outcome::Refused | Outcome::Withdrawn, None) => {
            faults.add("/outcome_on", "missing", text("The day of the outcome is needed.", "Cần ghi ngày có kết quả."));
        }
        _ => {}
    }
}

fn check_certificate(new: &NewStarProposal, known: &Known, faults: &mut Faults) {
    let Some(id) = &new.certificate_id else { return };
    if new.outcome != Some(Outcome::Granted) {
        faults.add(
            "/certificate_id",
            "not_allowed",
            text("Only a granted proposal names a certificate.", "Chỉ đề nghị được chấp thuận mới gắn với giấy chứng nhận."),
        );
    }
    match known.certificates.iter().find(|certificate| certificate.id == *id) {
        None => check::unknown_reference(faults, "/certificate_id", "certificate", "giấy chứng nhận"),
        Some(certificate) => {
            let fits = certificate.kind.as_str() == OCOP
                && certificate.product_id.as_ref() == Some(&new.product_id)
                && certificate.stars == Some(new.stars);
            if !fits {
                faults.add(
                    "/certificate_id",
                    "other_certificate",
                    text(
                        "What is granted is an OCOP certificate of this product with these stars.",
                        "Giấy chứng nhận phải là giấy OCOP của chính sản phẩm này với đúng hạng sao được đề nghị.",
                    ),
                );
            }
        }
    }
}
