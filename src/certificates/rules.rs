//! What a certificate may be, and what follows from its dates: pure decisions, no database, no clock.

use super::model::{Certificate, CertificateStatus, NewCertificate};
use crate::check;
use crate::error::{Faults, Problem, Result, Text, text};
use crate::facilities::FacilityKind;
use crate::organisations::Identity;
use crate::reference::{CertificateKindId, SubjectKind, reference, texts};
use crate::text::in_vietnamese;
use chrono::NaiveDate;
use std::collections::HashMap;

/// Code of the kind that alone has stars.
pub const OCOP: &str = "OCOP";

/// Longest number of a paper or a decision: the longest met have about 40 characters.
const NUMBER_LIMIT: usize = 100;

/// The dates from which the validity of a paper follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// First day.
    pub issued_on: NaiveDate,
    /// Last day, as printed; none where the paper has no end.
    pub valid_until: Option<NaiveDate>,
    /// Last day after an extension.
    pub extended_until: Option<NaiveDate>,
    /// First day on which it is taken back.
    pub revoked_on: Option<NaiveDate>,
}

impl Validity {
    /// What the paper is on `day`. Revoked wins over expired: that it was taken back matters after its end too.
    pub fn status_on(self, day: NaiveDate) -> CertificateStatus {
        if day < self.issued_on {
            CertificateStatus::NotYetValid
        } else if self.revoked_on.is_some_and(|revoked_on| revoked_on <= day) {
            CertificateStatus::Revoked
        } else if self.end().is_some_and(|end| end < day) {
            CertificateStatus::Expired
        } else {
            CertificateStatus::Valid
        }
    }

    /// Whether it is in force on `day`.
    pub fn holds_on(self, day: NaiveDate) -> bool {
        self.status_on(day) == CertificateStatus::Valid
    }

    /// Whether it is in force on every day from `from` to `until`: what is valid on both ends is valid between.
    pub fn holds_through(self, from: NaiveDate, until: NaiveDate) -> bool {
        self.holds_on(from) && self.holds_on(until)
    }

    /// The last day on which it is in force as far as is known; the day before issue when it was taken back at
    /// once; `None` when it has no end.
    pub fn last_day(self) -> Option<NaiveDate> {
        let before_revocation = self.revoked_on.map(|revoked_on| revoked_on.pred_opt().unwrap_or(revoked_on));
        [self.end(), before_revocation].into_iter().flatten().min()
    }

    /// The later of end and extension. A paper without an end can't be extended.
    fn end(self) -> Option<NaiveDate> {
        self.valid_until.map(|until| self.extended_until.map_or(until, |extended| extended.max(until)))
    }
}

/// A paper that is registered once: certificates without a number are never taken for one another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Paper {
    pub kind: CertificateKindId,
    pub number: String,
    pub holder_id: String,
    pub issued_on: NaiveDate,
}

impl Paper {
    /// The paper of a certificate, when it has a number.
    pub fn of(certificate: &Certificate) -> Option<Self> {
        let Certificate { kind, number, holder_id, issued_on, .. } = certificate;
        number.clone().map(|number| Self { kind: *kind, number, holder_id: holder_id.clone(), issued_on: *issued_on })
    }
}

/// What bodies refer to and the register has.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Organisations by id.
    pub organisations: HashMap<String, Identity>,
    /// Producer of each product.
    pub products: HashMap<String, String>,
    /// Holder and kind of each facility.
    pub facilities: HashMap<String, (String, FacilityKind)>,
}

/// What the checks found, where it is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Checked {
    pub kind: CertificateKindId,
    pub subject: SubjectKind,
}

/// Whether a certificate of so many stars exists.
pub fn are_stars(stars: i32) -> bool {
    (3..=5).contains(&stars)
}

/// What is wrong with other numbers of stars.
///
/// Source: Decision 26/2026/QĐ-TTg, as those of 2019 and 2023: a certificate is given from three stars on.
pub fn not_stars() -> Text {
    text("Certificates exist for 3, 4 and 5 stars only.", "Chỉ cấp giấy chứng nhận cho 3, 4 và 5 sao.")
}

