//! The routes of contacts and how each is described.

use super::http::{self, FILTERS, SORT};
use super::model::{ContactView, NewContact, NewDisclosure};
use crate::error::Code;
use crate::http::body::Media;
use crate::http::query::{CURSOR, FIELDS, LIMIT, VALIDATE_ONLY};
use crate::http::route::{Doc, Route, Schemas, get_route, schema_of};
use crate::log::HistoryEntry;
use actix_web::http::Method;
use actix_web::web;
use serde_json::{Value, json};

const LIST: &str = "/v1/organisations/{id}/contacts";
const ONE: &str = "/v1/organisations/{id}/contacts/{contact}";

const SIGHT: &str = "Anybody sees what is `public`. Keys see `matched` ones masked; the organisation's own keys see all of its own; officers of its province, auditors and administrators see all, masked unless public. Masked are `09•• ••• •67` (first two and last two digits), `n•••@d•••.vn` (a letter of either side, and the top domain) and `N••• V••• A•••` (first letters); a position is left out. A contact past its `retention_until` is absent.";

fn example() -> Value {
    json!({
        "kind": "person", "purpose": "trade", "ground": "consent", "visibility": "matched", "name": "Trần Thị Bưởi (minh họa)",
        "position": "Trưởng phòng kinh doanh", "phone": "0912 345 667", "email": "buoi@example.vn",
        "consent": {"given_on": "2026-10-27", "channel": "event", "text_version": "2026-01"}, "retention_until": "2027-10-27",
        "illustrative": true
    })
}

fn route(method: Method, path: &str, operation: &'static str, handler: fn() -> actix_web::Route, doc: Doc) -> Route {
    Route { method, path: path.into(), operation, handler, doc: Doc { tag: "contacts", ..doc } }
}

fn one(status: u16) -> (u16, &'static str, Option<String>, Option<Value>) {
    (status, "application/json", Some("Contact".into()), None)
}

fn writing() -> Vec<Code> {
    vec![
        Code::Unauthenticated,
        Code::Forbidden,
        Code::NotFound,
        Code::BodyTooLarge,
        Code::UnsupportedMediaType,
        Code::Invalid,
        Code::RequestTimeout,
    ]
}

fn under_if_match() -> Vec<Code> {
    writing().into_iter().chain([Code::PreconditionFailed, Code::PreconditionRequired]).collect()
}

/// Routes of the contacts of an organisation, whichever profiles it has.
pub fn routes() -> Vec<Route> {
    let view: Vec<fn(&mut Schemas)> = vec![schema_of::<ContactView>];
    let new: Vec<fn(&mut Schemas)> = vec![schema_of::<ContactView>, schema_of::<NewContact>];
    vec![
        route(Method::GET, LIST, "list_contacts", || get_route().to(http::list), Doc {
            summary: "List the contacts of an organisation".into(),
            description: SIGHT.into(),
            params: FILTERS.iter().copied().chain([SORT, LIMIT, CURSOR, FIELDS]).collect(),
            answers: vec![(200, "application/json", Some("ContactPage".into()), None)],
            problems: vec![Code::Unauthenticated, Code::NotFound],
            schemas: view.clone(),
            ..Doc::default()
        }),
        route(Method::POST, LIST, "create_contact", || web::post().to(http::create), Doc {
            summary: "Register a contact of an organisation".into(),
            description: "A role's mailbox or a switchboard may be public; a person's contact needs a ground of the law and a day until which it is kept, and is `public` or `matched` only under a recorded consent. Phone and e-mail are stored in one spelling (E.164, lower case). Its values stand in its row alone: a repeated request with the same `Idempotency-Key` is answered from the row as it is then.".into(),
            params: vec![VALIDATE_ONLY],
            idempotency_key: true,
            body: Some((Media::Json, "NewContact".into(), example())),
            answers: vec![one(201), one(200)],
            problems: writing(),
            schemas: new.clone(),
            ..Doc::default()
        }),
        route(Method::GET, ONE, "get_contact", || get_route().to(http::get), Doc {
            summary: "Read a contact".into(),
            description: SIGHT.into(),
            params: vec![FIELDS],
            if_none_match: true,
            answers: vec![one(200), (304, "", None, None)],
            problems: vec![Code::Unauthenticated, Code::NotFound],
            schemas: view.clone(),
            ..Doc::default()
        }),
        route(Method::PATCH, ONE, "patch_contact", || web::patch().to(http::patch), Doc {
            summary: "Change a contact".into(),
            description: "JSON merge patch (RFC 7396); the result is checked as a whole. Withdrawing a consent (`consent.withdrawn_on`) makes the contact `officers` at once. A consent is one person's: another person's name needs a consent that is stated anew, or the visibility `officers`, with which the old consent goes; a name stated by somebody who sees the stored one masked counts as another's. A person's contact does not become a mailbox or a switchboard. The answer shows the values no clearer than the caller saw them before the change.".into(),
            params: vec![VALIDATE_ONLY],
            if_match: true,
            body: Some((Media::MergePatch, "ContactPatch".into(), json!({"purpose": "memoranda"}))),
            answers: vec![one(200)],
            problems: under_if_match(),
            schemas: new,
            ..Doc::default()
        }),
        route(Method::DELETE, ONE, "delete_contact", || web::delete().to(http::delete), Doc {
            summary: "Delete a contact".into(),
            description: "Its row goes, and with it the salt of every digest that the change log holds of it; the log keeps a tombstone.".into(),
            params: vec![VALIDATE_ONLY],
            if_match: true,
            answers: vec![(204, "", None, None)],
            problems: under_if_match(),
            ..Doc::default()
        }),
        route(Method::GET, &format!("{ONE}/history"), "list_contact_history", || get_route().to(http::history), Doc {
            summary: "Every version of a contact".into(),
            description: "Who changed what and when, oldest first: purpose, visibility, ground, consent and day, and a salted digest of the values, never the values. For the organisation, officers of its province, auditors and administrators.".into(),
            params: vec![LIMIT, CURSOR],
            answers: vec![(200, "application/json", Some("HistoryPage".into()), None)],
            problems: vec![Code::Unauthenticated, Code::Forbidden, Code::NotFound],
            schemas: vec![schema_of::<HistoryEntry>],
            ..Doc::default()
        }),
        route(Method::POST, &format!("{ONE}/disclose"), "disclose_contact", || web::post().to(http::disclose), Doc {
            summary: "Be shown a contact, and say why".into(),
            description: "For officers of the organisation's province and administrators. Who was shown whose contact, when and why stands in the audit log. A person's counts against the key's daily quota of contacts, over which the answer is 429 until midnight in Viet Nam.".into(),
            body: Some((Media::Json, "NewDisclosure".into(), json!({"reason": "Xác minh hồ sơ hội nghị cung cầu"}))),
            answers: vec![one(200)],
            problems: writing(),
            schemas: vec![schema_of::<ContactView>, schema_of::<NewDisclosure>],
            ..Doc::default()
        }),
    ]
}
