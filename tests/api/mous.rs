//! Memoranda: drafts and finished ones, their kinds, numbers and decisions, and who sees what of them.

use crate::support::{
    Draft, Record, Response, TestApp, Value, a_buyer, a_mou, a_producer, a_product, an_agency, an_event, count, json, walk, walk_as,
};
use std::collections::BTreeSet;

const SOC_TRANG: &str = "94@2020-10-27";

/// A producer of Sóc Trăng and a distributor of Ho Chi Minh City, with keys of theirs and of officers.
struct Table {
    app: TestApp,
    producer: Record,
    buyer: Record,
}

impl Table {
    fn start() -> Self {
        let app = TestApp::start();
        let (producer, buyer) = (a_producer(&app).create(), a_buyer(&app).create());
        Self { app, producer, buyer }
    }

    /// Signed by both on 2020-10-27.
    fn signed(&self) -> Draft<'_> {
        a_mou(&self.app).of_producer(&self.producer).with_buyer(&self.buyer)
    }

    /// Between both, not signed.
    fn draft(&self) -> Draft<'_> {
        self.signed().draft()
    }

    fn decide(&self, id: &str, key: &str, body: Value) -> Response {
        self.app.post(&format!("/v1/mous/{id}/transitions"), body).key(key).send()
    }
}

fn fault(pointer: &str, code: &str) -> (String, String) {
    (pointer.into(), code.into())
}

fn sequence(number: &Value) -> i64 {
    number.as_str().unwrap().strip_prefix("TEST-2020-").unwrap().parse().unwrap()
}

#[test]
fn a_finished_memorandum_is_registered_in_one_call() {
    let table = Table::start();
    let event = an_event(&table.app).create();
    let officer = table.app.officer(SOC_TRANG);
    let mou = table.signed().at_event(&event).by(&officer).create();
    let read = table.app.get(&mou.path).key(&officer).send().expect(200).json();
    assert_eq!(read, mou.json);
    assert_eq!(read["number"], "TEST-2020-1");
    assert_eq!(read["kind"], "producer_distributor");
    assert_eq!(read["status"], "signed");
    assert_eq!(read["phase"], "lapsed", "its last day was in 2023");
    assert_eq!(read["event_name"], event.json["name"]);
    let decisions: Vec<_> = read["transitions"].as_array().unwrap().iter().map(|d| (&d["from"], &d["to"], &d["on"])).collect();
    assert_eq!(
        decisions,
        [
            (&Value::Null, &json!("proposed"), &json!("2020-09-18")),
            (&json!("proposed"), &json!("agreed"), &json!("2020-10-12")),
            (&json!("agreed"), &json!("signed"), &json!("2020-10-27")),
        ]
    );
    assert_eq!(read["transitions"][0]["actor_role"], "officer");
    // The parties as they signed: name and unit of the record unless given.
    let parties = read["parties"].as_array().unwrap();
    assert_eq!(parties[0]["name"], table.producer.json["name"]);
    assert_eq!(parties[0]["province"]["name"], "Tỉnh Sóc Trăng");
    assert_eq!(parties[0]["province"]["successor"]["name"], "Thành phố Cần Thơ");
    assert_eq!((&parties[1]["side"], &parties[1]["capacity"]), (&json!("b"), &json!("buyer")));
}

#[test]
fn the_effect_begins_on_the_day_of_signing_unless_told_otherwise() {
    let table = Table::start();
    let mou = table.signed().with(json!({"effective_from": null, "effective_until": null})).create();
    assert_eq!(mou.json["effective_from"], "2020-10-27");
    assert_eq!(mou.json["phase"], "in_effect", "it has no end");
}

#[test]
fn a_party_keeps_the_name_and_unit_of_its_paper() {
    let table = Table::start();
    let parties = json!([
        {"organisation_id": table.producer.id, "side": "a", "capacity": "producer", "name": "Tổ hợp tác Hành tím", "province": "91", "acting_for": "Hội Nông dân"},
        {"organisation_id": table.buyer.id, "side": "b", "capacity": "buyer"}
    ]);
    let mou = table.signed().with(json!({"parties": parties})).create();
    assert_eq!(mou.json["parties"][0]["name"], "Tổ hợp tác Hành tím");
    assert_eq!(mou.json["parties"][0]["acting_for"], "Hội Nông dân");
    assert_eq!(mou.json["parties"][0]["province"]["name"], "Tỉnh Kiên Giang", "code 91 on the day of signing");
    let renamed = json!({"name": "Hợp tác xã Hành tím Việt"});
    table.app.patch(&table.producer.path, &table.producer.etag, renamed).key(&table.app.admin()).send().expect(200);
    assert_eq!(table.app.get(&mou.path).send().json()["parties"][0]["name"], "Tổ hợp tác Hành tím");
}

#[test]
fn the_kind_follows_from_the_sides_and_is_checked() {
    let table = Table::start();
    let (app, buyer) = (&table.app, &table.buyer);
    let (agency, other) = (an_agency(app).create(), an_agency(app).named("Sở Công Thương tỉnh Kiên Giang").create());
    let kinds = [
        (a_mou(app).of_agency(&agency).party(&other, "b", "agency"), "agency_agency"),
        (a_mou(app).of_agency(&agency).with_buyer(buyer), "province_retail"),
        (table.signed(), "producer_distributor"),
        (a_mou(app).party(buyer, "c", "buyer").party(&table.producer, "a", "producer"), "producer_distributor"),
        (a_mou(app).of_producer(&table.producer).party(&agency, "b", "agency"), "other"),
        (table.signed().party(&agency, "c", "agency"), "other"),
        (table.signed().party(&agency, "b", "agency"), "other"),
    ];
    for (draft, kind) in kinds {
        let body = draft.into_body();
        let mut stated = body.clone();
        stated["kind"] = json!(kind);
        let made = app.post("/v1/mous", stated.clone()).key(&app.admin()).send().expect(201).json();
        assert_eq!(made["kind"], kind, "{body}");
        stated["kind"] = json!(if kind == "other" { "agency_agency" } else { "other" });
        let refused = app.post("/v1/mous", stated).key(&app.admin()).send().expect(422);
        assert_eq!(refused.fault_codes(), [fault("/kind", "wrong_kind")]);
        assert!(refused.text.contains(kind), "it names the derived one: {}", refused.text);
    }
}

/// Each change of a signed memorandum is refused with exactly these faults.
fn each_is_refused(table: &Table, cases: Vec<(Value, Vec<(&str, &str)>)>) {
    for (change, faults) in cases {
        let refused = table.signed().with(change.clone()).send().expect(422);
        let expected: Vec<_> = faults.iter().map(|(pointer, code)| fault(pointer, code)).collect();
        assert_eq!(refused.fault_codes(), expected, "{change}: {}", refused.text);
    }
    assert_eq!(table.app.rows()["mous"], 0);
}

fn party(organisation: &str, side: &str, capacity: &str) -> Value {
    json!({"organisation_id": organisation, "side": side, "capacity": capacity})
}

fn many(n: usize, item: Value) -> Value {
    Value::Array(vec![item; n])
}