/// Checks everything about `new`.
pub(super) fn check(new: &NewCertificate, known: &Known, today: NaiveDate, faults: &mut Faults) -> Option<Checked> {
    let kind = reference().certificate_kinds.resolve(&new.kind).ok();
    if kind.is_none() {
        faults.add("/kind", "unknown_certificate_kind", texts::certificate_kind_error());
    }
    if !known.organisations.contains_key(&new.holder_id) {
        check::unknown_reference(faults, "/holder_id", "organisation", "tổ chức");
    }
    let subject = kind.and_then(|kind| check_subject(new, &reference().certificate_kinds.get(kind).attaches_to, known, faults));
    check_texts(new, faults);
    check_dates(new, today, faults);
    check_stars(new, kind.is_some_and(|kind| kind.as_str() == OCOP), kind.is_some(), faults);
    check_the_checking(new, known, today, faults);
    Some(Checked { kind: kind?, subject: subject? })
}

/// The subject that is meant: the only one that the kind has, or the one that is given among several.
fn subject_of(attaches_to: &[SubjectKind], given: Option<SubjectKind>) -> Result<SubjectKind, (&'static str, Text)> {
    let allowed: Vec<&str> = attaches_to.iter().map(SubjectKind::as_str).collect();
    let allowed = allowed.join(", ");
    match (given, attaches_to) {
        (None, [only]) => Ok(*only),
        (None, _) => Err((
            "missing",
            text(
                format!("Certificates of this kind speak about one of several: {allowed}. Say which."),
                format!("Giấy chứng nhận loại này có thể gắn với: {allowed}. Hãy ghi rõ."),
            ),
        )),
        (Some(given), _) if attaches_to.contains(&given) => Ok(given),
        (Some(_), _) => Err((
            "not_allowed",
            text(format!("Certificates of this kind speak about: {allowed}."), format!("Giấy chứng nhận loại này chỉ gắn với: {allowed}.")),
        )),
    }
}

fn check_subject(new: &NewCertificate, attaches_to: &[SubjectKind], known: &Known, faults: &mut Faults) -> Option<SubjectKind> {
    let subject = match subject_of(attaches_to, new.subject) {
        Ok(subject) => subject,
        Err((code, detail)) => {
            faults.add("/subject", code, detail);
            return None;
        }
    };
    let place = match subject {
        SubjectKind::Facility => Some(FacilityKind::Facility),
        SubjectKind::Farm => Some(FacilityKind::Farm),
        _ => None,
    };
    check_product(new, subject == SubjectKind::Product, known, faults);
    check_place(new, place, known, faults);
    let is_named = matches!(subject, SubjectKind::Brand | SubjectKind::OriginName | SubjectKind::Chain);
    if is_named && new.subject_name.is_none() {
        faults.add(
            "/subject_name",
            "missing",
            text(
                format!("The name of the {subject} that the certificate speaks about is needed."),
                "Cần ghi tên nhãn hiệu, chỉ dẫn địa lý hoặc chuỗi mà giấy chứng nhận nói đến.",
            ),
        );
    }
    Some(subject)
}

fn check_product(new: &NewCertificate, is_about_product: bool, known: &Known, faults: &mut Faults) {
    match (&new.product_id, is_about_product) {
        (None, false) => {}
        (None, true) => faults.add(
            "/product_id",
            "missing",
            text("The product that the certificate speaks about is needed.", "Cần ghi sản phẩm mà giấy chứng nhận nói đến."),
        ),
        (Some(_), false) => faults.add(
            "/product_id",
            "not_allowed",
            text("A certificate of this subject names no product.", "Giấy chứng nhận về đối tượng này không gắn với sản phẩm."),
        ),
        (Some(id), true) => match known.products.get(id) {
            None => check::unknown_reference(faults, "/product_id", "product", "sản phẩm"),
            Some(producer) if *producer != new.holder_id => faults.add(
                "/product_id",
                "other_holder",
                text(
                    "The product is another producer's: the holder of the certificate is the product's producer.",
                    "Sản phẩm thuộc chủ thể khác: bên giữ giấy chứng nhận phải là chủ thể của sản phẩm.",
                ),
            ),
            Some(_) => {}
        },
    }
}

