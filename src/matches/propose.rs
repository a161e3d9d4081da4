//! `POST /v1/demands/{id}/matches/{offer}/propose`: a draft of a memorandum between the two, for people to finish.
//!
//! Offer and demand are read from the database in the transaction that makes the draft, so that one closed a moment ago is
//! refused; what its papers and other promises say comes from the index.

use super::model::NewProposal;
use super::notes::Note;
use super::pen::Pen;
use super::texts::{Pair, constraint_name};
use super::write::code_word;
use crate::access::{Owners, Permit};
use crate::app::App;
use crate::decimal::Quantity;
use crate::demands::{Demand, Demands};
use crate::error::{Code, Language, Problem, Result, Text, text};
use crate::http::answer::Answer;
use crate::http::auth::{Permitted, operation};
use crate::http::body::Media;
use crate::http::collection::{Collection, location};
use crate::http::collection_handlers::{WRITE_PARAMS, told, visible};
use crate::http::edge::language;
use crate::http::path_member;
use crate::http::posted::Posted;
use crate::http::route::{Doc, Route, schema_of};
use crate::indexing::{self, Index, day};
use crate::log::Tx;
use crate::market::Market;
use crate::market::demands::Asked;
use crate::market::matching::{Evaluation, Setting, Share, Supply, Weights, evaluate, shares};
use crate::mous::{MouStatus, Mous, NewMou, NewMouCommitment, NewMouParty, Period, Side, unsigned_alike};
use crate::offers::{Offer, Offers};
use crate::organisations::ProfileKind;
use crate::products;
use crate::reference::UnitId;
use crate::search::{date, id_text, view_of};
use crate::text::in_vietnamese;
use actix_web::http::Method;
use actix_web::web::{self, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};
use std::sync::Arc;

operation!(ProposeMou = "propose_mou");

pub(super) fn route() -> Route {
    Route {
        method: Method::POST,
        path: "/v1/demands/{id}/matches/{offer}/propose".into(),
        operation: "propose_mou",
        handler: || web::post().to(propose_mou),
        doc: Doc {
            summary: "Draft a memorandum between the two sides of a match".into(),
            description: "Makes a draft with both as parties and what the offer can bring filled in: of each month of both that is not over what is left of the offer, at most what is left of the demand beside what signed memoranda promise it, both as the caller is shown them, and nothing of a month in which that is less than the least order. Like every draft it is seen by its parties and officers alone, and is theirs to finish. A pair that does not fit today is 409 with what keeps it apart, and so is one that is in no list today, with why: a side was closed or is over, takes no answers any more, is not made any more, or is of an organisation that is suspended or dissolved, or both sides are one organisation. Its commitments name the demand that they are to meet and the offer that they are made of. Where the two sides have a memorandum of this product for this demand, or for none that it names, to sign already, for days of the same time, that is 409 with its address: theirs is to be added to, or cancelled. (A memorandum that is registered or changed by itself is not held against others.)".into(),
            tag: "matches",
            params: WRITE_PARAMS.to_vec(),
            idempotency_key: true,
            body: Some((Media::Json, "NewProposal".into(), json!({"title": "Biên bản ghi nhớ cung cấp hành tím cho Tết (minh họa)"}))),
            answers: vec![(201, "application/json", Some("Mou".into()), None), (200, "application/json", Some("Mou".into()), None)],
            problems: vec![
                Code::Unauthenticated,
                Code::Forbidden,
                Code::NotFound,
                Code::NotEligible,
                Code::AlreadyExists,
                Code::BodyTooLarge,
                Code::UnsupportedMediaType,
                Code::Invalid,
                Code::RequestTimeout,
            ],
            schemas: vec![schema_of::<NewProposal>],
            ..Doc::default()
        },
    }
}

