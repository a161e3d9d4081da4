//! Whose a record is, in every operation that asks; and that what a caller may not see makes no difference to any answer.

use crate::support::document::{collections, operations};
use crate::support::{
    Record, Request, TestApp, Value, a_buyer, a_certificate, a_demand, a_facility, a_mou, a_producer, a_product, an_event, an_offer, json,
    seeds,
};
use cungcau::access::Role;
use cungcau::access::table::{QUESTIONS, Rule, TABLE, rule};
use std::collections::{BTreeSet, HashMap};

/// One request of an operation, about a record of `owner`'s in `province`.
struct Case {
    operation: String,
    method: &'static str,
    path: String,
    body: Value,
    etag: Option<String>,
    owner: String,
    province: &'static str,
    /// The same about a record that does not exist.
    nowhere: Option<String>,
}

impl Case {
    fn ask<'a>(&self, app: &'a TestApp, path: &str) -> Request<'a> {
        // One id for all, so that bodies can be compared letter by letter.
        let request = app.request(self.method, path).json(&self.body).header("X-Request-Id", "same");
        match &self.etag {
            Some(etag) => request.header("If-Match", etag),
            None => request,
        }
    }
}

/// Every request by which a record of each collection is made.
fn makings(app: &TestApp) -> Vec<Case> {
    let mut cases = Vec::new();
    for collection in collections() {
        let seed = seeds(app, &collection, 1).remove(0);
        let owner = seed.owner.clone().unwrap_or_default();
        let body = match collection.as_str() {
            // Stars are an officer's to state, whosever the product is.
            "certificates" => {
                let workshop = a_facility(app, &owner).create();
                a_certificate(app, "HACCP", &owner).with(json!({"subject": "facility", "facility_id": workshop.id})).into_body()
            }
            _ => seed.body,
        };
        let by_ref = format!("/v1/{collection}/by-ref/a-script/{collection}?validate_only=true");
        for (method, path, body) in [
            ("POST", format!("/v1/{collection}?validate_only=true"), body.clone()),
            ("POST", format!("/v1/{collection}/batch?validate_only=true&on_error=skip"), json!({"items": [body]})),
            ("PUT", by_ref, body),
        ] {
            let operation = crate::support::document::operation_of(method, &path).unwrap().id.clone();
            let (owner, province) = (owner.clone(), seed.province);
            cases.push(Case { operation, method, path, body, etag: None, owner, province, nowhere: None });
        }
    }
    cases
}

/// Every request that changes a record which is there.
fn changes(app: &TestApp) -> Vec<Case> {
    let mut cases = Vec::new();
    for collection in collections() {
        let seed = seeds(app, &collection, 1).remove(0);
        let owner = seed.owner.unwrap_or_default();
        let prefix = seed.record.id.split('_').next().unwrap();
        let case = |method: &'static str, tail: &str, body: Value| {
            let path = format!("{}{tail}?validate_only=true", seed.record.path);
            let operation = crate::support::document::operation_of(method, &path).unwrap().id.clone();
            let nowhere = Some(format!("/v1/{collection}/{prefix}_00000000000000000000000000{tail}?validate_only=true"));
            Case {
                operation,
                method,
                path,
                body,
                etag: Some(seed.record.etag.clone()),
                owner: owner.clone(),
                province: seed.province,
                nowhere,
            }
        };
        cases.push(Case { etag: Some(seed.record.etag.clone()), ..case("PATCH", "", json!({})) });
        cases.push(case("DELETE", "", Value::Null));
        match collection.as_str() {
            "organisations" => {
                cases.push(case("PUT", "/producer", json!({"kind": "cooperative"})));
                cases.push(case("PUT", "/buyer", json!({"kind": "supermarket"})));
                cases.push(case("PUT", "/agency", json!({"kind": "department_of_industry_and_trade"})));
            }
            "mous" => {
                cases.push(case("POST", "/transitions", json!({"to": "proposed", "on": "2026-11-23"})));
                cases.push(case("POST", "/notes", json!({"on": "2026-11-23", "text": "Đã gặp nhau."})));
            }
            "offers" | "demands" => cases.push(case("POST", "/close", json!({"on": "2026-11-23", "reason": "Đã bán hết"}))),
            _ => {}
        }
    }
    cases
}

