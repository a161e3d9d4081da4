//! The routes of introductions and how each is described.

use super::http::{self, FILTERS, SORT};
use super::model::{Introduction, IntroductionContacts, IntroductionStep, NewIntroduction};
use crate::error::Code;
use crate::http::body::Media;
use crate::http::query::{CURSOR, FIELDS, LIMIT, VALIDATE_ONLY};
use crate::http::route::{Doc, Route, Schemas, get_route, schema_of};
use crate::log::HistoryEntry;
use actix_web::http::Method;
use actix_web::web;
use serde_json::{Value, json};

fn route(method: Method, tail: &str, operation: &'static str, handler: fn() -> actix_web::Route, doc: Doc) -> Route {
    Route { method, path: format!("/v1/introductions{tail}"), operation, handler, doc: Doc { tag: "introductions", ..doc } }
}

fn one(status: u16) -> (u16, &'static str, Option<String>, Option<Value>) {
    (status, "application/json", Some("Introduction".into()), None)
}

fn writing() -> Vec<Code> {
    vec![
        Code::Unauthenticated,
        Code::Forbidden,
        Code::NotFound,
        Code::IllegalTransition,
        Code::BodyTooLarge,
        Code::UnsupportedMediaType,
        Code::Invalid,
        Code::RequestTimeout,
    ]
}

fn step(tail: &str, operation: &'static str, handler: fn() -> actix_web::Route, summary: &str, description: &str) -> Route {
    route(
        Method::POST,
        &format!("/{{id}}/{tail}"),
        operation,
        handler,
        Doc {
            summary: summary.into(),
            description: description.into(),
            params: vec![VALIDATE_ONLY],
            idempotency_key: true,
            body: Some((Media::Json, "IntroductionStep".into(), json!({}))),
            answers: vec![one(200)],
            problems: writing(),
            schemas: vec![schema_of::<Introduction>, schema_of::<IntroductionStep>],
            ..Doc::default()
        },
    )
}

/// Routes of the introductions.
pub fn routes() -> Vec<Route> {
    let view: Vec<fn(&mut Schemas)> = vec![schema_of::<Introduction>];
    let reading = || vec![Code::Unauthenticated, Code::Forbidden, Code::NotFound];
    vec![
        route(Method::GET, "", "list_introductions", || get_route().to(http::list), Doc {
            summary: "List introductions".into(),
            description: "Those of the key's organisation; for officers those with a side in their province; all for auditors and administrators.".into(),
            params: FILTERS.iter().copied().chain([SORT, LIMIT, CURSOR, FIELDS]).collect(),
            answers: vec![(200, "application/json", Some("IntroductionPage".into()), None)],
            problems: vec![Code::Unauthenticated, Code::Forbidden],
            schemas: view.clone(),
            ..Doc::default()
        }),
        route(Method::POST, "", "create_introduction", || web::post().to(http::create), Doc {
            summary: "Ask for an introduction".into(),
            description: "The demand's buyer asks the offer's producer to exchange contacts, or the other way round; an officer of its province may ask for a side. Refused with 409 when the demand or the offer has ended or is closed, and, with `Location`, while another introduction of the two is asked or accepted.".into(),
            params: vec![VALIDATE_ONLY],
            idempotency_key: true,
            body: Some((Media::Json, "NewIntroduction".into(), json!({"demand_id": "dmd_01JDB3B8Q00000000000000000", "offer_id": "ofr_01JDB3B8Q00000000000000000"}))),
            answers: vec![one(201), one(200)],
            problems: writing().into_iter().chain([Code::AlreadyExists]).collect(),
            schemas: vec![schema_of::<Introduction>, schema_of::<NewIntroduction>],
            ..Doc::default()
        }),
        route(Method::GET, "/{id}", "get_introduction", || get_route().to(http::get), Doc {
            summary: "Read an introduction".into(),
            description: "For its two sides, officers of their provinces, auditors and administrators; for anybody else there is none.".into(),
            params: vec![FIELDS],
            if_none_match: true,
            answers: vec![one(200), (304, "", None, None)],
            problems: reading(),
            schemas: view,
            ..Doc::default()
        }),
        step("accept", "accept_introduction", || web::post().to(http::accept), "Accept an introduction", "By the side that was asked, or by an officer of its province or an administrator on its behalf: from now on each side sees the other's public and matched contacts for `trade`. The key that asked does not accept, whichever sides it may act for. Refused with 409 when the demand or the offer has ended or was closed meanwhile."),
        step("decline", "decline_introduction", || web::post().to(http::decline), "Decline an introduction", "By the side that was asked, or by an officer of its province or an administrator on its behalf. Another one may be asked for later."),
        step("withdraw", "withdraw_introduction", || web::post().to(http::withdraw), "Withdraw an introduction", "By the side that asked, before it is answered."),
        step("end", "end_introduction", || web::post().to(http::end), "End an introduction", "By either side: no contact is shown by it from now on."),
        route(Method::GET, "/{id}/contacts", "list_introduction_contacts", || get_route().to(http::contacts), Doc {
            summary: "The other side's contacts".into(),
            description: "Each side sees the public and matched contacts of the other that are given for the purpose `trade`, while the introduction is accepted. A `matched` contact that is shown is noted in the audit log, and a person's counts against the key's daily quota, over which the answer is 429 until midnight in Viet Nam; what is `public` is neither noted nor counted. Officers, auditors and administrators see those for `trade` of both sides, masked unless public.".into(),
            answers: vec![(200, "application/json", Some("IntroductionContacts".into()), None)],
            problems: reading().into_iter().chain([Code::IllegalTransition]).collect(),
            schemas: vec![schema_of::<IntroductionContacts>],
            ..Doc::default()
        }),
        route(Method::GET, "/{id}/history", "list_introduction_history", || get_route().to(http::history), Doc {
            summary: "Every version of an introduction".into(),
            description: "Who asked, answered and ended it, and when, oldest first.".into(),
            params: vec![LIMIT, CURSOR],
            answers: vec![(200, "application/json", Some("HistoryPage".into()), None)],
            problems: reading(),
            schemas: vec![schema_of::<HistoryEntry>],
            ..Doc::default()
        }),
    ]
}
