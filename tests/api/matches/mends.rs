//! What just misses, and the least change that mends it.

use super::*;

/// A way to keep the offer from the demand, and to mend it by what the answer says.
struct Case {
    code: &'static str,
    of_offer: Value,
    of_demand: Value,
    mend: fn(&Fair, &Value),
}

fn patch_offer(fair: &Fair, change: Value) {
    fair.change(&fair.offer, change);
}

fn cases() -> Vec<Case> {
    let case = |code, of_offer, of_demand, mend| Case { code, of_offer, of_demand, mend };
    vec![
        case("stars", json!({}), json!({"least_stars": 5}), |fair, mend| {
            assert_eq!(
                (mend["stars"].as_u64(), mend["from"].as_str(), mend["until"].as_str()),
                (Some(5), Some("2027-01-01"), Some("2027-03-31"))
            );
            an_ocop_certificate(&fair.app, &fair.product)
                .stars(5)
                .with(json!({"number": "5-2026", "issuer": "Bộ Nông nghiệp và Môi trường", "issuer_level": "ministry"}))
                .issued_on("2026-11-01")
                .valid_until(mend["until"].as_str().unwrap())
                .create();
        }),
        case("certificate", json!({}), json!({"required_certificates": ["HACCP", "ISO22000"]}), |fair, mend| {
            assert_eq!(mend["certificates"], json!(["ISO22000"]));
            assert_eq!(mend["text"], "ISO 22000 food-safety management in force from 2027-01-01 to 2027-03-31 would be enough");
            a_certificate(&fair.app, "ISO22000", &fair.producer)
                .with(json!({"subject": "facility", "facility_id": fair.workshop.id}))
                .issued_on("2026-11-01")
                .valid_until(mend["until"].as_str().unwrap())
                .create();
        }),
        case("period", json!({"available_until": "2026-12-31", "months": [1, 2, 3, 12]}), json!({}), |fair, mend| {
            patch_offer(fair, json!({"available_until": mend["until"]}));
        }),
        case("months", json!({"months": [6, 12]}), json!({}), |fair, mend| {
            assert_eq!(mend["months"], json!([1]));
            patch_offer(fair, json!({"months": [6, 12, mend["months"][0]]}));
        }),
        // One supplier must be there in each of them.
        case("months", json!({"months": [1, 3, 12]}), json!({"suppliers_at_most": 1}), |fair, mend| {
            assert_eq!(mend["months"], json!([2]));
            patch_offer(fair, json!({"months": [1, 2, 3]}));
        }),
        case("minimum_order", json!({"minimum_order": "6", "minimum_order_unit": "TAN"}), json!({}), |fair, mend| {
            let least = &mend["quantity_base"];
            patch_offer(fair, json!({"minimum_order": least["quantity"], "minimum_order_unit": least["unit"]}));
        }),
        case("quantity", json!({"quantity": "4"}), json!({"suppliers_at_most": 1}), |fair, mend| {
            let least = &mend["quantity_base"];
            assert_eq!(least["quantity"], "5000");
            patch_offer(fair, json!({"quantity": least["quantity"], "unit": least["unit"]}));
        }),
        case("price", offered("50000", "public"), json!({}), |fair, mend| {
            assert_eq!(mend["price"]["amount"], "45000");
            patch_offer(fair, json!({"price": {"amount": mend["price"]["amount"]}}));
        }),
        case("delivery", json!({"delivers_to": ["79"]}), json!({}), |fair, mend| {
            patch_offer(fair, json!({"delivers_to": ["79", mend["provinces"][0]]}));
        }),
        case("shelf_life", json!({"remaining_shelf_life_days": 20}), json!({"minimum_remaining_shelf_life_days": 30}), |fair, mend| {
            patch_offer(fair, json!({"remaining_shelf_life_days": mend["days"]}));
        }),
    ]
}

