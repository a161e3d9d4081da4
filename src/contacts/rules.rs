//! What a contact may be. No fault repeats what was sent: it may be a person's.

use super::model::{Contact, ContactGround, ContactKind, ContactVisibility, NewConsent, NewContact};
use super::normal;
use crate::check;
use crate::error::{Faults, text};
use crate::text::in_vietnamese;
use chrono::{Months, NaiveDate};

/// Years for which a person's contact is kept at most without being stated anew: a memorandum runs for one or two, and
/// claims out of a contract lapse three years later (Civil Code 2015, article 429). Longer has no purpose to stand on.
const MOST_YEARS: u32 = 5;
/// Contacts of one organisation: some for each of its departments. An accepted introduction shows them all at once.
pub(super) const MOST_CONTACTS: i64 = 50;
/// Longest version of a consent's text.
const TEXT_VERSION_LIMIT: usize = 40;
/// Words of a reason: less is no reason.
const FEWEST_WORDS: usize = 3;
/// Digits in a row, separators left out, from which on they may be somebody's number: +84 and nine of them. A day has eight.
const NUMBER_DIGITS: usize = 9;
/// The same where no day is written: numbers of hotlines have eight.
const POSITION_DIGITS: usize = 8;
/// Letters of an address before the `@` from which on it tells whose it is, and is no word like another.
const TELLING_LETTERS: usize = 4;
/// Folded forms of address: a word of a name after one is that person's, and "miền Nam" is nobody's.
const FORMS_OF_ADDRESS: [&str; 12] = ["anh", "chi", "ong", "ba", "co", "chu", "bac", "em", "thay", "mr", "mrs", "ms"];
/// Folded middle names that half of all people have: nobody is called by one, and "có thị trường" is nobody's either.
const MIDDLE_NAMES: [&str; 2] = ["thi", "van"];

/// What the checks found, where it is good.
pub(super) struct Checked {
    pub visibility: ContactVisibility,
    pub phone: Option<String>,
    pub email: Option<String>,
    pub consent: Option<NewConsent>,
}

/// What a change begins with.
#[derive(Clone, Copy)]
pub(super) struct Before<'a> {
    /// The version that is replaced.
    pub contact: &'a Contact,
    /// Whether its sender states a name and sees the stored one masked. Then it counts as another person's: that it does
    /// not would tell that a guess is right.
    pub names_blindly: bool,
}

/// Checks everything about `new` on day `today`; `before` is what it replaces.
pub(super) fn check(new: &NewContact, before: Option<Before<'_>>, today: NaiveDate, faults: &mut Faults) -> Checked {
    check::maybe_line(faults, "/name", new.name.as_deref(), check::NAME_LIMIT);
    check::maybe_line(faults, "/position", new.position.as_deref(), check::NAME_LIMIT);
    if new.position.as_deref().is_some_and(|position| is_number(position, POSITION_DIGITS)) {
        faults.add(
            "/position",
            "personal_number",
            text(
                "A position holds no number: a phone belongs into phone, and a person into a contact of kind person.",
                "Chức vụ không chứa số điện thoại: hãy ghi số vào phone, và đăng ký cá nhân ở loại person.",
            ),
        );
    }
    let phone = new.phone.as_deref().and_then(|typed| read_phone(faults, typed));
    let email = new.email.as_deref().and_then(|typed| read_email(faults, typed));
    if new.phone.is_none() && new.email.is_none() {
        faults.add("/phone", "missing", text("Give a phone or an e-mail address.", "Hãy ghi số điện thoại hoặc địa chỉ e-mail."));
    }
    match new.kind {
        ContactKind::Person => check_person(new, today, faults),
        ContactKind::Mailbox | ContactKind::Switchboard => check_role(new, phone.as_deref(), faults),
    }
    if let Some(consent) = &new.consent {
        check_consent(consent, today, faults);
    }
    check_retention(new.retention_until, today, faults);
    let visibility = visibility(new, before.map(|before| before.contact), faults);
    if let (Some(Before { contact, .. }), Some(consent)) = (before, &new.consent)
        && contact.consent_withdrawn_on.is_some()
        && consent.withdrawn_on.is_none()
        && stands(contact, consent)
    {
        faults.add(
            "/consent/withdrawn_on",
            "withdrawn",
            text(
                "This consent was withdrawn and stays so: state the new one, with the day on which it was given.",
                "Sự đồng ý này đã bị rút và không tự có lại: hãy ghi sự đồng ý mới kèm ngày cho.",
            ),
        );
    }
    let keeps_consent = before.is_none_or(|before| check_same_person(new, before, visibility, faults));
    Checked { visibility, phone, email, consent: new.consent.clone().filter(|_| keeps_consent) }
}