async fn propose_mou(permit: Permitted<ProposeMou>, app: Data<App>, request: HttpRequest, payload: Payload) -> Result<HttpResponse> {
    let Posted::<NewProposal> { body: proposal, key, context, validate_only } =
        Posted::read(&permit.caller, &app, &request, payload, WRITE_PARAMS).await?;
    let (demand, offer) = (path_member(&request, "id").to_owned(), path_member(&request, "offer").to_owned());
    let (language, index) = (language(&request), Arc::clone(&app.index));
    let permit = permit.into_inner();
    let answer = app
        .create_once(&context, key, validate_only, move |tx, context| {
            let (demand, of_buyer) = visible::<Demands>(tx.db, &demand, context)?;
            let (offer, of_producer) = visible::<Offers>(tx.db, &offer, context)?;
            permit.require(&both(of_buyer, of_producer))?;
            // Who proposes the product at the same time, for whatever demand, waits and finds the draft.
            products::lock(tx.db, &offer.product_id)?;
            let new = draft(tx, &permit, (&demand, &offer), &index, language)?;
            refuse_again(tx, &new)?;
            let new = NewMou { title: proposal.title.clone().unwrap_or(new.title), event_id: proposal.event_id.clone(), ..new };
            let made = Mous::create(tx, &permit.also("create_mou")?, vec![new])?.pop();
            let mou = made.unwrap_or_else(|| Err(Problem::internal("no result for the draft")))?;
            let at = location::<Mous>(Mous::id(&mou));
            let answer = told::<Mous>(tx.db, mou, context)?;
            Ok(if validate_only { answer } else { Answer { status: 201, location: Some(at), ..answer } })
        })
        .await?;
    Ok(answer.into_response())
}

/// Refuses a second draft of what both may sign already.
fn refuse_again(tx: &mut Tx<'_>, new: &NewMou) -> Result<()> {
    let [one, other] = new.parties.as_slice() else { return Ok(()) };
    let Some(first) = new.commitments.first() else { return Ok(()) };
    let starts = new.commitments.iter().filter_map(|one| one.starts_on).min();
    let ends = new.commitments.iter().filter_map(|one| one.ends_on).max();
    let (Some(product), Some(from), Some(until)) = (first.product_id.as_deref(), starts, ends) else { return Ok(()) };
    let about = (product, first.demand_id.as_deref());
    match unsigned_alike(tx.db, [&one.organisation_id, &other.organisation_id], about, (from, until))? {
        None => Ok(()),
        Some(id) => Err(Problem::new(
            Code::AlreadyExists,
            text(
                format!(
                    "The two have a memorandum of this product for days between {from} and {until} to sign already: {id}. Add to that one, or cancel it first."
                ),
                format!(
                    "Hai bên đã có biên bản về sản phẩm này trong khoảng từ {} đến {} đang chờ ký: {id}. Hãy bổ sung vào biên bản đó, hoặc hủy nó trước.",
                    in_vietnamese(from),
                    in_vietnamese(until)
                ),
            ),
        )
        .with_header("Location", location::<Mous>(&id))),
    }
}

/// Whose a pair is: either side's.
fn both(one: Owners, other: Owners) -> Owners {
    Owners {
        organisations: one.organisations.into_iter().chain(other.organisations).collect(),
        provinces: one.provinces.into_iter().chain(other.provinces).collect(),
        ..Owners::default()
    }
}

