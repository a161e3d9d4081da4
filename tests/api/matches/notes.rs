//! Why nothing was considered, and what would find something.

use super::*;

#[test]
fn where_nobody_is_on_the_other_side_both_are_told() {
    let fair = a_fair();
    let told = |path: &str, language: &str| {
        let answer = fair.app.get(&format!("{path}/matches")).header("Accept-Language", language).send().expect(200).json();
        (
            answer["considered"].as_u64(),
            answer["note"]["code"].as_str().map(str::to_owned),
            answer["note"]["text"].as_str().map(str::to_owned),
        )
    };
    assert_eq!(told(&fair.demand.path, "en"), (Some(1), None, None));
    fair.change(&fair.demand, json!({"text": "hành tím hữu cơ Vĩnh Tế"}));
    let (considered, code, text) = told(&fair.demand.path, "vi");
    assert_eq!((considered, code.as_deref()), (Some(0), Some("nothing_offered")));
    // "Vĩnh" is a word of its name too.
    let told_vi = "Không có chào bán nào đang mở có đủ các từ “hành tím hữu cơ Vĩnh Tế” mà nhu cầu nêu; nếu ghi “hành tím Vĩnh” sẽ có 1.";
    assert_eq!(text.as_deref(), Some(told_vi));
    let note = fair.matches()["note"].clone();
    assert_eq!((note["words"].as_str(), note["offers"].as_u64()), (Some("hành tím Vĩnh"), Some(1)));
    let body = onions_wanted(&fair.app, &fair.buyer).with(json!({"text": "hanh tin Sóc Trăng"})).into_body();
    let preview = fair.app.post("/v1/matches/preview", body).key(&fair.app.admin()).send().expect(200).json();
    assert_eq!((preview["considered"].as_u64(), preview["note"]["words"].as_str()), (Some(0), Some("Hành tím")), "{preview}");
    // Of groups is spoken where some are asked for.
    let asked = |asked: Value| {
        let body = onions_wanted(&fair.app, &fair.buyer).with(asked).into_body();
        fair.app.post("/v1/matches/preview", body).key(&fair.app.admin()).send().expect(200).json()["note"]["text"].clone()
    };
    for (body, text) in [
        (
            json!({"text": "hành tím tươi", "group": "QD26-2026/I"}),
            "No open offer is of the product groups and has the words “hành tím tươi” that the demand asks for; with “hành tím” there would be 1.",
        ),
        (json!({"text": "xoài"}), "No open offer has the words that the demand asks for; other words may find some."),
        (
            json!({"text": "xoài", "group": "QD26-2026/II"}),
            "No open offer is of the product groups and words that the demand asks for; other words or a wider group may find some.",
        ),
        (
            json!({"text": null, "group": "QD26-2026/II"}),
            "No open offer is of the product groups that the demand asks for; a wider group may find some.",
        ),
    ] {
        assert_eq!(asked(body.clone()), text, "{body}");
    }
    let body = onions_wanted(&fair.app, &fair.buyer).with(json!({"group": "II"})).into_body();
    let preview = fair.app.post("/v1/matches/preview", body).key(&fair.app.admin()).send().expect(200).json();
    let told_en = "No open offer with the words “hành tím” is of the product groups that the demand asks for; of other groups there are 1.";
    assert_eq!((preview["note"]["text"].as_str(), preview["note"].get("words")), (Some(told_en), None), "{preview}");
    assert_eq!(told(&fair.offer.path, "en").1.as_deref(), Some("nothing_asked_for"));
    fair.change(&fair.demand, json!({"text": "hành"}));
    assert_eq!((told(&fair.demand.path, "en").0, told(&fair.offer.path, "en").1), (Some(1), None));
}