/// A consent is one person's: whether the one that `new` states is that of the person whom it names.
fn check_same_person(new: &NewContact, before: Before<'_>, visibility: ContactVisibility, faults: &mut Faults) -> bool {
    let Before { contact, names_blindly } = before;
    if contact.kind != ContactKind::Person {
        return true;
    }
    if new.kind != ContactKind::Person {
        faults.add(
            "/kind",
            "another_kind",
            text(
                "A person's contact does not become a role's: delete it and register the other.",
                "Liên hệ của cá nhân không thể chuyển thành liên hệ chung: hãy xóa và đăng ký liên hệ khác.",
            ),
        );
        return true;
    }
    let folded = |name: &Option<String>| name.as_deref().map(crate::text::fold);
    let is_another = names_blindly || folded(&new.name) != folded(&contact.name);
    let stands_still = new.consent.as_ref().is_some_and(|consent| stands(contact, consent));
    if is_another && stands_still && visibility != ContactVisibility::Officers {
        faults.add(
            "/name",
            "another_person",
            text(
                "The consent is that of the person named before: state this person's consent anew, or ask for visibility officers.",
                "Sự đồng ý là của người ghi trước đó: hãy ghi sự đồng ý của người này, hoặc chọn visibility là officers.",
            ),
        );
    }
    // Where it is for officers alone the name may change, and the consent goes: else the next change would widen it.
    !(is_another && stands_still)
}

/// Whether `consent` is the one that is recorded with `contact`, withdrawn since or not.
pub(super) fn stands(contact: &Contact, consent: &NewConsent) -> bool {
    contact.consent_given_on == Some(consent.given_on)
        && contact.consent_channel == Some(consent.channel)
        && contact.consent_text_version.as_deref() == Some(consent.text_version.as_str())
}

/// A phone number in its one spelling.
pub(crate) fn read_phone(faults: &mut Faults, typed: &str) -> Option<String> {
    let read = normal::phone(typed);
    if read.is_none() {
        faults.add(
            "/phone",
            "not_a_phone",
            text(
                "A phone number of Viet Nam is expected: 0912 345 678, +84 912 345 678, 0299 3822 333 or 1900 5555 68.",
                "Cần số điện thoại Việt Nam: 0912 345 678, +84 912 345 678, 0299 3822 333 hoặc 1900 5555 68.",
            ),
        );
    }
    read
}

/// An e-mail address in its one spelling.
pub(crate) fn read_email(faults: &mut Faults, typed: &str) -> Option<String> {
    let read = normal::email(typed);
    if read.is_none() {
        faults.add(
            "/email",
            "not_an_email",
            text("An e-mail address is expected, such as kinhdoanh@example.vn.", "Cần địa chỉ e-mail, ví dụ kinhdoanh@example.vn."),
        );
    }
    read
}

fn check_person(new: &NewContact, today: NaiveDate, faults: &mut Faults) {
    if new.name.is_none() {
        faults.add("/name", "missing", text("A person has a name.", "Cá nhân cần có họ tên."));
    }
    if new.ground.is_none() {
        faults.add(
            "/ground",
            "missing",
            text(
                "Say on which ground of the law a person's contact is kept: consent, contract or public_task.",
                "Hãy nêu căn cứ lưu thông tin cá nhân: consent, contract hoặc public_task.",
            ),
        );
    }
    if new.ground == Some(ContactGround::Consent) && new.consent.is_none() {
        faults.add(
            "/consent",
            "missing",
            text("State the consent: when, how, and to which text.", "Hãy ghi sự đồng ý: khi nào, bằng cách nào, theo văn bản nào."),
        );
    }
    if new.retention_until.is_none() {
        let years = MOST_YEARS;
        faults.add(
            "/retention_until",
            "missing",
            text(
                format!("Say until when a person's contact is kept, at most {years} years from {today}."),
                format!("Hãy nêu ngày hết hạn lưu thông tin cá nhân, tối đa {years} năm kể từ {}.", in_vietnamese(today)),
            ),
        );
    }
}

/// What reaches a role and not a person.
fn check_role(new: &NewContact, phone: Option<&str>, faults: &mut Faults) {
    for (pointer, given) in [("/name", new.name.is_some()), ("/consent", new.consent.is_some())] {
        if given {
            faults.add(
                pointer,
                "not_applicable",
                text("Only a contact of kind person has this.", "Chỉ liên hệ loại person mới có trường này."),
            );
        }
    }
    if phone.is_some_and(normal::is_personal) {
        faults.add(
            "/phone",
            "personal_number",
            text(
                "A mobile number reaches a person: register it as kind person, with its ground.",
                "Số di động là của cá nhân: hãy đăng ký loại person kèm căn cứ.",
            ),
        );
    }
}

