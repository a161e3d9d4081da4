//! What signed memoranda promise a demand: it is not asked for again, and who sees how much that is.

use super::*;
use crate::support::Response;

/// 12 kg a carton of dried shallots of another cooperative, which offers 9 t a month without a least order.
fn another_offer(fair: &Fair) -> (Record, Record, Record) {
    let other = a_producer(&fair.app).named("Hợp tác xã Vĩnh Phước").create();
    let pack = json!({"group": "QD26-2026/I.1.a", "pack": {"unit": "THUNG", "content_quantity": "12", "content_unit": "KG"}});
    let product = a_product(&fair.app, &other).named("Hành tím sấy").with(pack).create();
    let offer = an_offer(&fair.app, &product).with(json!({"quantity": "9", "minimum_order": null, "minimum_order_unit": null})).create();
    (other, product, offer)
}

/// A memorandum of `producer` with the fair's buyer, signed on 1 November 2026, with one commitment for January to March 2027.
fn signed<'a>(fair: &'a Fair, producer: &Record, commitment: Value) -> Draft<'a> {
    let mut whole = json!({"quantity": "2", "unit": "TAN", "period": "month", "starts_on": "2027-01-01", "ends_on": "2027-03-31"});
    whole.as_object_mut().unwrap().extend(commitment.as_object().unwrap().clone());
    a_mou(&fair.app).of_producer(producer).with_buyer(&fair.buyer).with(json!({
        "proposed_on": "2026-10-01", "agreed_on": "2026-10-15", "signed_on": "2026-11-01", "effective_from": "2026-11-01",
        "effective_until": "2027-12-31", "commitments": [whole]
    }))
}

fn propose(fair: &Fair) -> Response {
    fair.app.post(&format!("{}/matches/{}/propose", fair.demand.path, fair.offer.id), json!({})).key(&fair.app.admin()).send()
}

/// How much of the fair's demand a caller is told to be needed still, from the demand's side and from the offer's.
fn left(fair: &Fair, key: Option<&str>) -> Value {
    let pair = fair.pair(key);
    let found = fair.ask(&format!("{}/matches", fair.offer.path), key);
    assert_eq!(found["items"][0]["demand"]["left_base"], pair["demand"]["left_base"]);
    assert_eq!(found["items"][0]["parts"], pair["parts"]);
    pair["demand"].get("left_base").cloned().unwrap_or_default()
}