#[test]
fn every_fault_of_a_memorandum_is_told_at_once() {
    let table = Table::start();
    let (producer, buyer) = (table.producer.id.clone(), table.buyer.id.clone());
    let cases = vec![
        (json!({"parties": []}), vec![("/parties", "one_side")]),
        (json!({"parties": [party(&producer, "a", "producer"), party(&buyer, "a", "buyer")]}), vec![("/parties", "one_side")]),
        (
            json!({"parties": [party(&producer, "a", "producer"), party(&buyer, "b", "buyer"), party(&producer, "c", "producer")]}),
            vec![("/parties/2/organisation_id", "party_twice")],
        ),
        (
            json!({"parties": [party("org_0", "a", "producer"), party(&buyer, "b", "agency")]}),
            vec![("/parties/0/organisation_id", "unknown_reference"), ("/parties/1/capacity", "missing_profile")],
        ),
        (json!({"proposed_on": "2020-10-13"}), vec![("/agreed_on", "wrong_order")]),
        (json!({"agreed_on": "2020-10-28"}), vec![("/signed_on", "wrong_order")]),
        (json!({"agreed_on": null, "proposed_on": "2020-10-28"}), vec![("/signed_on", "wrong_order")]),
        (json!({"effective_from": null, "effective_until": "2020-10-26"}), vec![("/signed_on", "wrong_order")]),
        (json!({"effective_from": "2023-10-28"}), vec![("/effective_until", "wrong_order")]),
        (json!({"signed_on": "2026-11-24", "effective_until": null}), vec![("/signed_on", "in_future")]),
        (json!({"signed_on": null}), vec![("/signed_on", "missing")]),
        (json!({"status": "agreed"}), vec![("/signed_on", "not_allowed")]),
        (json!({"status": "agreed", "signed_on": null, "agreed_on": null}), vec![("/agreed_on", "missing")]),
        (json!({"status": "proposed", "signed_on": null, "agreed_on": null, "proposed_on": null}), vec![("/proposed_on", "missing")]),
        (json!({"status": null}), vec![("/signed_on", "not_allowed"), ("/agreed_on", "not_allowed"), ("/proposed_on", "not_allowed")]),
        (json!({"status": "completed"}), vec![("/status", "not_allowed")]),
        (json!({"event_id": "evt_0"}), vec![("/event_id", "unknown_reference")]),
        (json!({"registrar_id": "org_0"}), vec![("/registrar_id", "unknown_reference")]),
        (json!({"external_number": "17/BBGN"}), vec![("/registrar_id", "missing")]),
        (json!({"title": "  "}), vec![("/title", "empty")]),
        (json!({"title": "x".repeat(301)}), vec![("/title", "too_long")]),
        (
            json!({"title": "", "kind": "other", "event_id": "evt_0", "agreed_on": "2020-10-28", "commitments": [{}], "parties": [party(&producer, "a", "producer"), party("org_0", "b", "buyer")]}),
            vec![
                ("/title", "empty"),
                ("/kind", "wrong_kind"),
                ("/signed_on", "wrong_order"),
                ("/commitments/0", "incomplete"),
                ("/parties/1/organisation_id", "unknown_reference"),
                ("/event_id", "unknown_reference"),
            ],
        ),
    ];
    each_is_refused(&table, cases);
    let refused = table.signed().with(json!({"parties": many(51, party(&producer, "a", "producer"))})).send().expect(422);
    assert!(refused.fault_codes().contains(&fault("/parties", "too_many")));
}

#[test]
fn every_fault_of_a_commitment_or_document_is_told() {
    let table = Table::start();
    let commitment = |change: Value| {
        let mut body = json!({"description": "hành tím", "quantity": "1", "unit": "TAN", "period": "month"});
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        json!({"commitments": [body]})
    };
    let cases = vec![
        (json!({"commitments": [{}]}), vec![("/commitments/0", "incomplete")]),
        (commitment(json!({"product_id": "prd_0"})), vec![("/commitments/0/product_id", "unknown_reference")]),
        (commitment(json!({"group": "Z.9"})), vec![("/commitments/0/group", "unknown_group")]),
        (commitment(json!({"unit": "đấu"})), vec![("/commitments/0/unit", "unknown_unit")]),
        (commitment(json!({"unit": "chục"})), vec![("/commitments/0/unit", "ambiguous_unit")]),
        (commitment(json!({"unit": null})), vec![("/commitments/0/unit", "incomplete")]),
        (commitment(json!({"quantity": null, "period": null})), vec![("/commitments/0/unit", "incomplete")]),
        (commitment(json!({"quantity": "0"})), vec![("/commitments/0/quantity", "out_of_range")]),
        (commitment(json!({"period": null})), vec![("/commitments/0/period", "missing")]),
        (commitment(json!({"quantity": null, "unit": null})), vec![("/commitments/0/period", "incomplete")]),
        (commitment(json!({"value": "5"})), vec![("/commitments/0/currency", "incomplete")]),
        (commitment(json!({"value": "5", "currency": "VNĐ"})), vec![("/commitments/0/currency", "not_allowed")]),
        (commitment(json!({"value": "5.5", "currency": "VND"})), vec![("/commitments/0/value", "too_precise")]),
        (commitment(json!({"value": "0", "currency": "USD"})), vec![("/commitments/0/value", "out_of_range")]),
        (commitment(json!({"starts_on": "2021-02-01", "ends_on": "2021-01-31"})), vec![("/commitments/0/ends_on", "wrong_order")]),
        (json!({"documents": [{"sha256": "AB", "title": "x"}]}), vec![("/documents/0/sha256", "not_a_digest")]),
        (
            json!({"documents": [{"sha256": "ab".repeat(32), "title": "x", "size_bytes": -1}]}),
            vec![("/documents/0/size_bytes", "out_of_range")],
        ),
        (
            json!({"documents": [{"sha256": "ab".repeat(32), "title": "x", "size_bytes": 9_007_199_254_740_992_i64}]}),
            vec![("/documents/0/size_bytes", "out_of_range")],
        ),
        (json!({"documents": many(51, json!({"sha256": "ab".repeat(32), "title": "x"}))}), vec![("/documents", "too_many")]),
        (json!({"commitments": many(201, json!({"description": "hành tím"}))}), vec![("/commitments", "too_many")]),
    ];
    each_is_refused(&table, cases);
}

#[test]
fn what_is_wrong_in_form_is_named_by_its_pointer() {
    let table = Table::start();
    for (change, code, at) in [
        (json!({"signed_on": "2020-02-30"}), "not_a_day", "/signed_on"),
        (json!({"number": "TEST-2020-7"}), "unknown_member", "/number"),
        (json!({"title": "a\u{0}b"}), "nul", "/title"),
        (json!({"commitments": [{"description": "x", "quantity": 5}]}), "wrong_type", "/commitments/0/quantity"),
        (json!({"commitments": [{"description": "x", "price": "5"}]}), "unknown_member", "/commitments/0/price"),
        (json!({"parties": [{"organisation_id": "x", "side": "e", "capacity": "buyer"}]}), "not_allowed", "/parties/0/side"),
    ] {
        let refused = table.signed().with(change).send().expect(400);
        assert_eq!(refused.fault_codes(), [fault(at, code)], "{}", refused.text);
    }
}

#[test]
fn an_ambiguous_unit_is_refused_with_what_to_do() {
    let table = Table::start();
    let body = json!({"commitments": [{"description": "dừa", "quantity": "40", "unit": "chục", "period": "month"}]});
    let refused = table.signed().with(body).send().expect(422);
    assert!(refused.text.contains("UNIT") && refused.text.contains("KG"), "{}", refused.text);
}