/// A demand that is tried out, and a draft of what a match comes to.
fn matched(app: &TestApp) -> Vec<Case> {
    let (producer, buyer) = (a_producer(app).create(), a_buyer(app).create());
    let product = a_product(app, &producer).create();
    let (offer, demand) = (an_offer(app, &product).create(), a_demand(app, &buyer).create());
    let propose = format!("{}/matches/{}/propose?validate_only=true", demand.path, offer.id);
    let preview = a_demand(app, &buyer).into_body();
    let case = |operation: &str, path: String, body: Value, owner: &Record, province| Case {
        operation: operation.into(),
        method: "POST",
        path,
        body,
        etag: None,
        owner: owner.id.clone(),
        province,
        nowhere: None,
    };
    vec![
        case("preview_matches", "/v1/matches/preview".into(), preview, &buyer, "79"),
        case("propose_mou", propose.clone(), json!({}), &producer, "92"),
        case("propose_mou", propose, json!({}), &buyer, "79"),
    ]
}

/// Contacts that everybody sees.
fn contacts(app: &TestApp) -> Vec<Case> {
    let producer = a_producer(app).create();
    let contact = crate::contacts::make(app, &producer, crate::contacts::a_mailbox());
    let list = format!("/v1/organisations/{}/contacts", producer.id);
    let case = |operation: &str, method, path: String, body: Value| Case {
        operation: operation.into(),
        method,
        path,
        body,
        etag: Some("*".into()),
        owner: producer.id.clone(),
        province: "92",
        nowhere: Some(format!("{list}/cnt_00000000000000000000000000/history")),
    };
    vec![
        case("create_contact", "POST", format!("{list}?validate_only=true"), crate::contacts::a_mailbox()),
        case("patch_contact", "PATCH", format!("{contact}?validate_only=true"), json!({})),
        case("delete_contact", "DELETE", format!("{contact}?validate_only=true"), Value::Null),
        case("list_contact_history", "GET", format!("{contact}/history"), Value::Null),
    ]
}

