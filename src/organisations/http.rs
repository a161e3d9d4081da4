//! `PUT /v1/organisations/{id}/producer`, `…/buyer`, `…/agency`: adds or replaces a profile.

use super::collection::Organisations;
use super::model::{NewAgencyProfile, NewBuyerProfile, NewOrganisation, NewProducerProfile, OrganisationView};
use crate::access::Permit;
use crate::app::App;
use crate::error::{Code, Result};
use crate::http::auth::{Permitted, operation};
use crate::http::body::{self, Media};
use crate::http::collection::Collection;
use crate::http::collection_handlers::{WRITE_PARAMS, told, visible};
use crate::http::etag::IfMatch;
use crate::http::query::Args;
use crate::http::route::{Doc, Route, schema_of};
use crate::http::{BODY_LIMIT, path_member};
use actix_web::http::Method;
use actix_web::web::{self, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

operation!(PutProducer = "put_organisation_producer");
operation!(PutBuyer = "put_organisation_buyer");
operation!(PutAgency = "put_organisation_agency");

/// Routes of the profiles.
pub fn routes() -> Vec<Route> {
    let route = |profile: &str, operation, handler, schema: &str, example: Value, schemas| Route {
        method: Method::PUT,
        path: format!("/v1/organisations/{{id}}/{profile}"),
        operation,
        handler,
        doc: Doc {
            summary: format!("Add or replace the profile of {profile}"),
            description: "The organisation keeps its id and its other profiles; its version goes up.".into(),
            tag: "organisations",
            params: WRITE_PARAMS.to_vec(),
            if_match: true,
            body: Some((Media::Json, schema.into(), example)),
            answers: vec![(200, "application/json", Some("Organisation".into()), None)],
            problems: vec![
                Code::Unauthenticated,
                Code::Forbidden,
                Code::NotFound,
                Code::PreconditionFailed,
                Code::PreconditionRequired,
                Code::BodyTooLarge,
                Code::UnsupportedMediaType,
                Code::Invalid,
                Code::InUse,
                Code::RequestTimeout,
            ],
            schemas,
            ..Doc::default()
        },
    };
    vec![
        route(
            "producer",
            "put_organisation_producer",
            || web::put().to(put_producer),
            "NewProducerProfile",
            json!({"kind": "cooperative", "invoice_kind": "vat_e_invoice"}),
            vec![schema_of::<NewProducerProfile>, schema_of::<OrganisationView>],
        ),
        route(
            "buyer",
            "put_organisation_buyer",
            || web::put().to(put_buyer),
            "NewBuyerProfile",
            json!({"kind": "supermarket"}),
            vec![schema_of::<NewBuyerProfile>],
        ),
        route(
            "agency",
            "put_organisation_agency",
            || web::put().to(put_agency),
            "NewAgencyProfile",
            json!({"kind": "department_of_industry_and_trade"}),
            vec![schema_of::<NewAgencyProfile>],
        ),
    ]
}

async fn put_producer(permit: Permitted<PutProducer>, app: Data<App>, request: HttpRequest, payload: Payload) -> Result<HttpResponse> {
    put_profile(permit.into_inner(), app, request, payload, |new, profile: NewProducerProfile| new.producer = Some(profile)).await
}

async fn put_buyer(permit: Permitted<PutBuyer>, app: Data<App>, request: HttpRequest, payload: Payload) -> Result<HttpResponse> {
    put_profile(permit.into_inner(), app, request, payload, |new, profile: NewBuyerProfile| new.buyer = Some(profile)).await
}

async fn put_agency(permit: Permitted<PutAgency>, app: Data<App>, request: HttpRequest, payload: Payload) -> Result<HttpResponse> {
    put_profile(permit.into_inner(), app, request, payload, |new, profile: NewAgencyProfile| new.agency = Some(profile)).await
}

async fn put_profile<T>(
    permit: Permit,
    app: Data<App>,
    request: HttpRequest,
    payload: Payload,
    set: fn(&mut NewOrganisation, T),
) -> Result<HttpResponse>
where
    T: DeserializeOwned + utoipa::ToSchema + Clone + Send + 'static,
{
    let args = Args::parse(request.query_string(), &[WRITE_PARAMS])?;
    let if_match = IfMatch::read(&request)?;
    let bytes = body::read(&request, payload, Media::Json, BODY_LIMIT).await?;
    let profile: T = body::typed(Value::Object(body::parse(&bytes)?), "")?;
    let id = path_member(&request, "id").to_owned();
    let context = app.context(&permit.caller, &args);
    let answer = app
        .write(&context.clone(), args.flag("validate_only"), move |tx| {
            let (record, owners) = visible::<Organisations>(tx.db, &id, &context)?;
            permit.require(&owners)?;
            if_match.check(record.row.version, &context)?;
            let before = NewOrganisation::from(&record);
            let mut new = before.clone();
            set(&mut new, profile.clone());
            let record = if new == before { record } else { Organisations::replace(tx, &permit, &record, new)? };
            told::<Organisations>(tx.db, record, &context)
        })
        .await?;
    Ok(answer.into_response())
}