#[test]
fn a_batch_numbers_its_memoranda_in_their_order_year_by_year() {
    let table = Table::start();
    let body = |day: &str| {
        let days = json!({"proposed_on": null, "agreed_on": null, "signed_on": day, "effective_from": null, "effective_until": null});
        table.signed().with(days).into_body()
    };
    let items = vec![body("2020-10-27"), body("2021-05-01"), table.draft().into_body(), body("2020-10-27"), body("2021-05-02")];
    let made = table.app.post("/v1/mous/batch", json!({"items": items})).key(&table.app.admin()).send().expect(200).json();
    let numbers: Vec<&Value> = made["results"].as_array().unwrap().iter().map(|result| &result["number"]).collect();
    assert_eq!(numbers, [&json!("TEST-2020-1"), &json!("TEST-2021-1"), &Value::Null, &json!("TEST-2020-2"), &json!("TEST-2021-2")]);
    assert_eq!(table.signed().create().json["number"], "TEST-2020-3");
}

#[test]
fn what_is_refused_or_only_checked_takes_no_number() {
    let table = Table::start();
    let admin = table.app.admin();
    let good = table.signed().into_body();
    let bad = table.signed().named(" ").into_body();
    table.app.post("/v1/mous?validate_only=true", good.clone()).key(&admin).send().expect(200);
    table.app.post("/v1/mous/batch", json!({"items": [good, bad]})).key(&admin).send().expect(422);
    assert_eq!(count(&mut table.app.db(), "SELECT count(*) AS n FROM mous"), 0);
    let skipped = table.app.post("/v1/mous/batch?on_error=skip", json!({"items": [bad, good]})).key(&admin).send().expect(200).json();
    assert_eq!((&skipped["created"], &skipped["failed"]), (&json!(1), &json!(1)));
    assert_eq!(skipped["results"][1]["number"], "TEST-2020-1");
}