// 5 t a month are needed, of which 2 t are signed with another: 3 t are left, and when these are signed too, nothing.
#[test]
fn what_is_signed_for_a_demand_is_not_asked_for_again() {
    let fair = a_fair();
    let (other, product, offer) = another_offer(&fair);
    assert_eq!(left(&fair, None), Value::Null);
    let first = signed(&fair, &other, json!({"offer_id": offer.id, "demand_id": fair.demand.id})).create();
    let read = fair.app.get(&first.path).key(&fair.app.admin()).send().expect(200).json();
    assert_eq!(read["commitments"][0]["product_id"], product.id.as_str(), "of the offer's product");

    assert_eq!(left(&fair, None), json!({"quantity": "3000", "unit": "KG"}));
    let pair = fair.pair(None);
    let quantity = pair["constraints"].as_array().unwrap().iter().find(|one| one["code"] == "quantity").unwrap();
    assert_eq!(quantity["needed"]["quantity_base"], json!({"quantity": "3000", "unit": "KG"}));
    assert_eq!(pair["demand"]["quantity_base"], json!({"quantity": "5000", "unit": "KG"}), "the demand is shown as it was registered");
    assert_eq!(fair.matches()["items"][0]["parts"], pair["parts"]);
    // Before it was signed all was needed.
    let in_october = fair.ask(&format!("{}/matches/{}?as_of=2026-10-31", fair.demand.path, fair.offer.id), None);
    assert_eq!(in_october["demand"].get("left_base"), None);

    let draft = propose(&fair).expect(201);
    let commitment = draft.json()["commitments"][0].clone();
    assert_eq!(
        (&commitment["quantity"], &commitment["demand_id"], &commitment["offer_id"]),
        (&json!("3000"), &json!(fair.demand.id), &json!(fair.offer.id))
    );
    let path = draft.header("Location").unwrap().to_owned();
    let decide = |to: Value| drop(fair.app.post(&format!("{path}/transitions"), to).key(&fair.app.admin()).send().expect(200));
    for to in ["proposed", "agreed", "signed"] {
        assert_eq!(left(&fair, None), json!({"quantity": "3000", "unit": "KG"}), "a draft promises nothing");
        decide(json!({"to": to}));
    }
    let met = fair.matches();
    assert_eq!((&met["considered"], &met["note"]["code"]), (&json!(0), &json!("demand_met")));
    let pair = fair.pair(None);
    assert_eq!((&pair["demand_is_open"], &pair["eligible"], &pair["mendable"]), (&json!(false), &json!(false), &json!(false)));
    assert_eq!((&pair["what_if"], &pair["note"]["code"]), (&json!([]), &json!("demand_met")));
    assert_eq!(pair["demand"]["left_base"], json!({"quantity": "0", "unit": "KG"}));
    let refused = propose(&fair).expect(409);
    assert_eq!(refused.problem_code(), "not_eligible");
    assert!(refused.json()["detail"].as_str().unwrap().starts_with("Signed memoranda promise all"), "{}", refused.json());
    let ready = fair.ask(&format!("/v1/producers/{}/readiness", fair.producer.id), None);
    assert_eq!(ready["open"], 0);

    // Ended before its time, it promises nothing any more.
    decide(json!({"to": "terminated", "reason": "Mất mùa"}));
    assert_eq!(left(&fair, None), json!({"quantity": "3000", "unit": "KG"}));
    propose(&fair).expect(201);
}

// 1,234 kg of January are promised, of 5 t: 3,766 kg are left, of which strangers are told 3,800.
#[test]
fn how_much_is_promised_to_a_demand_is_for_its_buyer_and_officers() {
    let fair = a_fair();
    let (other, _, offer) = another_offer(&fair);
    fair.change(&fair.demand, json!({"months": [1], "ends_on": "2027-01-31"}));
    signed(&fair, &other, json!({"offer_id": offer.id, "demand_id": fair.demand.id, "quantity": "1234", "unit": "KG"})).create();
    let app = &fair.app;
    let strangers = [None, Some(app.producer(&fair.producer)), Some(app.officer("92")), Some(app.partner())];
    for key in strangers {
        assert_eq!(left(&fair, key.as_deref()), json!({"quantity": "3800", "unit": "KG"}));
        let request = app.get(&fair.demand.path);
        let read = match &key {
            None => request.send(),
            Some(key) => request.key(key).send(),
        };
        assert_eq!(read.expect(200).json().get("promised"), None);
    }
    for key in [app.buyer(&fair.buyer), app.officer("79"), app.auditor(), app.admin()] {
        assert_eq!(left(&fair, Some(&key)), json!({"quantity": "3766", "unit": "KG"}));
        let read = app.get(&fair.demand.path).key(&key).send().expect(200).json();
        assert_eq!(read["promised"], json!([{"month": "2027-01", "quantity": "1234", "unit": "KG"}]));
    }
    let path = format!("{}/matches/{}/propose?validate_only=true", fair.demand.path, fair.offer.id);
    let would = |key: &str| app.post(&path, json!({})).key(key).send().expect(200).json()["commitments"][0]["quantity"].clone();
    assert_eq!((would(&app.producer(&fair.producer)), would(&app.buyer(&fair.buyer))), (json!("3800"), json!("3766")));
}

