//! The routes of persons' requests and how each is described.

use super::http::{self, FILTERS, SORT};
use super::model::{HeldCode, HeldContact, HeldDisclosure, NewPersonalDataRequest, PersonalDataExport, PersonalDataStep, RequestView};
use crate::error::Code;
use crate::http::body::Media;
use crate::http::query::{CURSOR, FIELDS, LIMIT, VALIDATE_ONLY};
use crate::http::route::{Doc, Route, Schemas, get_route, schema_of};
use actix_web::http::Method;
use actix_web::web;
use serde_json::{Value, json};

fn route(method: Method, tail: &str, operation: &'static str, handler: fn() -> actix_web::Route, doc: Doc) -> Route {
    Route { method, path: format!("/v1/personal-data-requests{tail}"), operation, handler, doc: Doc { tag: "personal-data", ..doc } }
}

fn one(status: u16) -> (u16, &'static str, Option<String>, Option<Value>) {
    (status, "application/json", Some("PersonalDataRequest".into()), None)
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
            body: Some((Media::Json, "PersonalDataStep".into(), json!({}))),
            answers: vec![one(200)],
            problems: writing(),
            schemas: vec![schema_of::<RequestView>, schema_of::<PersonalDataStep>],
            ..Doc::default()
        },
    )
}

/// Routes of the requests.
pub fn routes() -> Vec<Route> {
    let view: Vec<fn(&mut Schemas)> = vec![schema_of::<RequestView>];
    let reading = || vec![Code::Unauthenticated, Code::Forbidden, Code::NotFound];
    vec![
        route(Method::GET, "", "list_personal_data_requests", || get_route().to(http::list), Doc {
            summary: "List requests of persons".into(),
            description: "For officers those of their province; for auditors and administrators all. What is due: `status=open&due_until=2026-11-25&sort=answer_by`.".into(),
            params: FILTERS.iter().copied().chain([SORT, LIMIT, CURSOR, FIELDS]).collect(),
            answers: vec![(200, "application/json", Some("PersonalDataRequestPage".into()), None)],
            problems: vec![Code::Unauthenticated, Code::Forbidden],
            schemas: view.clone(),
            ..Doc::default()
        }),
        route(Method::POST, "", "create_personal_data_request", || web::post().to(http::create), Doc {
            summary: "Register a person's request".into(),
            description: "A person asks what is held on him or her, or that it be erased, and is answered by `answer_by`, two working days later. The number, address or code by which the person is found is not stored: keyed digests of them are, until the request is done. Contacts with the number or the address are found whatever their kind. An officer reaches the organisations of his province; `held_elsewhere` says that an administrator is needed for the rest. With `validate_only` nothing is looked for: the answer names no records and `held_elsewhere` is false.".into(),
            params: vec![VALIDATE_ONLY],
            idempotency_key: true,
            body: Some((Media::Json, "NewPersonalDataRequest".into(), json!({"kind": "erasure", "phone": "0912 345 667", "received_on": "2026-11-23", "channel": "paper"}))),
            answers: vec![one(201), one(200)],
            problems: writing(),
            schemas: vec![schema_of::<RequestView>, schema_of::<NewPersonalDataRequest>],
            ..Doc::default()
        }),
        route(Method::GET, "/{id}", "get_personal_data_request", || get_route().to(http::get), Doc {
            summary: "Read a person's request".into(),
            description: "How it stands, until when it is to be answered, and which records were found.".into(),
            if_none_match: true,
            answers: vec![one(200), (304, "", None, None)],
            problems: reading(),
            schemas: view,
            ..Doc::default()
        }),
        step("answer", "answer_personal_data_request", || web::post().to(http::answer), "Note that the person was answered", "Of an export nothing is left to do then: it is done, and by what the person was found is forgotten."),
        route(Method::GET, "/{id}/export", "get_personal_data_export", || get_route().to(http::export), Doc {
            summary: "Everything that is held on the person".into(),
            description: "Contacts with their values, the consent they rest on and to whom they were shown, when and why; personal codes of household businesses. Where an erasure that the same person asked for was done meanwhile, nothing is found. Each is noted in the audit log; contacts of persons and codes count against the key's daily quota.".into(),
            answers: vec![(200, "application/json", Some("PersonalDataExport".into()), None)],
            problems: reading().into_iter().chain([Code::IllegalTransition]).collect(),
            schemas: vec![schema_of::<PersonalDataExport>, schema_of::<HeldContact>, schema_of::<HeldDisclosure>, schema_of::<HeldCode>],
            ..Doc::default()
        }),
        step("erase", "erase_personal_data", || web::post().to(http::erase), "Erase what is held on the person", "Deletes the contacts and personal codes that are found, with a tombstone in the change log and a row in the audit log, and then cleans the database's files of them. Organisations, their roles and names, and MoUs stay whole; the name of a household business is the name of a business. Backups hold what was erased until `backups_until` at the latest. An officer erases what organisations of his province hold; while others hold more (`held_elsewhere`) the request stays `answered`, and an administrator's erasure of the same request finishes it. With it every other request of the person forgets by what the person was found. Refused with 409 when all that is held is held elsewhere. Free text, such as a product's story or the notes of an MoU, is not searched. Asking again is harmless; after 503 ask again: the data is gone, the files were not cleaned."),
    ]
}