#[test]
fn eight_writers_get_distinct_numbers_without_gaps() {
    const EACH: usize = 6;
    let table = Table::start();
    let admin = table.app.admin();
    let (body, draft) = (table.signed().into_body(), table.draft());
    let to_sign: Vec<String> = {
        let body = draft.into_body();
        let agreed = |_| {
            let id = table.app.post("/v1/mous", body.clone()).key(&admin).send().expect(201).id();
            for to in ["proposed", "agreed"] {
                table.decide(&id, &admin, json!({"to": to, "on": "2020-10-26"})).expect(200);
            }
            id
        };
        (0..8 * EACH / 3).map(agreed).collect()
    };
    let numbers: Vec<Value> = std::thread::scope(|scope| {
        let writers: Vec<_> = to_sign
            .chunks(EACH / 3)
            .map(|drafts| {
                let (table, admin, body) = (&table, &admin, &body);
                scope.spawn(move || {
                    let mut found = Vec::new();
                    // One alone, a batch of three, and drafts that become signed.
                    found.push(table.app.post("/v1/mous", body.clone()).key(admin).send().expect(201).json()["number"].clone());
                    let batch = json!({"items": [body, body, body]});
                    let made = table.app.post("/v1/mous/batch", batch).key(admin).send().expect(200).json();
                    found.extend(made["results"].as_array().unwrap().iter().map(|result| result["number"].clone()));
                    for id in drafts {
                        let signed = table.decide(id, admin, json!({"to": "signed", "on": "2020-10-27"})).expect(200).json();
                        found.push(signed["number"].clone());
                    }
                    found
                })
            })
            .collect();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    let mut sequences: Vec<i64> = numbers.iter().map(sequence).collect();
    sequences.sort_unstable();
    let expected: Vec<i64> = (1..=i64::try_from(8 * EACH).unwrap()).collect();
    assert_eq!(sequences, expected);
}

#[test]
fn a_draft_exists_for_its_parties_and_officers_alone() {
    let table = Table::start();
    let app = &table.app;
    let stranger = a_producer(app).named("Hợp tác xã khác").create();
    let body = table.draft().into_body();
    let made = app.put("/v1/mous/by-ref/desk/1", body).key(&table.app.admin()).send().expect(201);
    let (id, path) = (made.id(), format!("/v1/mous/{}", made.id()));
    let seeing = [
        app.producer(&table.producer),
        app.buyer(&table.buyer),
        app.officer(SOC_TRANG),
        app.officer("92"), // Cần Thơ, which Sóc Trăng went into.
        app.officer("79"),
        app.auditor(),
        app.admin(),
    ];
    let blind = [app.producer(&stranger), app.buyer(&stranger), app.officer("89@2020-10-27"), app.officer("01"), app.partner()];
    let random = app.get("/v1/mous/mou_0").send().expect(404);
    let (without_id, hidden) = (json_without_id(&random), |answer: Response| {
        assert_eq!(json_without_id(&answer.expect(404)), json_without_id(&random), "the same as for a random id");
    });
    assert_eq!(without_id["code"], "not_found");
    for key in &seeing {
        app.get(&path).key(key).send().expect(200);
        app.get("/v1/mous/by-ref/desk/1").key(key).send().expect(200);
        app.get(&format!("{path}/history")).key(key).send().expect(200);
        app.get(&format!("{path}?at=2026-11-23T05:00:00Z")).key(key).send().expect(200);
        for query in ["", "status=draft", "phase=in_preparation", "sort=signed_on", "sort=-created", "kind=producer_distributor"] {
            assert_eq!(walk_as(app, &format!("/v1/mous?limit=1&{query}"), Some(key)), std::slice::from_ref(&id), "{query}");
        }
    }
    for key in blind.iter().map(Some).chain([None]) {
        let get = |path: &str| match key {
            Some(key) => app.get(path).key(key).send(),
            None => app.get(path).send(),
        };
        for path in [&path, "/v1/mous/by-ref/desk/1", &format!("{path}/history"), &format!("{path}?at=2026-11-23T05:00:00Z")] {
            hidden(get(path));
        }
        for query in ["", "?status=draft", "?phase=in_preparation", "?sort=signed_on", &format!("?party={}", table.producer.id)] {
            assert!(get(&format!("/v1/mous{query}")).expect(200).ids().is_empty(), "{query}");
        }
    }
    // Nor is it changed, decided about, noted with or deleted.
    let key = &blind[0];
    hidden(app.patch(&path, "\"v1\"", json!({"title": "Khác"})).key(key).send());
    hidden(app.delete(&path, "\"v1\"").key(key).send());
    hidden(table.decide(&id, key, json!({"to": "proposed"})));
    hidden(app.post(&format!("{path}/notes"), json!({"text": "x"})).key(key).send());
    hidden(app.put("/v1/mous/by-ref/desk/1", table.draft().into_body()).key(key).send());
}

fn json_without_id(answer: &Response) -> Value {
    let mut json = answer.json();
    json.as_object_mut().unwrap().shift_remove("request_id");
    json
}

#[test]
fn the_public_sees_nothing_of_the_draft_that_a_signed_memorandum_was() {
    let table = Table::start();
    let app = &table.app;
    let officer = app.officer(SOC_TRANG);
    let mou = table.draft().named("Bản nháp bí mật").with(json!({"fields_of_cooperation": ["điều khoản bí mật"]})).create();
    let open = json!({"title": "Biên bản ghi nhớ", "fields_of_cooperation": []});
    let etag = app.patch(&mou.path, &mou.etag, open).key(&officer).send().expect(200).etag();
    app.set_clock("2026-11-24 05:00:00");
    for to in ["proposed", "agreed", "signed"] {
        table.decide(&mou.id, &officer, json!({"to": to, "on": "2026-11-24"})).expect(200);
    }
    app.set_clock("2026-11-25 05:00:00");
    let all = app.get(&format!("{}/history", mou.path)).key(&officer).send().expect(200).items();
    assert_eq!(all.len(), 5);
    let public = app.get(&format!("{}/history", mou.path)).send().expect(200);
    let items = public.items();
    assert_eq!(items.len(), 1, "{}", public.text);
    assert_eq!(items[0]["version"], 5);
    for hidden in ["bí mật", "/transitions", "/commitments", "/notes", "/documents"] {
        assert!(!public.text.contains(hidden), "{hidden}: {}", public.text);
    }
    let from: Vec<&Value> = items[0]["changed"].as_array().unwrap().iter().map(|change| &change["from"]).collect();
    assert!(from.iter().all(|from| from.is_null()), "the version before it is not told: {from:?}");
    // As the register knew it, before and after signing.
    app.get(&format!("{}?at=2026-11-23T06:00:00Z", mou.path)).send().expect(404);
    app.get(&format!("{}?at=2026-11-24T06:00:00Z", mou.path)).send().expect(200);
    app.get(&format!("{}?at=2026-11-23T06:00:00Z", mou.path)).key(&officer).send().expect(200);
    assert!(etag.starts_with("\"v2-2026-11-23-o-"), "{etag}");
}

#[test]
fn what_was_committed_is_seen_by_the_parties_and_officers_alone() {
    let table = Table::start();
    let app = &table.app;
    let commitment =
        json!({"description": "hành tím", "quantity": "12.5", "unit": "tấn", "period": "month", "value": "250000000", "currency": "VND"});
    let mou =
        table.signed().with(json!({"commitments": [commitment], "documents": [{"sha256": "ab".repeat(32), "title": "Biên bản"}]})).create();
    let members = ["commitments", "documents", "transitions", "notes"];
    for key in [app.producer(&table.producer), app.buyer(&table.buyer), app.officer("92"), app.auditor(), app.admin()] {
        let seen = app.get(&mou.path).key(&key).send().expect(200).json();
        for member in members {
            assert!(seen[member].is_array(), "{member}");
        }
        assert_eq!(seen["commitments"][0]["quantity"], "12.5");
        assert_eq!(seen["commitments"][0]["unit"], "TAN");
    }
    let stranger = a_buyer(app).named("Người lạ").create();
    for key in [None, Some(app.buyer(&stranger)), Some(app.partner()), Some(app.officer("01"))] {
        for path in [&mou.path, "/v1/mous", &format!("{}/history", mou.path), &format!("{}?at=2026-11-23T05:00:00Z", mou.path)] {
            let answer = match &key {
                Some(key) => app.get(path).key(key).send(),
                None => app.get(path).send(),
            };
            let answer = answer.expect(200);
            for member in members {
                assert!(!answer.text.contains(&format!("{member}\"")), "{path} shows {member}: {}", answer.text);
            }
        }
        assert_eq!(app.get(&format!("{}?fields=commitments", mou.path)).send().expect(200).json(), json!({}));
    }
}

#[test]
fn only_an_officer_states_that_it_was_agreed_or_signed() {
    let table = Table::start();
    let app = &table.app;
    let (producer, officer) = (app.producer(&table.producer), app.officer(SOC_TRANG));
    for status in ["agreed", "signed"] {
        let stated = || table.signed().with(if status == "agreed" { json!({"status": "agreed", "signed_on": null}) } else { json!({}) });
        assert_eq!(stated().by(&producer).send().expect(403).problem_code(), "forbidden");
        stated().by(&officer).create();
        let refused = stated().by(&app.officer("89@2020-10-27")).send().expect(403);
        assert_eq!(refused.problem_code(), "forbidden", "an officer of another province");
    }
    table.draft().by(&producer).create();
    table.draft().with(json!({"status": "proposed", "proposed_on": "2020-09-18"})).by(&producer).create();
    // Nobody registers what is between others.
    let stranger = a_producer(app).named("Hợp tác xã khác").create();
    table.draft().by(&app.producer(&stranger)).send().expect(403);
    table.draft().by(&app.auditor()).send().expect(403);
    // In a batch each item is judged by itself.
    let items = json!({"items": [table.draft().into_body(), table.signed().into_body()]});
    let judged = app.post("/v1/mous/batch?on_error=skip", items).key(&producer).send().expect(200).json();
    assert_eq!((&judged["results"][0]["status"], &judged["results"][1]["status"]), (&json!(201), &json!(403)));
}

#[test]
fn a_memorandum_goes_through_its_decisions_one_by_one() {
    let table = Table::start();
    let app = &table.app;
    let (producer, officer) = (app.producer(&table.producer), app.officer("79"));
    let mou = table.draft().by(&producer).create();
    let step = |key: &str, body: Value| table.decide(&mou.id, key, body);
    let proposed = step(&producer, json!({"to": "proposed", "on": "2020-09-18"})).expect(200).json();
    assert_eq!(
        (&proposed["status"], &proposed["proposed_on"], &proposed["version"]),
        (&json!("proposed"), &json!("2020-09-18"), &json!(2))
    );
    let drafted = step(&producer, json!({"to": "draft", "on": "2020-09-20"})).expect(200).json();
    assert_eq!(drafted.get("proposed_on"), None);
    step(&producer, json!({"to": "proposed", "on": "2020-09-21"})).expect(200);
    assert_eq!(step(&producer, json!({"to": "agreed", "on": "2020-10-12"})).expect(403).problem_code(), "forbidden");
    step(&officer, json!({"to": "agreed", "on": "2020-10-12"})).expect(200);
    let back = step(&producer, json!({"to": "proposed", "on": "2020-10-13"})).expect(200).json();
    assert_eq!((back.get("agreed_on"), &back["proposed_on"]), (None, &json!("2020-09-21")));
    step(&officer, json!({"to": "agreed", "on": "2020-10-14"})).expect(200);
    step(&producer, json!({"to": "signed", "on": "2020-10-27"})).expect(403);
    let signed =
        step(&officer, json!({"to": "signed", "on": "2020-10-27", "effective_from": "2021-01-01", "effective_until": "2021-12-31"}));
    let signed = signed.expect(200).json();
    assert_eq!(signed["number"], "TEST-2020-1");
    assert_eq!((&signed["effective_from"], &signed["effective_until"]), (&json!("2021-01-01"), &json!("2021-12-31")));
    step(&producer, json!({"to": "terminated", "on": "2021-06-01", "reason": "mất mùa"})).expect(403);
    let ended = step(&officer, json!({"to": "terminated", "on": "2021-06-01", "reason": "mất mùa"})).expect(200).json();
    assert_eq!((&ended["status"], &ended["phase"], &ended["ended_on"]), (&json!("terminated"), &json!("terminated"), &json!("2021-06-01")));
    let decisions = ended["transitions"].as_array().unwrap();
    assert_eq!(decisions.len(), 8);
    assert_eq!(decisions[7]["reason"], "mất mùa");
    assert_eq!((&decisions[0]["actor_role"], &decisions[0]["actor_organisation_id"]), (&json!("producer"), &json!(table.producer.id)));
    assert_eq!(app.get(&format!("{}?as_of=2021-05-31", mou.path)).send().json()["phase"], "in_effect", "the phase of that day");
}

#[test]
fn an_illegal_decision_names_the_legal_ones() {
    let table = Table::start();
    let admin = table.app.admin();
    let every = ["draft", "proposed", "agreed", "signed", "completed", "terminated", "cancelled"];
    // How to come to a status, and what is legal from there.
    let ways: [(&[&str], &[&str]); 7] = [
        (&[], &["proposed", "cancelled"]),
        (&["proposed"], &["agreed", "draft", "cancelled"]),
        (&["proposed", "agreed"], &["signed", "proposed", "cancelled"]),
        (&["proposed", "agreed", "signed"], &["completed", "terminated"]),
        (&["proposed", "agreed", "signed", "completed"], &[]),
        (&["proposed", "agreed", "signed", "terminated"], &[]),
        (&["cancelled"], &[]),
    ];
    for (way, legal) in ways {
        let mou = table.draft().create();
        let step = |to: &str| table.decide(&mou.id, &admin, json!({"to": to, "on": "2026-11-01", "reason": "vì thế"}));
        for to in way {
            step(to).expect(200);
        }
        for to in every.iter().filter(|to| !legal.contains(to)) {
            let refused = step(to).expect(409);
            assert_eq!(refused.problem_code(), "illegal_transition", "{way:?} to {to}");
            assert_eq!(refused.json()["legal"], json!(legal), "{way:?} to {to}");
            for word in legal {
                assert!(refused.json()["detail"].as_str().unwrap().contains(word), "{}", refused.text);
            }
        }
        for to in legal {
            let body = json!({"to": to, "on": "2026-11-01", "reason": "vì thế"});
            table.app.post(&format!("{}/transitions?validate_only=true", mou.path), body).key(&admin).send().expect(200);
        }
    }
}

#[test]
fn a_decision_needs_its_day_and_reason() {
    let table = Table::start();
    let admin = table.app.admin();
    let mou = table.draft().create();
    table.decide(&mou.id, &admin, json!({"to": "proposed", "on": "2020-09-18"})).expect(200);
    let faults = |body: Value| table.decide(&mou.id, &admin, body).expect(422).fault_codes();
    assert_eq!(faults(json!({"to": "agreed", "on": "2020-09-17"})), [fault("/on", "wrong_order")]);
    assert_eq!(faults(json!({"to": "agreed", "on": "2026-11-24"})), [fault("/on", "in_future")]);
    assert_eq!(faults(json!({"to": "cancelled", "on": "2020-10-01"})), [fault("/reason", "missing")]);
    assert_eq!(faults(json!({"to": "agreed", "effective_until": "2022-01-01"})), [fault("/effective_from", "not_allowed")]);
    table.decide(&mou.id, &admin, json!({"to": "agreed", "on": "2020-10-12"})).expect(200);
    assert_eq!(
        faults(json!({"to": "signed", "on": "2020-10-27", "effective_until": "2020-10-26"})),
        [fault("/on", "wrong_order"), fault("/effective_until", "wrong_order")]
    );
    table.decide(&mou.id, &admin, json!({"to": "signed", "on": "2020-02-30"})).expect(400);
    // A day that is not given is today's.
    let signed = table.decide(&mou.id, &admin, json!({"to": "signed"})).expect(200).json();
    assert_eq!((&signed["signed_on"], &signed["number"]), (&json!("2026-11-23"), &json!("TEST-2026-1")));
    assert_eq!(faults(json!({"to": "terminated"})), [fault("/reason", "missing")]);
}

#[test]
fn a_decision_is_taken_once_and_not_on_what_has_changed() {
    let table = Table::start();
    let admin = table.app.admin();
    let mou = table.draft().create();
    let path = format!("{}/transitions", mou.path);
    let propose = |etag: &str| {
        let body = json!({"to": "proposed", "on": "2020-09-18"});
        table.app.post(&path, body).key(&admin).header("If-Match", etag).header("Idempotency-Key", "once")
    };
    assert_eq!(propose("\"v7\"").send().expect(412).problem_code(), "precondition_failed");
    let first = propose(&mou.etag).send().expect(200);
    assert!(first.etag().starts_with("\"v2-2026-11-23-a-"), "{}", first.etag());
    let again = propose(&mou.etag).send().expect(200);
    assert_eq!((again.header("Idempotency-Replayed"), &again.text), (Some("true"), &first.text));
    assert_eq!(table.app.get(&mou.path).key(&admin).send().json()["version"], 2);
}

#[test]
fn of_many_who_sign_at_once_one_does() {
    let table = Table::start();
    let admin = table.app.admin();
    let mou = table.draft().create();
    for to in ["proposed", "agreed"] {
        table.decide(&mou.id, &admin, json!({"to": to, "on": "2020-10-12"})).expect(200);
    }
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let signers: Vec<_> =
            (0..8).map(|_| scope.spawn(|| table.decide(&mou.id, &admin, json!({"to": "signed", "on": "2020-10-27"})).status)).collect();
        signers.into_iter().map(|signer| signer.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 200 | 409)), "{statuses:?}");
    assert_eq!(table.signed().create().json["number"], "TEST-2020-2", "one number was taken");
}