#[test]
fn what_just_misses_is_told_with_the_least_change_and_that_change_mends_it() {
    for Case { code, of_offer, of_demand, mend } in cases() {
        let fair = a_fair();
        fair.change(&fair.offer, of_offer);
        fair.change(&fair.demand, of_demand);
        let found = fair.matches();
        assert_eq!((offers(&found, "items"), offers(&found, "near_misses")), (Vec::new(), vec![fair.offer.id.clone()]), "{code}");
        let missed = &found["near_misses"][0];
        assert_eq!(missed["blocked_by"].as_array().map(Vec::len), Some(1), "{missed}");
        let change = &missed["what_if"][0];
        assert_eq!((missed["blocked_by"][0]["code"].as_str(), change["code"].as_str()), (Some(code), Some(code)));
        let pair = fair.pair(None);
        let failing: Vec<&str> = pair["constraints"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one["passes"] == false)
            .map(|one| one["code"].as_str().unwrap())
            .collect();
        assert_eq!((failing, &pair["what_if"], &pair["mendable"]), (vec![code], &missed["what_if"], &json!(true)));
        mend(&fair, change);
        let mended = fair.matches();
        assert_eq!(offers(&mended, "items"), [fair.offer.id.as_str()], "{code}: {mended}");
        let pair = fair.pair(None);
        assert_eq!((&pair["eligible"], &pair["what_if"]), (&json!(true), &json!([])));
    }
}

// It ended a month ago and was not closed: lasting until January it would be on offer again.
#[test]
fn an_offer_that_is_over_is_mended_by_lasting_longer() {
    let fair = a_fair();
    let over = json!({"available_from": "2026-09-01", "available_until": "2026-10-31", "months": [1, 2, 3, 9, 10]});
    fair.change(&fair.offer, over);
    let pair = fair.pair(None);
    assert_eq!((&pair["offer_is_open"], &pair["eligible"], &pair["mendable"]), (&json!(false), &json!(false), &json!(true)));
    let change = &pair["what_if"][0];
    assert_eq!((&change["code"], &change["until"]), (&json!("period"), &json!("2027-01-01")));
    patch_offer(&fair, json!({"available_until": change["until"]}));
    assert_eq!(fair.pair(None)["eligible"], true);
    let admin = fair.app.admin();
    patch_offer(&fair, json!({"available_until": "2026-10-31"}));
    fair.app.post(&format!("{}/close", fair.offer.path), json!({})).key(&admin).send().expect(200);
    assert_eq!(fair.pair(None)["mendable"], false, "nothing opens what is closed");
}

// Nothing of its season is left until it ends: it is over as in lists, and another month opens it again.
#[test]
fn an_offer_without_a_month_left_is_over_and_is_mended_by_another_month() {
    let fair = a_fair();
    fair.change(&fair.offer, json!({"available_from": "2026-01-01", "available_until": "2027-01-31", "months": [8, 9]}));
    fair.app.set_clock("2026-12-01 05:00:00");
    let offer = || fair.app.get(&fair.offer.path).send().expect(200).json();
    assert_eq!(offer()["status"], "ended");
    let found = fair.matches();
    assert_eq!((found["considered"].as_u64(), &found["near_misses"]), (Some(0), &json!([])));
    let note =
        fair.app.get(&format!("{}/matches", fair.offer.path)).header("Accept-Language", "en").send().expect(200).json()["note"].clone();
    assert_eq!((&note["code"], &note["text"]), (&json!("offer_over"), &json!("No month in which it supplies is left.")));
    let pair = fair.pair(None);
    assert_eq!((&pair["offer_is_open"], &pair["eligible"], &pair["mendable"]), (&json!(false), &json!(false), &json!(true)));
    let change = &pair["what_if"][0];
    assert_eq!((&change["code"], &change["months"]), (&json!("months"), &json!([1])));
    let volume = pair["parts"].as_array().unwrap().iter().find(|part| part["criterion"] == "volume").unwrap();
    assert_eq!(volume["text"], "5,000 of 5,000 kg in the month that a change would open", "they have none in common");
    patch_offer(&fair, json!({"months": [1, 8, 9]}));
    assert_eq!((&offer()["status"], &fair.pair(None)["eligible"]), (&json!("open"), &json!(true)));
    assert_eq!(offers(&fair.matches(), "items"), [fair.offer.id.as_str()]);
}

