//! What a producer is ready for, and what each thing that it lacks costs it.

use super::*;

#[test]
fn a_producer_hears_what_it_is_ready_for_and_what_each_lack_costs() {
    let fair = a_fair();
    let wants = |change: Value| onions_wanted(&fair.app, &fair.buyer).with(change).create();
    wants(json!({"required_certificates": ["ISO22000"], "quantity": "3"}));
    wants(json!({"required_certificates": ["HACCP", "ISO22000"], "quantity": "2", "ends_on": "2027-02-28"}));
    wants(json!({"least_stars": 5, "quantity": "1"}));
    wants(json!({"text": "gạo"}));
    // Two lacks at once are nobody's price.
    wants(json!({"least_stars": 5, "required_certificates": ["ISO22000"]}));
    let found = fair.ask(&format!("/v1/producers/{}/readiness", fair.producer.id), None);
    assert_eq!(found["producer"]["id"], fair.producer.id.as_str());
    assert_eq!([&found["open"], &found["considered"], &found["served"]], [&json!(6), &json!(5), &json!(1)]);
    let unlocks = found["unlocks"].as_array().unwrap();
    assert_eq!(unlocks.len(), 2);
    assert_eq!((unlocks[0]["code"].as_str(), unlocks[0]["demands"].as_u64()), (Some("certificate"), Some(2)));
    assert_eq!(unlocks[0]["quantities"], json!([{"quantity": "5000", "unit": "KG"}]));
    assert_eq!(unlocks[0]["what_if"][0]["certificates"], json!(["ISO22000"]));
    assert_eq!(unlocks[0]["what_if"][0]["until"], "2027-03-31", "enough for both");
    assert_eq!((unlocks[1]["code"].as_str(), unlocks[1]["demands"].as_u64()), (Some("stars"), Some(1)));
    let onions = json!({"id": fair.product.id, "name": "Hành tím Vĩnh Châu"});
    assert_eq!(unlocks[0]["offers"], json!([{"id": fair.offer.id, "product": onions, "demands": 2}]));
    assert_eq!(unlocks[1]["offers"], json!([{"id": fair.offer.id, "product": onions, "demands": 1}]));
    // The paper comes, and the demands with it.
    a_certificate(&fair.app, "ISO22000", &fair.producer)
        .with(json!({"subject": "facility", "facility_id": fair.workshop.id}))
        .issued_on("2026-11-01")
        .valid_until("2027-03-31")
        .create();
    let found = fair.ask(&format!("/v1/producers/{}/readiness", fair.producer.id), None);
    assert_eq!((found["served"].as_u64(), found["unlocks"][0]["code"].as_str()), (Some(3), Some("stars")));
    assert_eq!(found["unlocks"][0]["demands"], 2);
}

#[test]
fn a_lack_names_the_offers_that_it_is_about_and_no_other() {
    let fair = a_fair();
    // One keeps shorter than is asked for, one does not say, and one long enough that stands apart by its months.
    fair.change(&fair.demand, json!({"minimum_remaining_shelf_life_days": 217}));
    fair.change(&fair.offer, json!({"remaining_shelf_life_days": 30}));
    let young = a_product(&fair.app, &fair.producer)
        .named("Hành tím non")
        .with(json!({"group": "QD26-2026/I.1.a", "shelf_life_days": null}))
        .create();
    an_ocop_certificate(&fair.app, &young)
        .stars(4)
        .with(json!({"number": "4-2025"}))
        .issued_on("2025-06-01")
        .valid_until("2028-06-01")
        .create();
    let silent = onions(&fair.app, &young).create();
    let other = onions(&fair.app, &fair.product).with(json!({"remaining_shelf_life_days": 300, "months": [6]})).create();
    let found = fair.ask(&format!("/v1/producers/{}/readiness", fair.producer.id), None);
    let of = |code: &str| -> Vec<String> {
        let unlock = found["unlocks"].as_array().unwrap().iter().find(|unlock| unlock["code"] == code).unwrap();
        unlock["offers"].as_array().unwrap().iter().map(|offer| offer["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(of("shelf_life"), [fair.offer.id.clone(), silent.id]);
    assert_eq!(of("months"), [other.id]);
}

// 300 kg of onions and 900 litres of juice: one is no more than the other.
#[test]
fn what_is_lacking_in_two_units_is_told_in_each() {
    let fair = a_fair();
    let juice =
        a_product(&fair.app, &fair.producer).named("Nước ép khóm").with(json!({"group": "QD26-2026/II.2.b", "pack": null})).create();
    let bare = json!({"price": null, "minimum_order": null, "minimum_order_unit": null, "months": [1, 2, 3], "delivers_to": null});
    an_offer(&fair.app, &juice).with(json!({"quantity": "50", "unit": "L"})).with(bare).create();
    fair.change(&fair.offer, json!({"quantity": "100", "unit": "KG", "minimum_order": null, "minimum_order_unit": null, "price": null}));
    let alone = json!({
        "suppliers_at_most": 1, "required_certificates": [], "preferred_certificates": [], "least_stars": null, "price_ceiling": null
    });
    fair.change(&fair.demand, alone.clone());
    fair.change(&fair.demand, json!({"quantity": "300", "unit": "KG"}));
    a_demand(&fair.app, &fair.buyer).with(json!({"text": "nước ép", "quantity": "900", "unit": "L"})).with(alone).create();
    let found = fair.ask(&format!("/v1/producers/{}/readiness", fair.producer.id), None);
    let unlocks = found["unlocks"].as_array().unwrap();
    let told: Vec<_> = unlocks.iter().map(|unlock| (&unlock["demands"], &unlock["what_if"][0]["quantity_base"])).collect();
    assert_eq!(
        told,
        [(&json!(1), &json!({"quantity": "900", "unit": "L"})), (&json!(1), &json!({"quantity": "300", "unit": "KG"}))],
        "{found}"
    );
}

#[test]
fn who_has_nothing_open_is_told_so() {
    let fair = a_fair();
    let note = || {
        let path = format!("/v1/producers/{}/readiness", fair.producer.id);
        let answer = fair.app.get(&path).header("Accept-Language", "vi").send().expect(200).json();
        answer.get("note").map(|note| (note["code"].clone(), note["text"].clone()))
    };
    assert_eq!(note(), None);
    fair.change(&fair.offer, json!({"available_until": "2027-01-31", "months": [8, 9]}));
    assert_eq!(note(), Some((json!("nothing_offered"), json!("Không có chào bán nào của chủ thể này đang mở."))));
}

#[test]
fn who_is_asked_for_nothing_is_told_so() {
    let fair = a_fair();
    fair.change(&fair.demand, json!({"text": "gạo", "group": null}));
    let path = format!("/v1/producers/{}/readiness", fair.producer.id);
    let answer = fair.app.get(&path).header("Accept-Language", "en").send().expect(200).json();
    assert_eq!((&answer["open"], &answer["considered"]), (&json!(1), &json!(0)));
    let note = &answer["note"];
    assert_eq!(
        (&note["code"], &note["text"]),
        (&json!("nothing_asked_for"), &json!("No open demand asks for the groups and the words of its products."))
    );
}