#[test]
fn the_status_changes_by_decisions_alone() {
    let table = Table::start();
    let (producer, admin) = (table.app.producer(&table.producer), table.app.admin());
    let mou = table.draft().by(&producer).create();
    for (status, day) in [("proposed", "proposed_on"), ("agreed", "agreed_on"), ("signed", "signed_on")] {
        for key in [&producer, &admin] {
            let change = json!({"status": status, day: "2020-10-27"});
            let refused = table.app.patch(&mou.path, &mou.etag, change).key(key).send().expect(422);
            assert_eq!(refused.fault_codes(), [fault("/status", "use_transition")]);
            assert!(refused.text.contains("/transitions"), "{}", refused.text);
        }
    }
    let refused = table.app.patch(&mou.path, &mou.etag, json!({"signed_on": "2020-10-27"})).key(&producer).send().expect(422);
    assert_eq!(refused.fault_codes(), [fault("/signed_on", "not_allowed")]);
}

#[test]
fn a_memorandum_is_edited_before_it_is_signed_and_never_after() {
    let table = Table::start();
    let app = &table.app;
    let (producer, officer) = (app.producer(&table.producer), app.officer(SOC_TRANG));
    let agency = an_agency(app).create();
    let mou = table.draft().by(&producer).create();
    let parties = json!([
        {"organisation_id": agency.id, "side": "a", "capacity": "agency"}, {"organisation_id": table.buyer.id, "side": "b", "capacity": "buyer"},
        {"organisation_id": table.producer.id, "side": "c", "capacity": "producer"}
    ]);
    let commitments = json!([{"description": "hành tím", "group": "N1.1.a", "value": "5000000", "currency": "VND"}]);
    let change = json!({"title": "Khác", "parties": parties, "commitments": commitments});
    let changed = app.patch(&mou.path, &mou.etag, change).key(&producer).send().expect(200);
    let json = changed.json();
    assert_eq!((&json["title"], &json["kind"], &json["version"]), (&json!("Khác"), &json!("other"), &json!(2)));
    assert_eq!(json["parties"].as_array().unwrap().len(), 3);
    assert_eq!(json["commitments"][0]["group"]["code"], "N1.1.a");
    // A key does not give its own record away.
    let away = json!({"parties": [parties[0], parties[1]]});
    app.patch(&mou.path, &changed.etag(), away).key(&producer).send().expect(403);
    // What an officer stated to be agreed is not rewritten by one party.
    table.decide(&mou.id, &producer, json!({"to": "proposed", "on": "2020-09-18"})).expect(200);
    let agreed = table.decide(&mou.id, &officer, json!({"to": "agreed", "on": "2020-10-12"})).expect(200);
    app.patch(&mou.path, &agreed.etag(), json!({"title": "Lén sửa"})).key(&producer).send().expect(403);
    let mended = app.patch(&mou.path, &agreed.etag(), json!({"title": "Sửa lỗi chính tả"})).key(&officer).send().expect(200);
    table.decide(&mou.id, &officer, json!({"to": "signed", "on": "2020-10-27"})).expect(200);
    for (etag, status, code) in [(mended.etag(), 412, "precondition_failed"), ("*".into(), 409, "not_editable")] {
        let refused = app.patch(&mou.path, &etag, json!({"title": "Khác nữa"})).key(&officer).send().expect(status);
        assert_eq!(refused.problem_code(), code);
    }
    assert_eq!(app.patch(&mou.path, "*", json!({"title": " "})).key(&officer).send().expect(409).problem_code(), "not_editable");
    let kept = app.get(&mou.path).send().json();
    assert_eq!((&kept["title"], &kept["version"]), (&json!("Sửa lỗi chính tả"), &json!(6)));
}