#[test]
fn what_takes_no_part_says_why_nothing_was_considered() {
    let fair = a_fair();
    let note = |path: &str| fair.ask(&format!("{path}/matches"), None).get("note").cloned();
    assert_eq!((note(&fair.demand.path), note(&fair.offer.path)), (None, None));
    let admin = fair.app.admin();
    fair.change(&fair.demand, json!({"answer_by": "2026-11-30"}));
    fair.app.set_clock("2026-12-01 05:00:00");
    let said = |path: &str, language: &str| {
        let answer = fair.app.get(&format!("{path}/matches")).header("Accept-Language", language).send().expect(200).json();
        assert_eq!((answer["considered"].as_u64(), &answer["items"]), (Some(0), &json!([])));
        (answer["note"]["code"].as_str().unwrap().to_owned(), answer["note"]["text"].as_str().unwrap().to_owned())
    };
    let told = |code: &str, text: &str| (code.to_owned(), text.to_owned());
    assert_eq!(said(&fair.demand.path, "en"), told("answer_by_passed", "The demand took answers until 2026-11-30."));
    assert_eq!(said(&fair.demand.path, "vi"), told("answer_by_passed", "Nhu cầu chỉ nhận trả lời đến hết ngày 30/11/2026."));
    let body = onions_wanted(&fair.app, &fair.buyer).with(json!({"answer_by": "2026-12-05"})).into_body();
    let preview = fair.app.post("/v1/matches/preview?as_of=2026-12-06", body).key(&admin).send().expect(200).json();
    assert_eq!((preview["considered"].as_u64(), preview["note"]["code"].as_str()), (Some(0), Some("answer_by_passed")));
    // Without a day to answer by it is the period that is over.
    let body = onions_wanted(&fair.app, &fair.buyer).into_body();
    let preview = fair.app.post("/v1/matches/preview?as_of=2028-02-01", body).key(&admin).send().expect(200).json();
    assert_eq!((preview["considered"].as_u64(), preview["note"]["code"].as_str()), (Some(0), Some("demand_over")));
    fair.app.post(&format!("{}/close", fair.demand.path), json!({"on": "2026-11-28"})).key(&admin).send().expect(200);
    assert_eq!(said(&fair.demand.path, "vi"), told("demand_closed", "Nhu cầu đã đóng từ ngày 28/11/2026."));
    fair.turn(&fair.buyer, "suspended");
    assert_eq!(said(&fair.demand.path, "en").0, "buyer_not_active");
    fair.change(&fair.offer, json!({"available_until": "2026-11-30"}));
    assert_eq!(said(&fair.offer.path, "en"), told("offer_over", "The offer ended on 2026-11-30."));
    fair.app.post(&format!("{}/close", fair.offer.path), json!({"on": "2026-11-28"})).key(&admin).send().expect(200);
    assert_eq!(said(&fair.offer.path, "vi"), told("offer_closed", "Chào bán đã đóng từ ngày 28/11/2026."));
    fair.change(&fair.product, json!({"status": "discontinued"}));
    assert_eq!(said(&fair.offer.path, "en").0, "product_discontinued");
    let readiness = |fair: &Fair| fair.app.get(&format!("/v1/producers/{}/readiness", fair.producer.id)).send().expect(200).json();
    assert_eq!(readiness(&fair)["note"]["code"], "nothing_offered", "its only offer is closed");
    fair.turn(&fair.producer, "dissolved");
    assert_eq!(said(&fair.offer.path, "en").0, "producer_not_active");
    assert_eq!((&readiness(&fair)["considered"], &readiness(&fair)["note"]["code"]), (&json!(0), &json!("producer_not_active")));
}

#[test]
fn a_pair_that_is_in_no_list_says_why() {
    let fair = a_fair();
    let admin = fair.app.admin();
    assert_eq!(fair.pair(None).get("note"), None);
    fair.app.post(&format!("{}/close", fair.offer.path), json!({"on": "2026-11-20"})).key(&admin).send().expect(200);
    let pair = fair.pair(None);
    assert_eq!((&pair["eligible"], &pair["mendable"], &pair["note"]["code"]), (&json!(false), &json!(false), &json!("offer_closed")));
    let path = format!("{}/matches/{}/propose", fair.demand.path, fair.offer.id);
    let refused = fair.app.post(&path, json!({})).key(&admin).header("Accept-Language", "vi").send().expect(409);
    assert_eq!(
        (refused.problem_code().as_str(), &refused.json()["detail"]),
        ("not_eligible", &json!("Chào bán đã đóng từ ngày 20/11/2026."))
    );
    fair.turn(&fair.buyer, "suspended");
    assert_eq!(fair.pair(None)["note"]["code"], "buyer_not_active");
}