#[test]
fn every_operation_asks_whose_the_record_is() {
    let app = TestApp::start();
    let stranger = a_buyer(&app).named("Người lạ").in_province("01@2020-10-27").create();
    let cases: Vec<Case> = makings(&app).into_iter().chain(changes(&app)).chain(matched(&app)).chain(contacts(&app)).collect();
    let (rows, head) = (app.rows(), app.log_head());
    let mut keys: HashMap<(&str, String), String> = HashMap::new();
    for case in &cases {
        let has_owner = !case.owner.is_empty();
        let owner = if has_owner { &case.owner } else { &stranger.id };
        for (role, acts_for, own) in [
            (Role::Producer, owner.as_str(), has_owner),
            (Role::Producer, &stranger.id, false),
            (Role::Buyer, owner, has_owner),
            (Role::Buyer, &stranger.id, false),
            (Role::Officer, case.province, true),
            (Role::Officer, "01", false),
            (Role::Auditor, "", false),
            (Role::Partner, "", false),
            (Role::Admin, "", false),
        ] {
            let key = keys.entry((role.as_str(), acts_for.to_owned())).or_insert_with(|| match role {
                Role::Producer => app.producer(acts_for),
                Role::Buyer => app.buyer(acts_for),
                Role::Officer => app.officer(acts_for),
                Role::Auditor => app.auditor(),
                Role::Partner => app.partner(),
                Role::Admin => app.admin(),
            });
            let key = key.as_str();
            let answer = case.ask(&app, &case.path).key(key).send();
            // A batch says of each item what became of it.
            let status = match answer.json_or_null()["results"][0]["status"].as_u64() {
                Some(status) => u16::try_from(status).unwrap(),
                None => answer.status,
            };
            let what = format!("{} as {role:?}, own: {own}: {} {}", case.operation, answer.status, answer.text);
            match (rule(&case.operation, Some(role)).unwrap(), own) {
                (Rule::Allow, _) | (Rule::Own | Rule::OwnElseHide, true) => {
                    assert!(!matches!(status, 401 | 403 | 404 | 500..), "{what}");
                }
                (Rule::Own | Rule::Deny, _) => assert_eq!(status, 403, "{what}"),
                (Rule::OwnElseHide | Rule::Hide, _) => {
                    assert_eq!(status, 404, "{what}");
                    let nowhere = case.nowhere.as_ref().unwrap_or_else(|| panic!("{what}: what of a record that is not there?"));
                    let random = case.ask(&app, nowhere).key(key).send();
                    assert_eq!((answer.status, &answer.text), (random.status, &random.text), "{what}");
                    assert_eq!(answer.header("ETag"), None, "{what}");
                }
            }
        }
    }
    // The callers' keys are all that is new.
    assert!(app.changes_after(head).iter().all(|change| change.entity == "key"));
    let changed: Vec<_> = app.rows().into_iter().filter(|row| rows.get(row.0) != Some(&row.1)).map(|row| row.0).collect();
    assert_eq!(changed, ["changes", "keys"]);

    let asks = |rules: &[Rule; 7]| rules.iter().any(|rule| matches!(rule, Rule::Own | Rule::OwnElseHide));
    let tried: BTreeSet<&str> = cases.iter().map(|case| case.operation.as_str()).collect();
    // Keys are each its own: `keys` tries them. Questions have their tests among the mous. Steps of introductions belong to
    // one side each, and what is shown of a person is noted: these are tried where they are tested.
    let elsewhere = ["keys", "introductions", "personal-data"];
    let untried: Vec<&str> = TABLE
        .iter()
        .filter(|(operation, area, rules)| {
            asks(rules) && !elsewhere.contains(area) && !QUESTIONS.contains(operation) && !tried.contains(operation)
        })
        .map(|(operation, ..)| *operation)
        .filter(|operation| *operation != "disclose_contact")
        .collect();
    assert!(untried.is_empty(), "operations whose ownership nobody tries: {untried:?}");
}

#[test]
fn a_key_of_any_role_sees_and_replaces_itself_alone() {
    let app = TestApp::start();
    let producer = a_producer(&app).create();
    let other = format!("key_{}", app.auditor().split('_').nth(2).unwrap());
    for (role, key) in [
        (Role::Producer, app.producer(&producer)),
        (Role::Buyer, app.buyer(&producer)),
        (Role::Officer, app.officer("92")),
        (Role::Partner, app.partner()),
    ] {
        let own = format!("key_{}", key.split('_').nth(2).unwrap());
        for (method, tail, body) in
            [("GET", "", None), ("POST", "/rotate", Some(json!({}))), ("POST", "/revoke", Some(json!({"reason": "x"})))]
        {
            let ask = |id: &str, query: &str| {
                let request = app.request(method, &format!("/v1/keys/{id}{tail}{query}")).header("X-Request-Id", "same").key(&key);
                match &body {
                    Some(body) => request.json(body).send(),
                    None => request.send(),
                }
            };
            let (there, random) = (ask(&other, ""), ask("key_00000000000000000000000000", ""));
            assert_eq!((there.status, &there.text), (404, &random.text), "{role:?} {method} {tail}");
            if method == "GET" {
                ask(&own, "").expect(200);
            }
        }
    }
}

/// What was asked, its status, ETag and body.
type Read = (String, u16, Option<String>, String);