/// The draft, where the pair fits today as far as the caller may know.
fn draft(tx: &Tx<'_>, permit: &Permit, (demand, offer): (&Demand, &Offer), index: &Index, language: Language) -> Result<NewMou> {
    let market = index.read()?;
    let asked = market.asked_by(&indexing::demand(demand).map_err(Problem::internal)?);
    let supply = market
        .supply_of(&indexing::offer(offer).map_err(Problem::internal)?)
        .ok_or_else(|| Problem::unavailable("the market index does not have the product of the offer yet"))?;
    let setting = market.setting(view_of(&permit.caller, &market), Weights::default(), day(tx.today));
    if let Some(note) = Note::of_pair(&market, &asked.need, &supply, setting.as_of) {
        return Err(Problem::new(Code::NotEligible, note.into_text()));
    }
    let found = evaluate(&supply, &asked.need, market.answers(supply.product, &asked), &setting);
    if !found.eligible {
        let needed = asked.need.still_needed(&setting);
        return Err(not_eligible(&found, &Pair::new(&supply, &needed, demand.text.is_some(), &market, setting.as_of), language));
    }
    let new = filled_in(&market, (&supply, &asked), demand.illustrative || offer.illustrative, &setting);
    if new.commitments.is_empty() {
        return Err(Problem::new(
            Code::NotEligible,
            text(
                "In no month of both is so much still needed, beside what signed memoranda promise the demand, as the least order of the offer.",
                "Không có tháng nào của cả hai bên mà số lượng còn cần, ngoài phần các biên bản đã ký cam kết, đạt mức đặt hàng tối thiểu của chào bán.",
            ),
        ));
    }
    Ok(new)
}

/// 409 with the constraints that fail.
fn not_eligible(found: &Evaluation, pair: &Pair<'_>, language: Language) -> Problem {
    let names: Vec<Text> = found.failing().map(constraint_name).collect();
    let listed = |language: Language| names.iter().map(|name| name.in_language(language)).collect::<Vec<_>>().join(", ");
    let blocked: Vec<Value> = found
        .verdicts
        .iter()
        .filter(|verdict| !verdict.passes)
        .map(|verdict| {
            let mut text = Vec::new();
            Pen { out: &mut text, language }.constraint(&verdict.detail, false, pair);
            json!({"code": code_word(verdict.code), "text": String::from_utf8_lossy(&text)})
        })
        .collect();
    let detail = text(
        format!("The offer does not fit the demand; what keeps them apart: {}.", listed(Language::En)),
        format!("Chào bán không đáp ứng nhu cầu về: {}.", listed(Language::Vi)),
    );
    Problem::new(Code::NotEligible, detail).with_member("blocked_by", Value::Array(blocked))
}

fn filled_in(market: &Market, (supply, asked): (&Supply, &Asked), illustrative: bool, setting: &Setting<'_>) -> NewMou {
    let (products, organisations) = (market.products(), market.organisations());
    let party = |row: u32, side: Side, capacity: ProfileKind| NewMouParty {
        organisation_id: id_text("org", organisations.id(row)),
        side,
        capacity,
        name: None,
        province: None,
        acting_for: None,
    };
    let unit = UnitId::from_row(supply.unit).map(|unit| unit.as_str().to_owned());
    let commitments = shares(supply, &asked.need, setting).into_iter().map(|Share { from, until, quantity }| NewMouCommitment {
        product_id: Some(id_text("prd", products.id(supply.product))),
        description: Some(products.name(supply.product)),
        quantity: Some(Quantity::new(quantity)),
        unit: unit.clone(),
        period: Some(Period::Month),
        starts_on: date(from),
        ends_on: date(until),
        demand_id: Some(id_text("dmd", asked.need.id)),
        offer_id: Some(id_text("ofr", supply.id)),
        ..NewMouCommitment::default()
    });
    NewMou {
        title: format!("Biên bản ghi nhớ cung cấp {}", products.name(supply.product)),
        kind: None,
        status: Some(MouStatus::Draft),
        event_id: None,
        registrar_id: None,
        external_number: None,
        proposed_on: None,
        agreed_on: None,
        signed_on: None,
        effective_from: None,
        effective_until: None,
        fields_of_cooperation: Vec::new(),
        parties: vec![party(supply.producer, Side::A, ProfileKind::Producer), party(asked.need.buyer, Side::B, ProfileKind::Buyer)],
        commitments: commitments.collect(),
        documents: Vec::new(),
        illustrative,
    }
}