fn check_consent(consent: &NewConsent, today: NaiveDate, faults: &mut Faults) {
    let NewConsent { given_on, channel: _, text_version, withdrawn_on } = consent;
    check::day(faults, "/consent/given_on", Some(*given_on));
    for (pointer, day) in [("/consent/given_on", Some(*given_on)), ("/consent/withdrawn_on", *withdrawn_on)] {
        if day.is_some_and(|day| day > today) {
            faults.add(pointer, "in_future", text("Today or earlier.", "Hôm nay hoặc trước đó."));
        }
    }
    check::order(
        faults,
        "/consent/withdrawn_on",
        Some(*given_on),
        *withdrawn_on,
        "A consent is withdrawn after it was given",
        "Sự đồng ý được rút sau khi đã cho",
    );
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    if text_version.is_empty()
        || text_version.len() > TEXT_VERSION_LIMIT
        || !text_version.chars().all(plain)
        || is_number(text_version, NUMBER_DIGITS)
    {
        faults.add(
            "/consent/text_version",
            "not_allowed",
            text(
                "The version of the consent's text: letters, digits and . _ - /, such as 2026-01.",
                "Phiên bản văn bản đồng ý: chữ không dấu, chữ số và . _ - /, ví dụ 2026-01.",
            ),
        );
    }
}

fn check_retention(until: Option<NaiveDate>, today: NaiveDate, faults: &mut Faults) {
    let latest = today.checked_add_months(Months::new(12 * MOST_YEARS)).unwrap_or(today);
    if until.is_some_and(|day| !(today..=latest).contains(&day)) {
        faults.add(
            "/retention_until",
            "out_of_range",
            text(
                format!("A day from {today} to {latest}."),
                format!("Một ngày từ {} đến {}.", in_vietnamese(today), in_vietnamese(latest)),
            ),
        );
    }
}

/// Who sees it. Withdrawing a consent narrows it; without a consent that holds nobody widens it.
fn visibility(new: &NewContact, current: Option<&Contact>, faults: &mut Faults) -> ContactVisibility {
    let asked = new.visibility.unwrap_or(ContactVisibility::Officers);
    let holds = new.consent.as_ref().is_some_and(|consent| consent.withdrawn_on.is_none());
    if new.kind != ContactKind::Person || asked == ContactVisibility::Officers || holds {
        return asked;
    }
    let held = current.is_some_and(|current| current.consent_given_on.is_some() && current.consent_withdrawn_on.is_none());
    let withdrawn_now = held && new.consent.is_some();
    if !withdrawn_now {
        faults.add(
            "/visibility",
            "needs_consent",
            text(
                "A person's contact is public or matched only under a consent that was not withdrawn.",
                "Liên hệ của cá nhân chỉ ở mức public hoặc matched khi có sự đồng ý chưa bị rút.",
            ),
        );
    }
    ContactVisibility::Officers
}

/// A reason that says why and tells nothing about the person: it is kept where nothing is erased.
pub(super) fn check_reason(faults: &mut Faults, reason: &str, contact: &Contact) {
    check::line(faults, "/reason", reason, check::LINE_LIMIT);
    if !reason.trim().is_empty() && reason.split_whitespace().count() < FEWEST_WORDS {
        faults.add(
            "/reason",
            "too_short",
            text(format!("Say why in {FEWEST_WORDS} words or more."), format!("Hãy nêu lý do bằng ít nhất {FEWEST_WORDS} từ.")),
        );
    }
    if tells_of(reason, contact) || reason.contains('@') || is_number(reason, NUMBER_DIGITS) {
        faults.add(
            "/reason",
            "personal_value",
            text(
                "Leave names, numbers and addresses out: the reason stays in the audit log.",
                "Không ghi họ tên, số điện thoại hay địa chỉ: lý do được lưu trong nhật ký kiểm tra.",
            ),
        );
    }
}