// 100 cartons of 12 kg a month; then 120 kg in all of March; then something in litres, which meets nothing.
#[test]
fn what_is_promised_counts_by_its_pack_and_period_and_another_process_knows() {
    let fair = a_fair();
    let (other, _, offer) = another_offer(&fair);
    let of = |change: Value| {
        let mut commitment = json!({"demand_id": fair.demand.id, "offer_id": offer.id});
        commitment.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        signed(&fair, &other, commitment).create()
    };
    of(json!({"quantity": "100", "unit": "THUNG"}));
    of(json!({"quantity": "120", "unit": "KG", "period": "total", "starts_on": "2027-03-01"}));
    of(json!({"quantity": "9", "unit": "L"}));
    // Of the demand, and of no product that the register has.
    signed(&fair, &other, json!({"demand_id": fair.demand.id, "description": "hành tím loại 2", "quantity": "80", "unit": "KG"})).create();
    let told = |app: &TestApp| {
        let read = app.get(&fair.demand.path).key(&app.admin()).send().expect(200).json();
        let months: Vec<String> =
            read["promised"].as_array().unwrap().iter().map(|one| one["quantity"].as_str().unwrap().to_owned()).collect();
        let pair = ask(app, &format!("{}/matches/{}", fair.demand.path, fair.offer.id), Some(&app.admin()));
        (months, pair["demand"]["left_base"]["quantity"].clone())
    };
    let expected = (["1280", "1280", "1400"].map(str::to_owned).to_vec(), json!("3720"));
    assert_eq!(told(&fair.app), expected);
    if let Some(second) = fair.app.second_server() {
        assert_eq!(told(&second), expected);
    }
    fair.app.index().rebuild().unwrap();
    assert_eq!(told(&fair.app), expected);
}

#[test]
fn a_commitment_names_an_offer_and_a_demand_of_its_parties() {
    let fair = a_fair();
    let (other, product, offer) = another_offer(&fair);
    let faults = |producer: &Record, commitment: Value| {
        let body = signed(&fair, producer, commitment).into_body();
        fair.app.post("/v1/mous", body).key(&fair.app.admin()).send().expect(422).fault_codes()
    };
    let fault = |member: &str, code: &str| vec![(format!("/commitments/0/{member}"), code.to_owned())];
    assert_eq!(faults(&other, json!({"offer_id": "ofr_0"})), fault("offer_id", "unknown_reference"));
    assert_eq!(faults(&other, json!({"demand_id": "dmd_0", "description": "hành"})), fault("demand_id", "unknown_reference"));
    assert_eq!(faults(&fair.producer, json!({"offer_id": offer.id})), fault("offer_id", "not_a_party"));
    assert_eq!(faults(&fair.producer, json!({"offer_id": fair.offer.id, "product_id": product.id})), fault("product_id", "other_product"));
    let of_another = onions_wanted(&fair.app, &a_buyer(&fair.app).named("Chuỗi cửa hàng Sen Xanh").create()).create();
    assert_eq!(faults(&other, json!({"offer_id": offer.id, "demand_id": of_another.id})), fault("demand_id", "not_a_party"));
    // Who signs as a buyer makes nothing, and who signs as a producer needs nothing.
    let both = a_producer(&fair.app).named("Công ty chế biến Tân Long").with(json!({"buyer": {"kind": "processor"}})).create();
    let of_both = onions_wanted(&fair.app, &both).create();
    assert_eq!(faults(&both, json!({"description": "hành", "demand_id": of_both.id})), fault("demand_id", "not_a_party"));
    let named = signed(&fair, &other, json!({"offer_id": offer.id, "product_id": product.id, "demand_id": fair.demand.id})).create();

    // What is named stays of its product and of its buyer.
    let admin = fair.app.admin();
    let another = a_product(&fair.app, &other).named("Hành lá").create();
    for (record, change) in [(&offer, json!({"product_id": another.id})), (&fair.demand, json!({"buyer_id": both.id}))] {
        let etag = fair.app.get(&record.path).key(&admin).send().expect(200).etag();
        let refused = fair.app.patch(&record.path, &etag, change).key(&admin).send().expect(409);
        assert_eq!(refused.json()["references"], json!([{"collection": "mous", "ids": [named.id]}]));
    }
    fair.change(&offer, json!({"quantity": "8"}));
    fair.change(&fair.demand, json!({"title": "Hành tím cho Tết 2027"}));
}