/// Every answer of reading that `who` gets, of lists in every order and with every facet, of records, histories and matches.
fn all_that_is_read(app: &TestApp, key: Option<&str>, ids: &[&str]) -> Vec<Read> {
    let mut paths = Vec::new();
    for operation in operations().iter().filter(|operation| operation.method == "GET" && operation.path.starts_with("/v1")) {
        let path = &operation.path.replace("{contact}", "cnt_00000000000000000000000000");
        if path.contains("{source}") {
            paths.push(path.replace("{source}", "a-script").replace("{ref}", "1"));
        } else if path.contains("{offer}") {
            for (demand, offer) in ids.iter().flat_map(|demand| ids.iter().map(move |offer| (demand, offer))) {
                if demand.starts_with("dmd_") && offer.starts_with("ofr_") {
                    paths.push(path.replace("{id}", demand).replace("{offer}", offer));
                }
            }
        } else if path.contains("{id}") {
            let prefix = match path.split('/').nth(2).unwrap() {
                "organisations" | "producers" | "buyers" | "agencies" => "org_",
                "products" => "prd_",
                "offers" => "ofr_",
                "demands" => "dmd_",
                "events" => "evt_",
                "mous" => "mou_",
                _ => continue,
            };
            for id in ids.iter().filter(|id| id.starts_with(prefix)) {
                paths.push(path.replace("{id}", id));
                if operation.takes("at") {
                    paths.push(format!("{}?at=2026-11-23T05:00:00Z", path.replace("{id}", id)));
                }
            }
        } else if !path.contains('{') && operation.id != "list_suggestions" {
            paths.push(path.clone());
            for parameter in operation.spec["parameters"].as_array().unwrap() {
                for word in parameter["schema"]["enum"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                    paths.push(format!("{path}?{}={word}", parameter["name"].as_str().unwrap()));
                }
            }
        }
    }
    for list in ["products", "offers"] {
        for query in [
            "q=gao",
            "q=gạo+st25",
            "offered=true",
            "price_at_most=50000",
            "price_at_most=20000",
            "quantity=1&unit=TAN",
            "sort=price",
            "sort=price&price_at_most=50000",
            "facets=stars,province,group,certificates,months,region,producer_kind",
        ] {
            paths.push(format!("/v1/{list}?{query}"));
        }
    }
    paths.extend(["/v1/suggest?q=gao", "/v1/suggest?q=bien", "/v1/suggest?q=sieu+thi"].map(str::to_owned));
    let ask = |path: String| {
        let request = app.get(&path).header("X-Request-Id", "same");
        // Not held against the document here: that takes longer than the answer, and every other test does.
        let request = if let Some(key) = key { request.key(key) } else { request };
        let answer = request.try_send().unwrap();
        (path, answer.status, answer.header("ETag").map(str::to_owned), answer.text)
    };
    paths.into_iter().map(ask).collect()
}

/// Compares answer by answer, so that a failure shows the one that differs.
#[track_caller]
fn assert_same(who: &str, one: Vec<Read>, other: Vec<Read>) {
    assert_eq!(one.len(), other.len());
    let answered = one.iter().filter(|(_, status, ..)| *status == 200).count();
    assert!(answered > 100, "{answered} of {} answers", one.len());
    for (one, other) in one.into_iter().zip(other) {
        assert_eq!(one, other, "{who}");
    }
}

/// Nobody, and keys that have no part in what the others do.
fn strangers(app: &TestApp) -> Vec<(&'static str, Option<String>)> {
    let stranger = a_producer(app).named("Người lạ").in_province("01@2020-10-27").create();
    vec![
        ("nobody", None),
        ("another producer", Some(app.producer(&stranger))),
        ("another buyer", Some(app.buyer(&stranger))),
        ("an officer of another province", Some(app.officer("01"))),
        ("a partner", Some(app.partner())),
    ]
}