/// Whether `reason` tells whom `contact` reaches: the whole name, a word of it after a form of address, or what stands
/// before the `@` of a person's address.
fn tells_of(reason: &str, contact: &Contact) -> bool {
    // Between spaces, so that only whole words are found.
    let words = |text: &str| format!(" {} ", crate::text::fold(text));
    let said = words(reason);
    let names_the_person = contact.name.as_deref().is_some_and(|name| {
        let whole = words(name);
        let addressed = |word: &str| FORMS_OF_ADDRESS.iter().any(|form| said.contains(&format!(" {form} {word} ")));
        said.contains(&whole) || whole.split_whitespace().filter(|word| !MIDDLE_NAMES.contains(word)).any(addressed)
    });
    let local_part = contact.email.as_deref().filter(|_| contact.kind == ContactKind::Person).and_then(|email| email.split('@').next());
    names_the_person || local_part.is_some_and(|local| local.len() >= TELLING_LETTERS && said.contains(&words(local)))
}

/// Whether `text` has `least` digits in a row, as somebody's number has.
fn is_number(text: &str, least: usize) -> bool {
    let mut row = 0_usize;
    text.chars().any(|c| {
        row = match c {
            c if c.is_numeric() => row + 1,
            ' ' | '.' | '-' | '(' | ')' => row,
            _ => 0,
        };
        row >= least
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn today() -> NaiveDate {
        "2026-11-23".parse().unwrap()
    }

    fn a_person() -> Value {
        json!({
            "kind": "person", "purpose": "trade", "ground": "consent", "visibility": "matched", "name": "Trần Thị Bưởi",
            "phone": "0912 345 667", "consent": {"given_on": "2026-10-27", "channel": "event", "text_version": "2026-01"},
            "retention_until": "2027-11-23"
        })
    }

    /// Faults of `base` with a merge patch applied, and the visibility that comes of it.
    fn checked(mut base: Value, change: Value) -> (Vec<(String, &'static str)>, ContactVisibility) {
        let Value::Object(change) = change else { panic!() };
        crate::http::body::merge(base.as_object_mut().unwrap(), change);
        let new: NewContact = serde_json::from_value(base).unwrap();
        let mut faults = Faults::new();
        let checked = check(&new, None, today(), &mut faults);
        let found = faults.into_result().err().map_or(Vec::new(), |problem| problem.errors().to_vec());
        (found.into_iter().map(|fault| (fault.pointer, fault.code)).collect(), checked.visibility)
    }

    #[test]
    fn a_persons_contact_is_wide_only_under_a_consent_that_holds() {
        assert_eq!(checked(a_person(), json!({})), (vec![], ContactVisibility::Matched));
        let withdrawn = json!({"consent": {"withdrawn_on": "2026-11-20"}});
        assert_eq!(checked(a_person(), withdrawn).0, [("/visibility".into(), "needs_consent")]);
        let on_contract = json!({"ground": "contract", "consent": null, "visibility": "public"});
        assert_eq!(checked(a_person(), on_contract).0, [("/visibility".into(), "needs_consent")]);
        let kept_close = json!({"ground": "contract", "consent": null, "visibility": null});
        assert_eq!(checked(a_person(), kept_close), (vec![], ContactVisibility::Officers));
    }

    #[test]
    fn a_person_needs_a_name_a_ground_and_an_end() {
        let bare = json!({"name": null, "ground": null, "visibility": null, "consent": null, "retention_until": null, "phone": null});
        let codes = checked(a_person(), bare).0;
        let expected = [("/phone", "missing"), ("/name", "missing"), ("/ground", "missing"), ("/retention_until", "missing")];
        assert_eq!(codes, expected.map(|(pointer, code)| (pointer.to_owned(), code)));
    }

    #[test]
    fn a_persons_contact_is_kept_five_years_at_most() {
        for (day, fits) in [("2026-11-22", false), ("2026-11-23", true), ("2031-11-23", true), ("2031-11-24", false)] {
            assert_eq!(checked(a_person(), json!({"retention_until": day})).0.is_empty(), fits, "{day}");
        }
    }

    #[test]
    fn a_mobile_number_is_no_switchboards() {
        let switchboard = json!({"kind": "switchboard", "purpose": "trade", "visibility": "public", "phone": "0299 3822 333"});
        assert_eq!(checked(switchboard.clone(), json!({})), (vec![], ContactVisibility::Public));
        assert_eq!(checked(switchboard.clone(), json!({"phone": "0912345667"})).0, [("/phone".into(), "personal_number")]);
        assert_eq!(checked(switchboard, json!({"name": "A"})).0, [("/name".into(), "not_applicable")]);
    }

    #[test]
    fn nine_digits_are_a_number_however_they_are_written() {
        let is_number = |text| is_number(text, NUMBER_DIGITS);
        assert!(is_number("gọi 0912.345-678 nhé") && is_number("+84 (912) 345 678"));
        assert!(!is_number("Hội nghị ngày 27/10/2020, 99 sản phẩm, 56 biên bản") && !is_number("ngày 27.10.2020"));
    }
}