fn check_place(new: &NewCertificate, needed: Option<FacilityKind>, known: &Known, faults: &mut Faults) {
    match (&new.facility_id, needed) {
        (None, None) => {}
        (None, Some(kind)) => faults.add(
            "/facility_id",
            "missing",
            text(
                format!("The {} that the certificate speaks about is needed; register it at /v1/facilities.", kind.as_str()),
                "Cần ghi cơ sở hoặc vùng nuôi trồng mà giấy chứng nhận nói đến; hãy đăng ký tại /v1/facilities.",
            ),
        ),
        (Some(_), None) => faults.add(
            "/facility_id",
            "not_allowed",
            text("A certificate of this subject names no facility or farm.", "Giấy chứng nhận về đối tượng này không gắn với cơ sở."),
        ),
        (Some(id), Some(kind)) => match known.facilities.get(id) {
            None => check::unknown_reference(faults, "/facility_id", "facility", "cơ sở"),
            Some((holder, _)) if *holder != new.holder_id => {
                faults.add("/facility_id", "other_holder", text("The place is another organisation's.", "Cơ sở này thuộc tổ chức khác."));
            }
            Some((_, found)) if *found != kind => faults.add(
                "/facility_id",
                "wrong_kind",
                text(
                    format!("The certificate speaks about a {}, and this is a {}.", kind.as_str(), found.as_str()),
                    "Loại cơ sở không đúng với đối tượng của giấy chứng nhận (facility: cơ sở, farm: vùng nuôi trồng).",
                ),
            ),
            Some(_) => {}
        },
    }
}

fn check_texts(new: &NewCertificate, faults: &mut Faults) {
    check::maybe_line(faults, "/number", new.number.as_deref(), NUMBER_LIMIT);
    check::maybe_line(faults, "/subject_name", new.subject_name.as_deref(), check::NAME_LIMIT);
    check::line(faults, "/issuer", &new.issuer, check::LINE_LIMIT);
    check::maybe_line(faults, "/decision_number", new.decision_number.as_deref(), NUMBER_LIMIT);
    check::maybe_prose(faults, "/scope", new.scope.as_deref(), check::PROSE_LIMIT);
    check::maybe_line(faults, "/revocation_reason", new.revocation_reason.as_deref(), check::LINE_LIMIT);
}

fn check_dates(new: &NewCertificate, today: NaiveDate, faults: &mut Faults) {
    check::day(faults, "/issued_on", Some(new.issued_on));
    check::day(faults, "/valid_until", new.valid_until);
    check::day(faults, "/extended_until", new.extended_until);
    check::day(faults, "/revoked_on", new.revoked_on);
    if new.issued_on > today {
        faults.add(
            "/issued_on",
            "in_future",
            text(
                format!("A paper is registered once it is issued: not after today, {today}."),
                format!("Chỉ đăng ký giấy chứng nhận đã cấp: không sau hôm nay, {}.", in_vietnamese(today)),
            ),
        );
    }
    check::order(
        faults,
        "/valid_until",
        Some(new.issued_on),
        new.valid_until,
        "A certificate does not end before it is issued",
        "Ngày hết hạn không được trước ngày cấp",
    );
    check::order(
        faults,
        "/extended_until",
        new.valid_until,
        new.extended_until,
        "An extension does not end before the certificate",
        "Ngày gia hạn không được trước ngày hết hạn",
    );
    if new.extended_until.is_some() && new.valid_until.is_none() {
        faults.add(
            "/valid_until",
            "missing",
            text("What is extended has an end: give valid_until too.", "Có gia hạn thì phải có ngày hết hạn: hãy ghi valid_until."),
        );
    }
    check::order(
        faults,
        "/revoked_on",
        Some(new.issued_on),
        new.revoked_on,
        "A certificate is not revoked before it is issued",
        "Ngày thu hồi không được trước ngày cấp",
    );
    match (new.revoked_on.is_some(), new.revocation_reason.is_some()) {
        (true, false) => faults.add("/revocation_reason", "missing", text("A revocation has a reason.", "Thu hồi thì phải có lý do.")),
        (false, true) => faults.add(
            "/revoked_on",
            "missing",
            text("The reason of a revocation comes with its day.", "Có lý do thu hồi thì phải có ngày thu hồi."),
        ),
        _ => {}
    }
}