#[test]
fn who_sees_commitments_finds_the_memoranda_of_a_demand_or_an_offer() {
    let fair = a_fair();
    let (other, _, offer) = another_offer(&fair);
    let app = &fair.app;
    let whole = signed(&fair, &other, json!({"offer_id": offer.id, "demand_id": fair.demand.id})).create();
    let draft = propose(&fair).expect(201).json()["id"].as_str().unwrap().to_owned();
    let find = |filter: String, key: Option<&str>| {
        let request = app.get(&format!("/v1/mous?{filter}"));
        match key {
            None => request.send().expect(200).ids(),
            Some(key) => request.key(key).send().expect(200).ids(),
        }
    };
    let (of_demand, of_offer) = (format!("demand={}", fair.demand.id), format!("offer={}", offer.id));
    for key in [app.admin(), app.buyer(&fair.buyer), app.officer("79")] {
        assert_eq!(find(of_demand.clone(), Some(&key)), [whole.id.clone(), draft.clone()]);
        assert_eq!(find(of_offer.clone(), Some(&key)), std::slice::from_ref(&whole.id));
    }
    let producer = app.producer(&fair.producer);
    assert_eq!(find(of_demand.clone(), Some(&producer)), std::slice::from_ref(&draft));
    assert_eq!(find(of_offer.clone(), Some(&producer)), Vec::<String>::new());
    let stranger = a_producer(app).named("Người lạ").in_province("01").create();
    for key in [None, Some(app.producer(&stranger)), Some(app.partner())] {
        assert_eq!(find(of_demand.clone(), key.as_deref()), Vec::<String>::new());
        assert_eq!(find(of_offer.clone(), key.as_deref()), Vec::<String>::new());
    }

    // What a memorandum names stays.
    let delete = |path: &str| {
        let etag = app.get(path).key(&app.admin()).send().expect(200).etag();
        app.delete(path, &etag).key(&app.admin()).send()
    };
    let refused = delete(&offer.path).expect(409);
    assert_eq!(refused.json()["references"], json!([{"collection": "mous", "ids": [whole.id]}]));
    assert_eq!(delete(&fair.demand.path).expect(409).problem_code(), "in_use");
    assert_eq!(delete(&fair.offer.path).expect(409).json()["references"], json!([{"collection": "mous", "ids": [draft]}]));
    delete(&format!("/v1/mous/{draft}")).expect(204);
    delete(&fair.offer.path).expect(204);
}

// Of 10 t a month all but 1 t is promised in February and March: who supplies in these months brings 2 of 2 t, and has to take
// orders of 1 t.
#[test]
fn a_pair_is_judged_by_what_is_left_in_each_month() {
    let fair = a_fair();
    let (other, _, offer) = another_offer(&fair);
    fair.change(&fair.demand, json!({"quantity": "10"}));
    signed(&fair, &other, json!({"offer_id": offer.id, "demand_id": fair.demand.id, "quantity": "9", "starts_on": "2027-02-01"})).create();
    fair.change(&fair.offer, json!({"quantity": "12", "months": [2, 3], "minimum_order": "2", "minimum_order_unit": "TAN"}));
    let missed = fair.matches();
    assert_eq!((offers(&missed, "items"), offers(&missed, "near_misses")), (vec![], vec![fair.offer.id.clone()]));
    let mend = &missed["near_misses"][0]["what_if"][0];
    assert_eq!((&mend["code"], &mend["quantity_base"]), (&json!("minimum_order"), &json!({"quantity": "1000", "unit": "KG"})));
    fair.change(&fair.offer, json!({"minimum_order": "1"}));
    let found = fair.matches();
    assert_eq!(offers(&found, "items"), std::slice::from_ref(&fair.offer.id));
    let volume = part(&found["items"][0], "volume");
    assert_eq!((&volume["value"], &volume["of"]), (&json!("2000"), &json!("2000")));
    assert_eq!(found["items"][0]["parts"], fair.pair(None)["parts"]);
    let draft = propose(&fair).expect(201).json();
    assert_eq!(draft["commitments"].as_array().unwrap().len(), 1);
    assert_eq!((&draft["commitments"][0]["quantity"], &draft["commitments"][0]["starts_on"]), (&json!("1000"), &json!("2027-02-01")));
}