// Offered to the end of February, and in January alone: a single supplier must be there on a day of March, and in two more months.
#[test]
fn where_it_takes_two_changes_neither_is_said_to_be_enough() {
    let fair = a_fair();
    fair.change(&fair.demand, json!({"suppliers_at_most": 1}));
    fair.change(&fair.offer, json!({"available_until": "2027-02-28", "months": [1]}));
    let pair = fair.pair(None);
    let changes = pair["what_if"].as_array().unwrap().iter().map(|change| (&change["code"], &change["text"])).collect::<Vec<_>>();
    assert_eq!(
        changes,
        [
            (&json!("months"), &json!("Offered until 2027-03-01 or later would be enough with the other change for this")),
            (&json!("months"), &json!("Offered in February, March as well would be enough with the other change for this")),
        ]
    );
    patch_offer(&fair, json!({"available_until": "2027-03-31"}));
    let pair = fair.pair(None);
    assert_eq!(pair["eligible"], false);
    assert_eq!(pair["what_if"][0]["text"], "Offered in February, March as well would be enough");
    patch_offer(&fair, json!({"months": [1, 2, 3]}));
    assert_eq!(fair.pair(None)["eligible"], true);
}

// 5 t a month with a least order of 4 t, of which 2 t are promised in each month: there is no room for an order.
#[test]
fn an_offer_without_room_for_its_own_least_order_is_not_proposed() {
    let fair = a_fair();
    fair.change(&fair.offer, json!({"minimum_order": "4", "minimum_order_unit": "TAN"}));
    assert_eq!(fair.pair(None)["eligible"], true);
    a_mou(&fair.app)
        .of_producer(&fair.producer)
        .with_buyer(&fair.buyer)
        .with(json!({
            "proposed_on": "2026-10-01", "agreed_on": "2026-10-15", "signed_on": "2026-11-01", "effective_from": "2026-11-01", "effective_until": "2027-12-31",
            "commitments": [{"product_id": fair.product.id, "quantity": "2", "unit": "TAN", "period": "month", "starts_on": "2027-01-01", "ends_on": "2027-03-31"}]
        }))
        .create();
    let pair = fair.pair(None);
    let failing = pair["constraints"].as_array().unwrap().iter().filter(|one| one["passes"] == false).collect::<Vec<_>>();
    assert_eq!(failing.iter().map(|one| &one["code"]).collect::<Vec<_>>(), ["minimum_order"]);
    assert_eq!(failing[0]["text"], "The minimum order is 4,000 kg; left are at least 3,000 kg a month");
    assert_eq!(pair["what_if"][0]["text"], "A minimum order of at most 3,000 kg would be enough");
    let propose =
        || fair.app.post(&format!("{}/matches/{}/propose", fair.demand.path, fair.offer.id), json!({})).key(&fair.app.admin()).send();
    assert_eq!(propose().expect(409).problem_code(), "not_eligible");
    patch_offer(&fair, json!({"minimum_order": "3", "minimum_order_unit": "TAN"}));
    propose().expect(201);
}

// It keeps 365 days; the offer says nothing of its own.
#[test]
fn how_long_a_product_keeps_reaches_its_offers_at_once() {
    let fair = a_fair();
    fair.change(&fair.demand, json!({"minimum_remaining_shelf_life_days": 200}));
    let eligible = || (fair.pair(None)["eligible"].clone(), offers(&fair.matches(), "items").len());
    assert_eq!(eligible(), (json!(true), 1));
    fair.change(&fair.product, json!({"shelf_life_days": 30}));
    assert_eq!(eligible(), (json!(false), 0));
    let missed = fair.matches()["near_misses"][0]["blocked_by"][0].clone();
    assert_eq!((&missed["code"], &missed["found"]["days"]), (&json!("shelf_life"), &json!(30)));
    fair.app.index().rebuild().unwrap();
    assert_eq!(eligible(), (json!(false), 0), "as an index that is built anew says");
    // What the offer says of itself, the product does not change.
    fair.change(&fair.offer, json!({"remaining_shelf_life_days": 210}));
    assert_eq!(eligible(), (json!(true), 1));
    fair.change(&fair.product, json!({"shelf_life_days": 40}));
    assert_eq!(eligible(), (json!(true), 1));
    fair.change(&fair.offer, json!({"remaining_shelf_life_days": null}));
    assert_eq!(eligible(), (json!(false), 0));
    fair.change(&fair.product, json!({"shelf_life_days": 365}));
    assert_eq!(eligible(), (json!(true), 1));
}