fn check_stars(new: &NewCertificate, is_ocop: bool, kind_is_known: bool, faults: &mut Faults) {
    match new.stars {
        Some(_) if kind_is_known && !is_ocop => {
            faults.add("/stars", "not_allowed", text("Only an OCOP certificate has stars.", "Chỉ giấy chứng nhận OCOP mới có hạng sao."));
        }
        Some(stars) if !are_stars(stars) => faults.add("/stars", "not_stars", not_stars()),
        None if is_ocop => {
            faults.add("/stars", "missing", text("An OCOP certificate has 3, 4 or 5 stars.", "Giấy chứng nhận OCOP có 3, 4 hoặc 5 sao."));
        }
        _ => {}
    }
    // The decisions give a term of 36 months, and the paper states its end; it is not computed here.
    if is_ocop && new.valid_until.is_none() && new.extended_until.is_none() {
        faults.add(
            "/valid_until",
            "missing",
            text(
                "An OCOP certificate states its last day (36 months from issue): give it as printed.",
                "Giấy chứng nhận OCOP có ghi thời hạn (36 tháng kể từ ngày cấp): hãy ghi ngày hết hạn như trên giấy.",
            ),
        );
    }
}

fn check_the_checking(new: &NewCertificate, known: &Known, today: NaiveDate, faults: &mut Faults) {
    let together = || text("Give checked_by_id and checked_on together.", "Hãy ghi cả checked_by_id và checked_on.");
    match (&new.checked_by_id, new.checked_on) {
        (Some(_), None) => faults.add("/checked_on", "missing", together()),
        (None, Some(_)) => faults.add("/checked_by_id", "missing", together()),
        _ => {}
    }
    if new.checked_by_id.as_ref().is_some_and(|id| !known.organisations.contains_key(id)) {
        check::unknown_reference(faults, "/checked_by_id", "organisation", "tổ chức");
    }
    check::day(faults, "/checked_on", new.checked_on);
    check::order(
        faults,
        "/checked_on",
        Some(new.issued_on),
        new.checked_on,
        "A paper is not checked before it is issued",
        "Ngày kiểm tra không được trước ngày cấp",
    );
    if new.checked_on.is_some_and(|day| day > today) {
        faults.add(
            "/checked_on",
            "in_future",
            text(format!("Not after today, {today}."), format!("Không sau hôm nay, {}.", in_vietnamese(today))),
        );
    }
}

/// Refuses what only an officer may say: that there are stars, that a paper was checked, and any change of
/// what a paper with stars or a checked one states.
///
/// # Errors
/// 403 with the reason.
pub(super) fn refuse_officers_word(current: Option<&Certificate>, next: &Certificate) -> Result<()> {
    let is_ocop = |certificate: &Certificate| certificate.kind.as_str() == OCOP;
    let is_checked = |certificate: &Certificate| certificate.checked_by_id.is_some();
    let Some(current) = current else {
        if is_ocop(next) || is_checked(next) {
            return Err(officers_word());
        }
        return Ok(());
    };
    let checking = |certificate: &Certificate| (certificate.checked_by_id.clone(), certificate.checked_on);
    if is_ocop(current) != is_ocop(next) || checking(current) != checking(next) {
        return Err(officers_word());
    }
    if (is_ocop(current) || is_checked(current)) && stated(current) != stated(next) {
        return Err(Problem::forbidden(text(
            "What an OCOP certificate or a checked paper states, its dates above all, is changed by an officer of the province.",
            "Nội dung của giấy chứng nhận OCOP hoặc giấy đã được kiểm tra, nhất là các ngày, do cán bộ của tỉnh thay đổi.",
        )));
    }
    Ok(())
}