// What is stated more finely than a gram counts as the next gram; beyond its effect a memorandum promises nothing; and what was
// fulfilled early is not needed again, though the offer is free.
#[test]
fn what_is_fine_lapsed_or_fulfilled_is_counted_as_it_should() {
    let fair = a_fair();
    let (other, _, offer) = another_offer(&fair);
    let of = |change: Value| {
        let mut commitment = json!({"demand_id": fair.demand.id, "offer_id": offer.id});
        commitment.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        signed(&fair, &other, commitment)
    };
    let told = |record: &Record| {
        let read = fair.app.get(&record.path).key(&fair.app.admin()).send().expect(200).json();
        let months = read["promised"].as_array().unwrap().iter();
        months.map(|one| format!("{} {}", one["month"].as_str().unwrap(), one["quantity"].as_str().unwrap())).collect::<Vec<_>>()
    };
    let left = || left(&fair, Some(&fair.app.admin()));
    let fine = of(json!({"quantity": "900000.5", "unit": "G", "starts_on": "2027-03-01"})).create();
    assert_eq!(told(&fair.demand), ["2027-03 900.001"]);
    let lapses = of(json!({"quantity": "6", "period": "total"})).with(json!({"effective_until": "2027-02-14"})).create();
    let promised = ["2027-01 2000", "2027-02 2000", "2027-03 900.001"];
    assert_eq!((told(&fair.demand), told(&offer)), (promised.map(str::to_owned).to_vec(), promised.map(str::to_owned).to_vec()));
    assert_eq!(left(), json!({"quantity": "4099.999", "unit": "KG"}));
    for record in [&fine, &lapses] {
        fair.app.post(&format!("{}/transitions", record.path), json!({"to": "completed"})).key(&fair.app.admin()).send().expect(200);
    }
    assert_eq!((told(&fair.demand), told(&offer)), (promised.map(str::to_owned).to_vec(), vec![]));
    assert_eq!(left(), json!({"quantity": "4099.999", "unit": "KG"}));
    fair.app.index().rebuild().unwrap();
    assert_eq!(left(), json!({"quantity": "4099.999", "unit": "KG"}));
}

// Of 3 t a month a half is promised in February: alone one brings 1.5 t then, which is no order of 2 t.
#[test]
fn a_single_supplier_brings_each_month_what_is_left_of_it() {
    let fair = a_fair();
    let (other, _, offer) = another_offer(&fair);
    fair.change(&fair.demand, json!({"quantity": "3", "suppliers_at_most": 1}));
    let february = json!({"starts_on": "2027-02-01", "ends_on": "2027-02-28", "quantity": "1.5"});
    let mut commitment = json!({"offer_id": offer.id, "demand_id": fair.demand.id});
    commitment.as_object_mut().unwrap().extend(february.as_object().unwrap().clone());
    signed(&fair, &other, commitment).create();
    fair.change(&fair.offer, json!({"minimum_order": "2", "minimum_order_unit": "TAN"}));
    let missed = fair.matches();
    assert_eq!(offers(&missed, "near_misses"), std::slice::from_ref(&fair.offer.id));
    assert_eq!(missed["near_misses"][0]["what_if"][0]["quantity_base"], json!({"quantity": "1500", "unit": "KG"}));
    propose(&fair).expect(409);
    fair.change(&fair.offer, json!({"minimum_order": "1.5"}));
    let draft = propose(&fair).expect(201).json();
    let quantities: Vec<&str> = draft["commitments"].as_array().unwrap().iter().map(|one| one["quantity"].as_str().unwrap()).collect();
    assert_eq!(quantities, ["3000", "1500", "3000"]);
}