#[test]
fn the_day_of_a_decision_is_corrected_before_signing() {
    let table = Table::start();
    let admin = table.app.admin();
    let mou = table.draft().with(json!({"status": "agreed", "proposed_on": "2020-09-18", "agreed_on": "2020-10-12"})).create();
    let corrected = table.app.patch(&mou.path, &mou.etag, json!({"proposed_on": "2020-09-08"})).key(&admin).send().expect(200);
    let json = corrected.json();
    assert_eq!((&json["proposed_on"], &json["transitions"][0]["on"]), (&json!("2020-09-08"), &json!("2020-09-08")));
    let refused = table.app.patch(&mou.path, &corrected.etag(), json!({"proposed_on": "2020-10-13"})).key(&admin).send().expect(422);
    assert!(refused.fault_codes().contains(&fault("/agreed_on", "wrong_order")), "{}", refused.text);
}

#[test]
fn only_a_draft_is_deleted() {
    let table = Table::start();
    let app = &table.app;
    let (producer, admin) = (app.producer(&table.producer), app.admin());
    let draft = table.draft().create();
    app.delete(&draft.path, &draft.etag).key(&producer).send().expect(204);
    app.get(&draft.path).key(&admin).send().expect(404);
    assert_eq!((app.rows()["mous"], app.rows()["mou_parties"]), (0, 0));
    let proposed = table.draft().with(json!({"status": "proposed", "proposed_on": "2020-09-18"})).create();
    assert_eq!(app.delete(&proposed.path, &proposed.etag).key(&producer).send().expect(409).problem_code(), "not_editable");
    let signed = table.signed().create();
    assert_eq!(app.delete(&signed.path, &signed.etag).key(&admin).send().expect(409).problem_code(), "not_editable");
    // Its number is not given again, whatever happens.
    assert_eq!(table.signed().create().json["number"], "TEST-2020-2");
}

#[test]
fn a_script_that_repeats_itself_changes_nothing() {
    let table = Table::start();
    let app = &table.app;
    let officer = app.officer(SOC_TRANG);
    let by_ref = "/v1/mous/by-ref/soc-trang/row-17";
    // With every default left out, and with everything spelt in another way than it is kept.
    let plain = json!({
        "title": "Biên bản ghi nhớ", "status": "signed", "signed_on": "2020-10-27",
        "parties": [
            {"organisation_id": table.producer.id, "side": "a", "capacity": "producer", "province": "soc trang"},
            {"organisation_id": table.buyer.id, "side": "b", "capacity": "buyer"}
        ],
        "commitments": [{"description": "hành tím", "group": "n1.1.A", "quantity": "12.500", "unit": "tấn", "period": "month"}]
    });
    let put = |body: &Value| app.put(by_ref, body.clone()).key(&officer).send();
    let first = put(&plain).expect(201);
    let repeat = |expected: &Response| {
        let head = app.log_head();
        let again = put(&plain).expect(200);
        assert_eq!(again.json(), expected.json());
        assert_eq!(app.log_head(), head, "no new version");
    };
    repeat(&first);
    let mut stated = plain.clone();
    stated["kind"] = json!("producer_distributor");
    stated["effective_from"] = json!("2020-10-27");
    assert_eq!(put(&stated).expect(200).json()["version"], 1);
    // Its parties are called and placed otherwise by now.
    let renamed = json!({"name": "Công ty Gánh Hàng Chiều", "province": "01"});
    app.patch(&table.buyer.path, &table.buyer.etag, renamed).key(&app.admin()).send().expect(200);
    repeat(&first);
    // Later decisions and notes stand.
    app.post(&format!("/v1/mous/{}/notes", first.id()), json!({"text": "Đã giao chuyến đầu."})).key(&officer).send().expect(200);
    let ended = table.decide(&first.id(), &officer, json!({"to": "completed", "on": "2021-12-31"})).expect(200);
    repeat(&ended);
    // What says something else is refused.
    for change in [
        json!({"title": "Khác"}),
        json!({"signed_on": "2020-10-28"}),
        json!({"effective_until": "2022-10-27"}),
        json!({"status": "draft", "signed_on": null}),
    ] {
        let mut other = plain.clone();
        for (name, value) in change.as_object().unwrap() {
            other[name] = value.clone();
        }
        assert_eq!(put(&other).expect(409).problem_code(), "not_editable", "{change}");
    }
    assert_eq!(app.put(by_ref, plain).key(&officer).header("If-None-Match", "*").send().expect(412).problem_code(), "precondition_failed");
}

#[test]
fn a_script_that_repeats_a_draft_takes_no_decision_back() {
    let table = Table::start();
    let app = &table.app;
    let (officer, producer) = (app.officer(SOC_TRANG), app.producer(&table.producer));
    let by_ref = "/v1/mous/by-ref/soc-trang/row-18";
    let body = table.draft().into_body();
    let put = |body: &Value, key: &str| app.put(by_ref, body.clone()).key(key).send();
    let id = put(&body, &producer).expect(201).id();
    for (to, on) in [("proposed", "2020-09-18"), ("agreed", "2020-10-12"), ("signed", "2020-10-27")] {
        // The draft may still be mended, under the status that it has by now.
        if to == "agreed" {
            let mut mended = body.clone();
            mended["title"] = json!("Biên bản đã sửa");
            assert_eq!(put(&mended, &producer).expect(200).json()["status"], "proposed");
            put(&body, &producer).expect(200);
        }
        let decided = table.decide(
            &id,
            &officer,
            json!({"to": to, "on": on, "effective_until": if to == "signed" { json!("2022-10-27") } else { Value::Null }}),
        );
        let decided = decided.expect(200).json();
        let again = put(&body, &producer).expect(200).json();
        assert_eq!((&again["status"], &again["version"]), (&json!(to), &decided["version"]));
    }
}