fn officers_word() -> Problem {
    Problem::forbidden(text(
        "Stars, and that a paper was checked, are stated by an officer of the province; this key may state its organisation's other papers.",
        "Hạng sao OCOP và việc kiểm tra giấy tờ do cán bộ của tỉnh ghi; khóa này chỉ được khai các giấy tờ khác của tổ chức mình.",
    ))
}

/// A certificate reduced to what an officer vouched for: what it is, of whom, about what, by whom and how long.
fn stated(certificate: &Certificate) -> Certificate {
    Certificate {
        version: 0,
        updated_at: certificate.created_at,
        decision_number: None,
        scope: None,
        revocation_reason: None,
        ..certificate.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use CertificateStatus::{Expired, NotYetValid, Revoked, Valid};
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn validity(issued: &str, until: Option<&str>, extended: Option<&str>, revoked: Option<&str>) -> Validity {
        Validity { issued_on: day(issued), valid_until: until.map(day), extended_until: extended.map(day), revoked_on: revoked.map(day) }
    }

    #[test]
    fn a_certificate_is_valid_from_its_first_to_its_last_day() {
        let plain = validity("2020-06-24", Some("2023-06-24"), None, None);
        let extended = validity("2020-06-24", Some("2023-06-24"), Some("2023-12-21"), None);
        let revoked = validity("2020-06-24", Some("2023-06-24"), None, Some("2021-03-01"));
        let endless = validity("2020-06-24", None, None, None);
        let taken_back_at_once = validity("2020-06-24", Some("2023-06-24"), None, Some("2020-06-24"));
        let revoked_after_its_end = validity("2020-06-24", Some("2023-06-24"), None, Some("2024-01-01"));
        for (paper, on, expected) in [
            (plain, "2020-06-23", NotYetValid),
            (plain, "2020-06-24", Valid),
            (plain, "2020-10-27", Valid),
            (plain, "2023-06-24", Valid),
            (plain, "2023-06-25", Expired),
            (plain, "2026-11-23", Expired),
            (extended, "2023-06-25", Valid),
            (extended, "2023-12-21", Valid),
            (extended, "2023-12-22", Expired),
            (revoked, "2020-06-23", NotYetValid),
            (revoked, "2021-02-28", Valid),
            (revoked, "2021-03-01", Revoked),
            (revoked, "2026-11-23", Revoked),
            (endless, "2126-11-23", Valid),
            (taken_back_at_once, "2020-06-23", NotYetValid),
            (taken_back_at_once, "2020-06-24", Revoked),
            (revoked_after_its_end, "2023-06-25", Expired),
            (revoked_after_its_end, "2024-01-01", Revoked),
        ] {
            assert_eq!(paper.status_on(day(on)), expected, "{paper:?} on {on}");
        }
    }

    #[test]
    fn the_last_day_is_the_later_of_end_and_extension_cut_by_a_revocation() {
        for (paper, expected) in [
            (validity("2020-06-24", Some("2023-06-24"), None, None), Some("2023-06-24")),
            (validity("2020-06-24", Some("2023-06-24"), Some("2023-12-21"), None), Some("2023-12-21")),
            (validity("2020-06-24", Some("2023-06-24"), Some("2023-12-21"), Some("2023-07-01")), Some("2023-06-30")),
            (validity("2020-06-24", Some("2023-06-24"), None, Some("2024-01-01")), Some("2023-06-24")),
            (validity("2020-06-24", None, None, None), None),
            (validity("2020-06-24", None, None, Some("2022-01-01")), Some("2021-12-31")),
            (validity("2020-06-24", None, None, Some("2020-06-24")), Some("2020-06-23")),
        ] {
            assert_eq!(paper.last_day(), expected.map(day), "{paper:?}");
        }
    }

    #[test]
    fn a_period_is_covered_when_its_first_and_last_days_are() {
        let paper = validity("2020-06-24", Some("2023-06-24"), None, None);
        assert!(paper.holds_through(day("2020-06-24"), day("2023-06-24")));
        assert!(!paper.holds_through(day("2020-06-23"), day("2021-01-01")));
        assert!(!paper.holds_through(day("2023-06-24"), day("2023-06-25")));
    }

    #[test]
    fn the_subject_follows_from_the_kind_or_is_given() {
        use SubjectKind::{Facility, Farm, Product};
        assert_eq!(subject_of(&[Product], None).unwrap(), Product);
        assert_eq!(subject_of(&[Product], Some(Product)).unwrap(), Product);
        assert_eq!(subject_of(&[Product], Some(Farm)).unwrap_err().0, "not_allowed");
        assert_eq!(subject_of(&[Facility, Farm], Some(Farm)).unwrap(), Farm);
        let (code, detail) = subject_of(&[Facility, Farm], None).unwrap_err();
        assert_eq!(code, "missing");
        assert!(detail.en.contains("facility, farm"), "{}", detail.en);
    }

    fn any_day() -> impl Strategy<Value = NaiveDate> {
        (0_u64..400).prop_map(|n| day("2020-01-01") + chrono::Days::new(n))
    }

    /// Dates that the checks let through.
    fn any_validity() -> impl Strategy<Value = Validity> {
        let lengths = (0_u64..200, proptest::option::of(0_u64..100));
        (any_day(), proptest::option::of(lengths), proptest::option::of(0_u64..300)).prop_map(|(issued_on, term, revoked)| {
            let after = |start: NaiveDate, days: u64| start + chrono::Days::new(days);
            let valid_until = term.map(|(days, _)| after(issued_on, days));
            let extended_until = term.and_then(|(days, extension)| extension.map(|extension| after(issued_on, days + extension)));
            Validity { issued_on, valid_until, extended_until, revoked_on: revoked.map(|days| after(issued_on, days)) }
        })
    }

    proptest! {
        #[test]
        fn valid_over_a_period_is_valid_on_each_of_its_days(paper in any_validity(), from in any_day(), days in 0_u64..120) {
            let until = from + chrono::Days::new(days);
            let each = (0..=days).all(|n| paper.holds_on(from + chrono::Days::new(n)));
            prop_assert_eq!(paper.holds_through(from, until), each);
        }

        #[test]
        fn a_revocation_never_makes_valid(paper in any_validity(), on in any_day(), revoked in 0_u64..300) {
            let revoked_on = Some(paper.issued_on + chrono::Days::new(revoked));
            let never = Validity { revoked_on: None, ..paper };
            let taken_back = Validity { revoked_on, ..paper };
            prop_assert!(never.holds_on(on) || !taken_back.holds_on(on));
        }

        #[test]
        fn an_extension_never_makes_invalid(paper in any_validity(), on in any_day(), more in 0_u64..100) {
            let extended_until = paper.valid_until.map(|until| until.max(paper.extended_until.unwrap_or(until)) + chrono::Days::new(more));
            let extended = Validity { extended_until, ..paper };
            prop_assert!(!paper.holds_on(on) || extended.holds_on(on));
        }

        #[test]
        fn after_its_last_day_a_paper_is_never_valid_again(paper in any_validity(), on in any_day()) {
            let has_ended = paper.last_day().is_some_and(|last| last < on);
            prop_assert_eq!(paper.holds_on(on), paper.issued_on <= on && !has_ended);
        }
    }
}