#[test]
fn a_memorandum_that_is_not_signed_makes_no_difference_to_any_answer_for_strangers() {
    let app = TestApp::start();
    let (producer, buyer) = (a_producer(&app).create(), a_buyer(&app).create());
    let product = a_product(&app, &producer).create();
    let (offer, demand) = (an_offer(&app, &product).create(), a_demand(&app, &buyer).create());
    let event = an_event(&app).create();
    let strangers = strangers(&app);
    // What the first memorandum will be called is known: ids are numbers in a row here.
    let read = |mou: &str| {
        let ids = [&producer.id, &buyer.id, &product.id, &offer.id, &demand.id, &event.id].map(String::as_str);
        let ids: Vec<&str> = ids.into_iter().chain([mou]).collect();
        strangers.iter().map(|(who, key)| (*who, all_that_is_read(&app, key.as_deref(), &ids))).collect::<Vec<_>>()
    };
    let draft = || {
        let commitments = json!([{"product_id": product.id, "quantity": "12", "unit": "TAN", "period": "year"}]);
        a_mou(&app).draft().of_producer(&producer).with_buyer(&buyer).with(json!({"event_id": event.id, "commitments": commitments}))
    };
    // A first one that is deleted again gives the log's names something to say, before and after.
    let made = draft().create();
    let first = made.id.clone();
    app.delete(&made.path, &made.etag).key(&app.admin()).send().expect(204);
    let before = read(&first);
    let body = draft().into_body();
    let put = app.put("/v1/mous/by-ref/a-script/1", body).key(&app.admin()).send().expect(201);
    draft().create();
    let proposed = draft().create();
    app.post(&format!("{}/transitions", proposed.path), json!({"to": "proposed", "on": "2026-11-23"}))
        .key(&app.admin())
        .header("If-Match", &proposed.etag)
        .send()
        .expect(200);
    for ((who, before), (_, after)) in before.into_iter().zip(read(&first)) {
        assert_same(who, before, after);
    }
    for ((who, one), (_, random)) in read(&put.id()).into_iter().zip(read("mou_00000000000000000000000000")) {
        // The paths differ in the id alone.
        let without_id = |answers: Vec<Read>| {
            answers
                .into_iter()
                .map(|(path, status, etag, text)| (path.replace(&put.id(), "mou_00000000000000000000000000"), status, etag, text))
                .collect()
        };
        assert_same(who, without_id(one), random);
    }
}

/// What strangers read of a register with these prices; ids are numbers in a row, so that two of them differ in the amounts alone.
fn priced(visibility: &str, amount: &str, ceiling: &str) -> Vec<(&'static str, Vec<Read>)> {
    let app = TestApp::start();
    let price = |amount: &str| json!({"amount": amount, "currency": "VND", "per_unit": "KG", "basis": "delivered", "vat_included": true, "visibility": visibility});
    let (producer, buyer) = (a_producer(&app).create(), a_buyer(&app).create());
    let product = a_product(&app, &producer).create();
    let mut of_offer = price(amount);
    of_offer["as_of"] = json!("2026-11-20");
    let offer = an_offer(&app, &product).with(json!({"price": of_offer})).create();
    let demand = a_demand(&app, &buyer).with(json!({"price_ceiling": price(ceiling)})).create();
    let ids = [&producer.id, &buyer.id, &product.id, &offer.id, &demand.id].map(String::as_str);
    let strangers = strangers(&app);
    let of_admin = app.get(&offer.path).key(&app.admin()).send().expect(200).json();
    assert_eq!(of_admin["price"]["amount"], amount, "whoever may see it does");
    strangers.iter().map(|(who, key)| (*who, all_that_is_read(&app, key.as_deref(), &ids))).collect()
}

#[test]
fn hidden_prices_and_ceilings_make_no_difference_to_any_answer_for_strangers() {
    let (one, other) = (priced("hidden", "36000", "30000"), priced("hidden", "19000", "90000"));
    for ((who, one), (_, other)) in one.into_iter().zip(other) {
        assert_same(who, one, other);
    }
    // What everybody may see does make one: the answers that are compared tell of prices.
    let (one, other) = (priced("public", "36000", "30000"), priced("public", "19000", "90000"));
    for ((who, one), (_, other)) in one.into_iter().zip(other) {
        let paths: Vec<String> = one.into_iter().zip(other).filter(|(one, other)| one != other).map(|(one, _)| one.0).collect();
        for telling in ["/v1/offers?price_at_most=20000", "/v1/products?price_at_most=20000", "/matches", "/history", "/v1/demands"] {
            assert!(paths.iter().any(|path| path.contains(telling)), "{who}: {telling} tells nothing: {paths:?}");
        }
    }
}