#[test]
fn a_registrars_number_and_day_of_signing_name_one_memorandum() {
    let table = Table::start();
    let app = &table.app;
    let agency = an_agency(app).create();
    let officer = app.officer(SOC_TRANG);
    let numbered = |number: &str| table.signed().registered_by(&agency, number);
    let first = numbered("17/BBGN-SCT").create();
    let refused = numbered("17/BBGN-SCT").named("Lần hai").send().expect(409);
    assert_eq!(refused.problem_code(), "already_exists");
    assert_eq!(refused.header("Location"), Some(first.path.as_str()));
    // Another day of signing, another registrar, another number: another memorandum.
    numbered("17/BBGN-SCT").with(json!({"signed_on": "2020-10-28"})).create();
    table.signed().registered_by(&table.buyer, "17/BBGN-SCT").create();
    numbered("18/BBGN-SCT").create();
    // In a batch, against the register and against the items before.
    let items = json!({"items": [numbered("19").into_body(), numbered("19").into_body(), numbered("18/BBGN-SCT").into_body()]});
    let judged = app.post("/v1/mous/batch?on_error=skip", items).key(&officer).send().expect(200).json();
    let statuses: Vec<&Value> = judged["results"].as_array().unwrap().iter().map(|result| &result["status"]).collect();
    assert_eq!(statuses, [&json!(201), &json!(409), &json!(409)]);
    // Drafts may share a number; the second that is signed is refused.
    let drafts = [(); 2].map(|()| table.draft().registered_by(&agency, "20").create());
    for (draft, status) in drafts.iter().zip([200, 409]) {
        for to in ["proposed", "agreed"] {
            table.decide(&draft.id, &officer, json!({"to": to, "on": "2020-10-12"})).expect(200);
        }
        let signed = table.decide(&draft.id, &officer, json!({"to": "signed", "on": "2020-10-27"})).expect(status);
        if status == 409 {
            assert_eq!(signed.problem_code(), "already_exists");
            assert_eq!(signed.header("Location"), Some(drafts[0].path.as_str()));
        }
    }
}

#[test]
fn the_registrar_is_the_organisation_of_the_key_unless_told_otherwise() {
    let table = Table::start();
    let app = &table.app;
    let producer = app.producer(&table.producer);
    let draft = table.draft().with(json!({"external_number": "5"})).by(&producer).create();
    assert_eq!(draft.json["registrar_id"], json!(table.producer.id));
    // Another party's change does not take it over.
    let changed = app.patch(&draft.path, &draft.etag, json!({"title": "Khác"})).key(&app.buyer(&table.buyer)).send().expect(200);
    assert_eq!(changed.json()["registrar_id"], json!(table.producer.id));
    assert_eq!(table.draft().create().json.get("registrar_id"), None, "an administrator's key has none");
}

#[test]
fn of_eight_who_register_one_number_one_does() {
    let table = Table::start();
    let admin = table.app.admin();
    let body = table.signed().registered_by(&table.buyer, "1").into_body();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..8).map(|_| scope.spawn(|| table.app.post("/v1/mous", body.clone()).key(&admin).send().status)).collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 201 | 409)), "{statuses:?}");
}

#[test]
fn notes_are_kept_beside_a_signed_memorandum() {
    let table = Table::start();
    let app = &table.app;
    let producer = app.producer(&table.producer);
    let mou = table.signed().create();
    let path = format!("{}/notes", mou.path);
    let noted =
        app.post(&path, json!({"on": "2020-12-01", "text": "Đã giao chuyến đầu.\nĐủ hàng."})).key(&producer).send().expect(200).json();
    assert_eq!((&noted["version"], &noted["status"]), (&json!(2), &json!("signed")));
    assert_eq!(noted["notes"][0]["text"], "Đã giao chuyến đầu.\nĐủ hàng.");
    assert_eq!(noted["notes"][0]["actor_role"], "producer");
    let second = app.post(&path, json!({"text": "Im lặng từ tháng ba."})).key(&app.officer("92")).send().expect(200).json();
    assert_eq!(second["notes"][1]["on"], "2026-11-23");
    assert_eq!(app.post(&path, json!({"text": " "})).key(&producer).send().expect(422).fault_codes(), [fault("/text", "empty")]);
    app.post(&path, json!({"text": "x".repeat(4_001)})).key(&producer).send().expect(422);
    let stranger = a_producer(app).named("Hợp tác xã khác").create();
    app.post(&path, json!({"text": "x"})).key(&app.producer(&stranger)).send().expect(404);
    app.post(&path, json!({"text": "x"})).key(&app.auditor()).send().expect(403);
}

#[test]
fn who_took_over_a_partys_obligations_is_shown_from_that_day_on() {
    let table = Table::start();
    let app = &table.app;
    let admin = app.admin();
    let old = an_agency(app).create();
    let mou = a_mou(app).of_agency(&old).with_buyer(&table.buyer).create();
    let middle = an_agency(app).named("Sở Công Thương thành phố Cần Thơ").in_province("92").create();
    let last = an_agency(app).named("Sở Kinh tế thành phố Cần Thơ").in_province("92").create();
    let follow = |from: &Record, to: &Record, day: &str| {
        let path = format!("/v1/organisations/{}", from.id);
        app.patch(&path, "*", json!({"successor_id": to.id, "succeeded_on": day})).key(&admin).send().expect(200);
    };
    follow(&old, &middle, "2025-07-01");
    follow(&middle, &last, "2026-03-01");
    let successor = |day: &str| app.get(&format!("{}?as_of={day}", mou.path)).send().expect(200).json()["parties"][0]["successor"].clone();
    assert_eq!(successor("2025-06-30"), Value::Null);
    assert_eq!(successor("2025-07-01"), json!({"organisation_id": middle.id, "name": middle.json["name"], "since": "2025-07-01"}));
    assert_eq!(successor("2026-11-23"), json!({"organisation_id": last.id, "name": last.json["name"], "since": "2026-03-01"}));
    // Two that name each other as successors lead nowhere, and not round for ever.
    follow(&last, &middle, "2026-04-01");
    assert_eq!(successor("2026-11-23")["organisation_id"], json!(last.id));
    assert_eq!(app.get(&mou.path).send().json()["parties"][0]["name"], old.json["name"], "as signed");
}

#[test]
fn a_province_of_today_finds_what_the_units_before_it_signed() {
    let table = Table::start();
    let app = &table.app;
    let soc_trang = table.signed().create().id;
    let kien_giang = a_producer(app).named("của Kiên Giang").in_province("91@2020-10-27").create();
    let kien_giang = a_mou(app).of_producer(&kien_giang).with_buyer(&table.buyer).create().id;
    let found = |query: &str| walk(app, &format!("/v1/mous?{query}"));
    assert_eq!(found("province=92"), std::slice::from_ref(&soc_trang));
    assert!(found("province=92&as_of=2020-10-27").is_empty(), "Cần Thơ of 2020");
    assert_eq!(found("province=94&as_of=2020-10-27"), std::slice::from_ref(&soc_trang));
    assert_eq!(found("province=91"), std::slice::from_ref(&kien_giang), "An Giang, which Kiên Giang went into");
    assert_eq!(found("province=91&as_of=2020-10-27"), std::slice::from_ref(&kien_giang), "Kiên Giang");
    assert_eq!(found("province=79"), [soc_trang, kien_giang], "the buyer's");
    assert_eq!(app.get("/v1/mous?province=Sóc Trằn").send().expect(400).fault_codes(), [fault("?province", "unknown_province")]);
}

#[test]
fn lists_filter_by_what_stands_in_the_memorandum() {
    let table = Table::start();
    let app = &table.app;
    let admin = app.admin();
    let (event, agency) = (an_event(app).create(), an_agency(app).create());
    let a = table.signed().at_event(&event).create();
    let b = a_mou(app).of_agency(&agency).with_buyer(&table.buyer).with(json!({"signed_on": "2020-11-02", "illustrative": false})).create();
    let c =
        table.signed().registered_by(&agency, "17/BBGN").with(json!({"signed_on": "2021-03-01", "effective_from": "2021-03-01"})).create();
    let d = table.draft().at_event(&event).create();
    table.decide(&b.id, &admin, json!({"to": "completed", "on": "2022-01-01"})).expect(200);
    let of = |records: &[&Record]| records.iter().map(|record| record.id.clone()).collect::<Vec<_>>();
    for (query, found) in [
        (format!("event={}", event.id), of(&[&a, &d])),
        ("event=evt_0".into(), vec![]),
        ("kind=province_retail".into(), of(&[&b])),
        (format!("party={}", table.producer.id), of(&[&a, &c, &d])),
        (format!("party={}&kind=province_retail", table.buyer.id), of(&[&b])),
        ("status=signed".into(), of(&[&a, &c])),
        ("status=completed".into(), of(&[&b])),
        ("signed_from=2020-10-28".into(), of(&[&b, &c])),
        ("signed_until=2020-11-02".into(), of(&[&a, &b])),
        ("signed_from=2020-10-28&signed_until=2021-02-28".into(), of(&[&b])),
        ("number=TEST-2021-1".into(), of(&[&c])),
        (format!("registrar={}", agency.id), of(&[&c])),
        ("external_number=17/BBGN".into(), of(&[&c])),
        ("illustrative=false".into(), of(&[&b])),
        ("on=2020-10-26".into(), vec![]),
        ("on=2020-10-27".into(), of(&[&a])),
        ("on=2021-03-01".into(), of(&[&a, &b, &c])),
        ("on=2022-01-01".into(), of(&[&a, &c])),
        ("on=2023-10-27".into(), of(&[&a, &c])),
        ("on=2023-10-28".into(), vec![]),
        ("sort=-signed_on&status=signed".into(), of(&[&c, &a])),
    ] {
        assert_eq!(walk_as(app, &format!("/v1/mous?limit=1&{query}"), Some(&admin)), found, "{query}");
    }
    assert_eq!(walk_as(app, "/v1/mous?limit=2&sort=signed_on", Some(&admin)), of(&[&a, &b, &c, &d]), "what is not signed stands last");
}

#[test]
fn the_list_and_the_record_agree_about_the_phase_on_any_day() {
    let table = Table::start();
    let app = &table.app;
    let admin = app.admin();
    let days = json!({"proposed_on": null, "agreed_on": null, "effective_from": "2020-11-01", "effective_until": "2021-03-01"});
    let made = [(); 6].map(|()| table.signed().with(days.clone()).create());
    table.decide(&made[1].id, &admin, json!({"to": "completed", "on": "2021-02-01"})).expect(200);
    table.decide(&made[2].id, &admin, json!({"to": "terminated", "on": "2020-10-30", "reason": "mất mùa"})).expect(200);
    table.decide(&made[3].id, &admin, json!({"to": "completed", "on": "2021-06-01"})).expect(200);
    table.signed().with(json!({"effective_from": null, "effective_until": null})).create();
    let draft = table.draft().create();
    table.decide(&draft.id, &admin, json!({"to": "cancelled", "on": "2020-12-01", "reason": "không đạt"})).expect(200);
    table.draft().create();
    let mut phases = BTreeSet::new();
    for day in [
        "2020-10-26",
        "2020-10-27",
        "2020-10-30",
        "2020-11-01",
        "2020-12-01",
        "2021-02-01",
        "2021-03-01",
        "2021-03-02",
        "2021-06-01",
        "2026-11-23",
    ] {
        let all = app.get(&format!("/v1/mous?as_of={day}&limit=100")).key(&admin).send().expect(200).items();
        assert_eq!(all.len(), 9);
        for word in ["in_preparation", "not_yet_in_effect", "in_effect", "lapsed", "completed", "terminated", "cancelled"] {
            let shown: Vec<&str> = all.iter().filter(|item| item["phase"] == word).map(|item| item["id"].as_str().unwrap()).collect();
            let listed = walk_as(app, &format!("/v1/mous?as_of={day}&phase={word}&limit=100"), Some(&admin));
            assert_eq!(listed, shown, "{word} on {day}");
            if !shown.is_empty() {
                phases.insert(word);
            }
        }
    }
    assert_eq!(phases.len(), 7, "every phase occurred");
}

#[test]
fn an_organisation_that_signed_is_not_deleted_nor_loses_the_profile() {
    let table = Table::start();
    let app = &table.app;
    let mou = table.signed().create();
    let refused =
        app.delete(&format!("/v1/organisations/{}", table.producer.id), &table.producer.etag).key(&app.admin()).send().expect(409);
    assert_eq!(refused.json()["references"], json!([{"collection": "mous", "ids": [mou.id]}]));
    app.delete(&table.producer.path, &table.producer.etag).key(&app.admin()).send().expect(409);
}

#[test]
fn a_memorandum_of_many_parties_and_commitments_keeps_their_order() {
    let table = Table::start();
    let app = &table.app;
    let producers: Vec<Record> = (0..12).map(|n| a_producer(app).named(&format!("Hợp tác xã {n}")).create()).collect();
    let mut draft = a_mou(app);
    for producer in producers.iter().rev() {
        draft = draft.of_producer(producer);
    }
    let commitments: Vec<Value> =
        (0..200).map(|n| json!({"description": format!("mặt hàng {n}"), "quantity": "1", "unit": "KG", "period": "total"})).collect();
    let mou = draft.with_buyer(&table.buyer).with(json!({"commitments": commitments})).create();
    let names: Vec<&str> = mou.json["parties"].as_array().unwrap().iter().map(|party| party["name"].as_str().unwrap()).collect();
    assert_eq!(names[0], "Hợp tác xã 11");
    let read = app.get(&mou.path).key(&app.admin()).send().json();
    assert_eq!(read, mou.json);
    assert_eq!(read["commitments"][199]["description"], "mặt hàng 199");
}

#[test]
fn a_commitment_names_a_product_that_there_is() {
    let table = Table::start();
    let app = &table.app;
    let product = a_product(app, &table.producer).create();
    let mou = table.signed().committing(&product, "12.5", "tấn", "month").create();
    assert_eq!(
        mou.json["commitments"][0],
        json!({"product_id": product.id, "quantity": "12.5", "unit": "TAN", "period": "month", "starts_on": "2021-01-01", "ends_on": "2021-12-31"})
    );
    let refused = app.delete(&product.path, &product.etag).key(&app.admin()).send().expect(409);
    assert_eq!(refused.json()["references"], json!([{"collection": "mous", "ids": [mou.id]}]));
}
