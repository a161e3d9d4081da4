//! Searches as people type them.

use super::*;
use crate::market::Market;
use crate::market::record::{Change, FOREVER, Id, MouRecord, Per, Promise, Rows};
use crate::market::samples::{TODAY, loaded, named, offer, organisation, paper, product, question, tables, thesaurus};
use crate::market::text::places::{PlaceName, PlaceNames};
use crate::market::text::query::How;

fn names(market: &Market, text: &str) -> Vec<String> {
    market.search(&question(Some(text))).hits.iter().map(|hit| market.products().name(hit.row)).collect()
}

fn hows(market: &Market, text: &str) -> Vec<How> {
    market.search(&question(Some(text))).hits.iter().filter_map(|hit| hit.how).collect()
}

#[test]
fn words_with_marks_mean_themselves_and_words_without_mean_all() {
    let market = named(&["Dừa sáp Trà Vinh", "Dứa Tắc Cậu", "Dưa hấu Hắc Mỹ Nhân", "Gạo ST25"]);
    assert_eq!(names(&market, "dừa"), ["Dừa sáp Trà Vinh"]);
    assert_eq!(names(&market, "DỨA"), ["Dứa Tắc Cậu"]);
    assert_eq!(names(&market, "dưa"), ["Dưa hấu Hắc Mỹ Nhân"]);
    assert_eq!(names(&market, "dua").len(), 3);
    assert_eq!(hows(&market, "dừa"), [How::Exact]);
    assert_eq!(hows(&market, "dua sap"), [How::Folded]);
}

#[test]
fn spelling_composition_punctuation_and_case_do_not_matter() {
    let market = named(&["Gạo ST-25", "Bánh pía Hòa An", "Hành tím Vĩnh Châu"]);
    for text in ["gạo ST25", "gao st25", "GẠO st 25", "ga\u{323}o st25"] {
        assert_eq!(names(&market, text), ["Gạo ST-25"], "{text}");
    }
    for text in ["bánh hòa", "bánh hoà", "BÁNH HOÀ", "banh hoa"] {
        assert_eq!(names(&market, text), ["Bánh pía Hòa An"], "{text}");
    }
}

#[test]
fn what_ends_in_y_is_written_with_i_as_well() {
    let market = named(&["Tỏi Lý Sơn", "Mì chũ", "Miến dong", "Liên chi hồ điệp"]);
    for text in ["tỏi lí sơn", "toi ly son", "TỎI LÝ", "tỏi lý", "tỏi ly\u{301}"] {
        assert_eq!(names(&market, text), ["Tỏi Lý Sơn"], "{text}");
    }
    assert_eq!(names(&market, "mỳ"), ["Mì chũ"]);
    // Behind a "y" nothing goes on, as it does behind an "i".
    assert_eq!(names(&market, "my"), ["Mì chũ"]);
    assert_eq!(names(&market, "mi")[..2], ["Mì chũ", "Miến dong"]);
}

#[test]
fn a_word_that_was_given_up_does_not_take_the_marks_of_others_along() {
    let market = named(&["Dừa sáp Trà Vinh", "Dứa Tắc Cậu", "Dưa hấu", "Mãng cầu xiêm"]);
    let found = |text: &str| {
        let mut found = names(&market, text);
        found.sort();
        found
    };
    assert_eq!(found("dừa xiêm"), ["Dừa sáp Trà Vinh", "Mãng cầu xiêm"]);
    assert_eq!(found("dừa zzzz"), ["Dừa sáp Trà Vinh"]);
    assert_eq!(hows(&market, "dừa zzzz"), [How::Partial]);
    assert_eq!(found("dua zzzz").len(), 3, "without marks it means all");
    assert_eq!(found("dửa zzzz").len(), 3, "as no name has it");
}

#[test]
fn how_it_was_found_is_a_matter_of_the_names_of_both() {
    let mut of_producer = organisation(1_000, "Hộ kinh doanh Trần Văn Thời", 1);
    of_producer.producer_kind = Some(1);
    let names = ["Sữa can 5 lít", "Lạc rang"];
    let products = (1..).zip(names).map(|(id, name)| Change::Product(product(id, 1_000, name, 1)));
    let market = loaded([Change::Organisation(of_producer)].into_iter().chain(products));
    for (text, how) in [
        ("can tho", How::Prefix),
        ("can thoi", How::Folded),
        ("can thời", How::Exact),
        ("Sữa can 5 lít Trần Văn Thời", How::Exact),
        ("sua can Trần Văn Thời", How::Folded),
        ("trần văn thời", How::Exact),
        ("tran van thoi", How::Folded),
    ] {
        assert!(hows(&market, text).iter().all(|found| *found == how), "{text}: {:?}", hows(&market, text));
        assert!(!hows(&market, text).is_empty(), "{text}");
        let newest = market.search(&Question { sort: Sort::Newest, ..question(Some(text)) });
        assert!(newest.hits.iter().all(|hit| hit.how == Some(how)), "{text}, in another order");
    }
}

// Every name of the demo and of made-up registers ends with it.
#[test]
fn the_mark_of_invented_names_is_no_word_of_theirs() {
    let market = named(&["Trà sen (minh họa)", "Trà hoa cúc (minh họa)", "Sách (minh họa) hoa"]);
    assert_eq!(names(&market, "tra hoa"), ["Trà hoa cúc (minh họa)"], "họa is no flower");
    assert_eq!(names(&market, "họa"), ["Sách (minh họa) hoa"], "where it does not end the name it is one");
    assert_eq!(names(&market, "Trà sen (minh họa)"), ["Trà sen (minh họa)"]);
    assert_eq!(hows(&market, "Trà sen (minh họa)"), [How::Exact]);
    assert_eq!(names(&market, "tra sen minh ph"), ["Trà sen (minh họa)"], "with most words");
}

#[test]
fn the_last_word_may_be_half_typed() {
    let market = named(&["Hành tím Vĩnh Châu", "Hành lá", "Tỏi tím"]);
    assert_eq!(names(&market, "hanh ti"), ["Hành tím Vĩnh Châu"]);
    assert_eq!(hows(&market, "hanh ti"), [How::Prefix]);
    assert_eq!(names(&market, "hành tí"), ["Hành tím Vĩnh Châu"]);
    assert!(names(&market, "han tim").is_empty() || hows(&market, "han tim") != [How::Prefix], "a first word is whole");
}

#[test]
fn one_typing_error_is_mended_where_the_word_is_unknown() {
    let market = named(&["Hành tím Vĩnh Châu", "Hàng thủ công", "Tôm khô"]);
    assert_eq!(names(&market, "hanhh tim"), ["Hành tím Vĩnh Châu"]);
    assert_eq!(hows(&market, "hanhh tim"), [How::Typo]);
    // "hanf" is one letter from hành and from hàng: the neighbour "tím" decides.
    assert_eq!(names(&market, "hanf tim"), ["Hành tím Vĩnh Châu"]);
    assert_eq!(names(&market, "hanf thu"), ["Hàng thủ công"]);
}

#[test]
fn a_typing_error_keeps_the_marks_that_were_typed_where_some_name_has_them() {
    let market = named(&["Dứa sấy", "Dừa nạo", "Dưa leo", "Bưởi da xanh", "Bười nướng", "Đùi gà", "Dùi trống", "Tôm khô"]);
    // Without marks an unknown word may be any that is near.
    assert_eq!(names(&market, "duaa"), ["Dứa sấy", "Dừa nạo", "Dưa leo"]);
    assert_eq!((names(&market, "dừaa"), hows(&market, "dừaa")), (vec!["Dừa nạo".to_owned()], vec![How::Typo]));
    assert_eq!(names(&market, "dưaa"), ["Dưa leo"]);
    assert_eq!(names(&market, "bưởii da xanh"), ["Bưởi da xanh"]);
    assert_eq!(names(&market, "đuùi"), ["Đùi gà"], "đ is a letter with a mark");
    // A word that is known keeps its marks beside the one that is not.
    assert_eq!(names(&market, "dừa nạoo"), ["Dừa nạo"]);
    // Beside a marked word, one typed without marks means all spellings.
    let spelled_twice = named(&["Dừa nạo", "Dừa nao", "Dứa nạo"]);
    assert_eq!(names(&spelled_twice, "dừa naoo"), ["Dừa nạo", "Dừa nao"]);
    // Marks that no name has are forgotten, as where nothing is misspelt.
    assert_eq!(names(&market, "dùaa"), ["Dứa sấy", "Dừa nạo", "Dưa leo"]);
    assert_eq!(names(&market, "dứa nạoo"), ["Dừa nạo"]);
    assert_eq!(names(&market, "tmô khô"), ["Tôm khô"], "two letters exchanged");
}

#[test]
fn what_no_product_is_called_is_no_known_word_whoever_has_learned_it() {
    let mut market = named(&["Hanhh tím", "Hành tím Vĩnh Châu"]);
    assert_eq!((names(&market, "hanhh"), hows(&market, "hanhh")), (vec!["Hanhh tím".to_owned()], vec![How::Exact]));
    let mut renamed = product(1, 1_000, "Hành tím", 0);
    renamed.version = 2;
    market.apply(Change::Product(renamed));
    // As one that was started after the change.
    let started = named(&["Hành tím", "Hành tím Vĩnh Châu"]);
    assert_eq!((names(&market, "hanhh"), hows(&market, "hanhh")), (names(&started, "hanhh"), vec![How::Typo, How::Typo]));
    // A buyer makes nothing: its name is no reason to find nothing.
    let mut buyer = organisation(2_000, "Siêu thị Vinnh", 0);
    (buyer.producer_kind, buyer.is_buyer) = (None, true);
    market.apply(Change::Organisation(buyer));
    assert_eq!((names(&market, "vinnh"), hows(&market, "vinnh")), (vec!["Hành tím Vĩnh Châu".to_owned()], vec![How::Typo]));
}

#[test]
fn a_neighbour_that_leads_nowhere_is_no_reason_to_find_nothing() {
    // "tan" is one letter from tap and from tam: beside "ca" stands only tap, but nowhere with all of the words.
    let market = named(&["Cà tạp khô", "Cà phê Tâm Hồng Ngọc"]);
    assert_eq!((names(&market, "ca tan ngoc"), hows(&market, "ca tan ngoc")), (vec!["Cà phê Tâm Hồng Ngọc".to_owned()], vec![How::Typo]));
}

/// 60 a month of product 1 in October and November 2024 (days 20,000 to 20,057).
fn a_promise() -> Promise {
    Promise {
        unit: 0,
        quantity: 60,
        per: Per::Month,
        from: TODAY,
        until: TODAY + 57,
        effect: (-30_000, FOREVER),
        signed_on: TODAY - 5,
        ended_on: FOREVER,
    }
}

#[test]
fn what_is_promised_is_not_there_for_others() {
    // 100 a month all year, of which 60 are promised in October and November 2024 (days 20,000 to 20,057).
    let mut market = named(&["Hành tím", "Hành lá"]);
    for (id, product) in [(1, 1), (2, 2)] {
        market.apply(Change::Offer(offer(id, product, 100)));
    }
    let promise = a_promise();
    market.apply(Change::Mou(MouRecord { id: Id(9), version: 1, promises: vec![(Id(1), promise)], meets: Vec::new() }));
    let (october, november, december) = (1 << 9, 1 << 10, 1 << 11);
    for (months, quantity, found) in [
        (0, 100, vec![1, 2]),
        (october, 41, vec![2]),
        (october, 40, vec![1, 2]),
        (november | december, 41, vec![2]),
        (december, 100, vec![1, 2]),
        (december, 101, vec![]),
    ] {
        for as_of in [TODAY, TODAY - 1, TODAY + 1] {
            let filter = Filter { months, quantity: Some((quantity, 0)), ..Filter::default() };
            let question = Question { filter, as_of, ..question(Some("hành")) };
            let products = market.search(&question).hits.into_iter().map(|hit| market.products().id(hit.row).0);
            let offers = market.search_offers(&question).hits.into_iter().map(|hit| hit.supply.id.0);
            for mut ids in [products.collect::<Vec<_>>(), offers.collect()] {
                ids.sort_unstable();
                assert_eq!(ids, found, "{months:x} {quantity} on {as_of}");
            }
        }
    }
}

// An index that ran on and one that is built anew answer alike about days long past.
#[test]
fn what_was_promised_over_a_year_ago_is_forgotten() {
    let promise = a_promise();
    let changes = || {
        let mou = Change::Mou(MouRecord { id: Id(9), version: 1, promises: vec![(Id(1), promise)], meets: Vec::new() });
        [
            Change::Organisation(organisation(1_000, "HTX Minh Phát", 0)),
            Change::Product(product(1, 1_000, "Hành tím", 0)),
            Change::Offer(offer(1, 1, 100)),
            mou,
        ]
    };
    let found = |market: &Market| {
        let filter = Filter { months: 1 << 9, quantity: Some((41, 0)), ..Filter::default() };
        market.search(&Question { filter, as_of: TODAY + 1, ..question(Some("hành")) }).total
    };
    let mut market = loaded(changes());
    assert_eq!((found(&market), market.promised_products().len()), (0, 1));
    market.set_today(TODAY + 57 + 366);
    assert_eq!((found(&market), market.promised_products().len()), (0, 1), "a year is remembered");
    market.set_today(TODAY + 57 + 367);
    let mut anew = Market::new(tables(), thesaurus(), TODAY + 57 + 367);
    for change in changes() {
        anew.apply(change);
    }
    anew.finish_loading();
    for market in [market, anew] {
        assert_eq!((found(&market), market.promised_products().len()), (1, 0));
    }
}

fn places(names: &[(&str, &[u8])]) -> PlaceNames {
    let name = |(name, units): &(&str, &[u8])| PlaceName { name: (*name).into(), units: Rows::of(units.iter().copied()) };
    PlaceNames::new(names.iter().map(name))
}

#[test]
fn words_of_a_province_that_stand_apart_do_not_name_it() {
    let market = |names: &[&str]| {
        let mut market = Market::new(tables().with_names(places(&[("Lào Cai", &[1])])), thesaurus(), TODAY);
        for (id, name, province) in [(1_000, "Tổ hợp tác Lào Tiên", 0), (1_001, "HTX Minh Phát", 1), (1_002, "Nấm Lào Cai", 2)] {
            market.apply(Change::Organisation(organisation(id, name, province)));
        }
        for ((id, name), producer) in (1_u128..).zip(names).zip([1_000, 1_001, 1_002]) {
            market.apply(Change::Product(product(id, producer, name, 0)));
        }
        market.finish_loading();
        names_and_hows(&market, "nấm lào cai")
    };
    // By chance of two names; and a product that is none, of a producer who is called so.
    assert_eq!(market(&["Nấm cai", "Nấm hương"]), [("Nấm hương".to_owned(), How::Place)]);
    assert_eq!(market(&["Nấm cai", "Nấm hương", "Mít sấy"]), [("Nấm hương".to_owned(), How::Place)]);
    // Some name has it, and where nothing else would be found those do by chance.
    let known = market(&["Nấm cai", "Nấm hương", "Nấm mỡ"]);
    assert_eq!(known.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["Nấm cai", "Nấm mỡ", "Nấm hương"]);
    assert_eq!(market(&["Nấm cai", "Mít"]), [("Nấm cai".to_owned(), How::Partial)]);
}

#[test]
fn a_province_makes_no_other_word_of_what_is_sought() {
    let thesaurus = thesaurus().with_trade_words(["giá", "ở"]);
    let mut market = Market::new(tables().with_names(places(&[("Lào Cai", &[1]), ("Gia Lai", &[3])])), thesaurus, TODAY);
    for (id, province) in [(1_000, 0), (1_001, 1), (1_003, 3)] {
        market.apply(Change::Organisation(organisation(id, "HTX Minh Phát", province)));
    }
    let products = [("Xoài Minh Nam", 1_001), ("Nấm hương", 1_000), ("Trà hoa", 1_003), ("Dừa sáp", 1_000), ("Dứa Gia Lai", 1_000)];
    let called_so = std::iter::repeat_n(("Cam Lào Cai", 1_000), 25);
    for (id, (name, producer)) in (1_u128..).zip(products.into_iter().chain(called_so)) {
        market.apply(Change::Product(product(id, producer, name, 0)));
    }
    market.finish_loading();
    let first = |text: &str| names_and_hows(&market, text).into_iter().next();
    for (text, name, how) in [
        // Nobody has it there: "Nam" is no mushroom.
        ("nấm lào cai", "Nấm hương", How::Partial),
        ("dừa gia lai", "Dừa sáp", How::Partial),
        // In the name of a province no word is one of trade.
        ("tra gia lai", "Trà hoa", How::Place),
        ("trà ở gia lai", "Trà hoa", How::Partial),
    ] {
        assert_eq!(first(text), Some((name.to_owned(), how)), "{text}");
    }
    // Who names a province alone wants all that is there, however many are called so.
    assert_eq!(market.search(&question(Some("lào cai"))).total, 26);
}

fn names_and_hows(market: &Market, text: &str) -> Vec<(String, How)> {
    names(market, text).into_iter().zip(hows(market, text)).collect()
}

// Unit 0 became unit 2.
#[test]
fn a_province_among_the_words_is_that_of_the_producer_where_no_name_has_it() {
    let places = places(&[("Sóc Trăng", &[0, 2]), ("Cần Thơ", &[0, 2]), ("Lào Cai", &[1]), ("Gia Lai", &[3])]);
    let mut market = Market::new(tables().with_names(places), thesaurus(), TODAY);
    for (id, province) in [(1_000, 0), (1_001, 1), (1_002, 2)] {
        market.apply(Change::Organisation(organisation(id, "HTX Minh Phát", province)));
    }
    let products = ["Hành tím", "Vú sữa tím Sóc Trăng", "Gạo nếp", "Dứa sấy", "Gạo tẻ Lào Cai", "Gạo nương"];
    for ((id, name), producer) in (1_u128..).zip(products).zip([1_000, 1_000, 1_002, 1_000, 1_001, 1_001]) {
        market.apply(Change::Product(product(id, producer, name, 0)));
    }
    market.finish_loading();
    let market = &market;
    for (text, found, how) in [
        // Before the purple star apples that have three of the four words.
        ("hành tím sóc trăng", vec!["Hành tím"], How::Place),
        ("hanh tim tinh soc trang", vec!["Hành tím"], How::Place),
        ("hành tím cần thơ", vec!["Hành tím"], How::Place),
        // Who is there comes after what is called so.
        ("tím sóc trăng", vec!["Hành tím", "Vú sữa tím Sóc Trăng"], How::Exact),
        // It was registered in today's unit.
        ("gạo sóc trăng", vec!["Gạo nếp"], How::Place),
        ("gạo lào cai", vec!["Gạo nương", "Gạo tẻ Lào Cai"], How::Exact),
        ("gạo nương lào cai", vec!["Gạo nương"], How::Place),
        ("khóm sóc trăng", vec!["Dứa sấy"], How::Place),
        // A typing error beside it, and a word that nothing has.
        ("hanhh tim soc trang", vec!["Hành tím"], How::Typo),
        ("hành tím tươi sóc trăng", vec!["Hành tím"], How::Partial),
        // A place alone, half typed too, and one where nobody is: then what is sought is found elsewhere.
        ("lào c", vec!["Gạo nương", "Gạo tẻ Lào Cai"], How::Prefix),
        ("cần thơ", vec!["Dứa sấy", "Gạo nếp", "Hành tím", "Vú sữa tím Sóc Trăng"], How::Place),
        ("gạo gia lai", vec!["Gạo nương", "Gạo nếp", "Gạo tẻ Lào Cai"], How::Partial),
    ] {
        let mut seen = names(market, text);
        seen.sort_unstable();
        assert_eq!(seen, found, "{text}");
        assert_eq!(hows(market, text).first(), Some(&how), "{text}");
    }
    let filter = Filter { provinces: Some(Rows::of([1])), ..Filter::default() };
    assert_eq!(market.search(&Question { filter, ..question(Some("hành tím sóc trăng")) }).total, 0, "a filter narrows it");
}

#[test]
fn other_names_are_found_with_marks_forgotten_too() {
    let market = named(&["Khóm Cầu Đúc", "Cá lóc khô", "Dừa sáp"]);
    // Nothing is called "dửa" or "cá quà": of what can be meant, one goes by another name.
    assert_eq!(names(&market, "cá quà"), ["Cá lóc khô"]);
    assert_eq!(hows(&market, "cá quà"), [How::Synonym]);
    let mut found = names(&market, "dửa");
    found.sort_unstable();
    assert_eq!((found, hows(&market, "dửa")), (vec!["Dừa sáp".to_owned(), "Khóm Cầu Đúc".to_owned()], vec![How::Folded, How::Synonym]));
}

#[test]
fn words_of_trade_are_given_up_before_those_of_goods() {
    let names_of = |names: &[&str], text: &str| {
        let mut market = Market::new(tables(), thesaurus().with_trade_words(["mua", "giá", "giá sỉ"]), TODAY);
        market.apply(Change::Organisation(organisation(1_000, "HTX Minh Phát", 0)));
        for (id, name) in (1_u128..).zip(names) {
            market.apply(Change::Product(product(id, 1_000, name, 0)));
        }
        market.finish_loading();
        (self::names(&market, text), hows(&market, text))
    };
    // Noodles that have three of the words by chance come not before the fruit.
    let known = ["Miến sầu riêng Gia Bình", "Sầu riêng Ri6", "Khóm tươi"];
    let (found, hows) = names_of(&known, "mua sầu riêng giá sỉ");
    assert_eq!((found[0].as_str(), hows[0]), ("Sầu riêng Ri6", How::Partial));
    assert_eq!(names_of(&known, "mua dứa"), (vec!["Khóm tươi".to_owned()], vec![How::Partial]));
    // Where a name has them they are words of it, and alone they are all that was said.
    assert_eq!(names_of(&["Giá đỗ", "Đỗ đen"], "giá đỗ"), (vec!["Giá đỗ".to_owned()], vec![How::Exact]));
    assert_eq!(names_of(&["Giá đỗ", "Đỗ đen"], "mua giá").0, ["Giá đỗ"]);
}

#[test]
fn with_most_words_something_is_found_and_said_so() {
    let market = named(&["Hành tím Vĩnh Châu", "Hành tím Lý Sơn", "Tỏi Lý Sơn"]);
    assert_eq!(names(&market, "hành tím Sóc Trăng đặc biệt"), ["Hành tím Vĩnh Châu", "Hành tím Lý Sơn"]);
    assert!(hows(&market, "hành tím Sóc Trăng đặc biệt").iter().all(|how| *how == How::Partial));
    assert!(names(&market, "xoài").is_empty());
}

#[test]
fn other_names_are_found_after_the_word_and_before_its_other_senses() {
    let market = named(&["Khô cá dứa", "Khóm Cầu Đúc", "Dứa Tắc Cậu", "Cá lóc đồng", "Quả cam"]);
    assert_eq!(names(&market, "dứa"), ["Dứa Tắc Cậu", "Khóm Cầu Đúc", "Khô cá dứa"]);
    assert_eq!(hows(&market, "dứa"), [How::Exact, How::Synonym, How::Exact]);
    assert_eq!(names(&market, "cá dứa"), ["Khô cá dứa"]);
    assert_eq!(names(&market, "cá quả"), ["Cá lóc đồng"]);
    assert_eq!(names(&market, "trái cam"), ["Quả cam"]);
    let market = named(&["Khóm Cầu Đúc", "Bánh lá dứa"]);
    assert_eq!(names(&market, "khóm"), ["Khóm Cầu Đúc"], "pandan is no pineapple, by whichever name it is asked for");
}

#[test]
fn another_sense_is_that_of_words_side_by_side_in_one_name() {
    let market = loaded([
        Change::Organisation(organisation(100, "HTX Cá Đồng", 0)),
        Change::Organisation(organisation(101, "Cơ sở Lá Dứa", 1)),
        Change::Organisation(organisation(102, "Vườn Dứa Bến Lức", 1)),
        Change::Product(product(1, 100, "Dứa tươi", 0)),
        Change::Product(product(2, 100, "Dứa kho cá", 0)),
        Change::Product(product(3, 100, "Khô cá dứa và mứt dứa", 0)),
        Change::Product(product(4, 100, "Cá dứa", 0)),
        Change::Product(product(5, 101, "Dứa gọt", 0)),
        Change::Product(product(6, 101, "Bánh", 0)),
        Change::Product(product(7, 102, "Cá dứa", 0)),
    ]);
    // The fish of the pineapple garden is found as all that it makes is, and comes as late.
    let found = ["Dứa tươi", "Dứa gọt", "Dứa kho cá", "Khô cá dứa và mứt dứa", "Cá dứa"];
    assert_eq!(names(&market, "khóm"), found);
    assert_eq!(hows(&market, "khóm"), [How::Synonym; 5]);
    let counted = market.search(&question(Some("khóm")));
    let of_unit: u32 = counted.counts.province.iter().sum();
    assert_eq!((counted.hits.last().map(|hit| market.products().id(hit.row)), counted.total, of_unit), (Some(Id(7)), 5, 5));
    assert_eq!(names(&market, "trái dứa"), found, "what counts it is left out in the same way");
    assert_eq!(market.suggest_products("khóm", 9).len(), 5);
}

#[test]
fn a_name_that_begins_with_what_was_meant_comes_first() {
    let market = named(&["Nước ép dứa", "Khóm Cầu Đúc", "Dứa Tắc Cậu"]);
    let fruit_before_juice = ["Dứa Tắc Cậu", "Khóm Cầu Đúc", "Nước ép dứa"];
    assert_eq!(names(&market, "dứa"), fruit_before_juice);
    assert_eq!(names(&market, "trái dứa"), fruit_before_juice, "a word that counts fruit asks for nothing");
    assert_eq!(hows(&market, "trái dứa"), [How::Synonym; 3]);
    // Whole words before half ones, whatever they begin with.
    let market = named(&["Khômm", "Dứa Tắc Cậu"]);
    assert_eq!(names(&market, "khom"), ["Dứa Tắc Cậu", "Khômm"]);
    // The words of a phrase with a sense of its own stand together, or they are there by chance.
    let market = named(&["Cá cơm lóc thịt", "Khô cá quả", "Khô cá lóc"]);
    assert_eq!(names(&market, "cá lóc"), ["Khô cá lóc", "Khô cá quả", "Cá cơm lóc thịt"]);
}

#[test]
fn words_side_by_side_beat_scattered_ones_and_the_product_beats_its_producer() {
    let market = loaded([
        Change::Organisation(organisation(100, "HTX Hành Tím Vĩnh Châu", 0)),
        Change::Organisation(organisation(101, "HTX An Phú", 0)),
        Change::Product(product(1, 100, "Tỏi khô", 0)),
        Change::Product(product(2, 101, "Hành lá ngâm dấm tím", 0)),
        Change::Product(product(3, 101, "Hành tím sấy", 0)),
    ]);
    assert_eq!(names(&market, "hành tím"), ["Hành tím sấy", "Hành lá ngâm dấm tím", "Tỏi khô"]);
}

#[test]
fn a_renamed_producer_is_found_by_its_new_name_alone() {
    let mut market = loaded([Change::Organisation(organisation(100, "HTX Cũ", 0)), Change::Product(product(1, 100, "Tỏi khô", 0))]);
    assert_eq!(names(&market, "htx cũ").len(), 1);
    let mut renamed = organisation(100, "HTX Mới", 0);
    renamed.version = 2;
    market.apply(Change::Organisation(renamed));
    assert_eq!(names(&market, "htx mới").len(), 1);
    assert_ne!(hows(&market, "htx cũ"), [How::Exact]);
}

#[test]
fn a_product_shows_from_its_record_until_it_is_gone() {
    let mut market = named(&["Tỏi Lý Sơn"]);
    let mut changed = product(1, 1_000, "Tỏi đen Lý Sơn", 0);
    changed.version = 2;
    market.apply(Change::Product(changed.clone()));
    assert_eq!(names(&market, "tỏi đen"), ["Tỏi đen Lý Sơn"]);
    let old = product(1, 1_000, "Tỏi trắng", 0);
    market.apply(Change::Product(old));
    assert_eq!(names(&market, "tỏi"), ["Tỏi đen Lý Sơn"], "an older version changes nothing");
    changed.version = 3;
    changed.is_active = false;
    market.apply(Change::Product(changed));
    assert!(names(&market, "tỏi").is_empty());
    assert_eq!(market.search(&question(None)).total, 0);
}

#[test]
fn a_star_ends_with_its_certificate_and_another_day_is_worked_out() {
    let mut market = loaded([
        Change::Organisation(organisation(100, "HTX", 0)),
        Change::Product(product(1, 100, "Tỏi", 0)),
        Change::Certificate(paper(9, 100, Some(1), 0, 4, TODAY - 10, TODAY + 1)),
    ]);
    let stars = |market: &Market, as_of| {
        let mut asked = question(None);
        asked.filter.least_stars = 4;
        asked.as_of = as_of;
        market.search(&asked).total
    };
    assert_eq!([stars(&market, TODAY), stars(&market, TODAY + 1), stars(&market, TODAY + 2), stars(&market, TODAY - 11)], [1, 1, 0, 0]);
    market.set_today(TODAY + 2);
    assert_eq!([stars(&market, TODAY + 2), stars(&market, TODAY)], [0, 1]);
}

#[test]
fn what_is_said_of_trade_is_given_up_before_it_is_found_by_chance() {
    let thesaurus = thesaurus().with_trade_words(["mua", "giá", "giá sỉ", "cần mua"]);
    let mut market = Market::new(tables(), thesaurus, TODAY);
    market.apply(Change::Organisation(organisation(1_000, "HTX Minh Phát", 1)));
    let products = ["Gạo Sữa vụ mùa", "Gạo ST25", "Rượu cần", "Giá đỗ xanh", "Bưởi thùng 5 kg", "Bưởi da xanh"];
    for (id, name) in (1_u128..).zip(products) {
        market.apply(Change::Product(product(id, 1_000, name, 0)));
    }
    market.finish_loading();
    let found = |text: &str| {
        let mut found = names(&market, text);
        found.sort();
        found
    };
    for (text, expected) in [
        // Without marks "mua" may be "mùa", but who types it buys.
        ("mua gạo", vec!["Gạo ST25", "Gạo Sữa vụ mùa"]),
        ("gạo mùa", vec!["Gạo Sữa vụ mùa"]),
        ("cần mua gạo", vec!["Gạo ST25", "Gạo Sữa vụ mùa"]),
        ("cần mua 5 tấn gạo giá sỉ", vec!["Gạo ST25", "Gạo Sữa vụ mùa"]),
        ("gạo 4 sao", vec!["Gạo ST25", "Gạo Sữa vụ mùa"]),
        // Names that have it so are what is meant.
        ("rượu cần", vec!["Rượu cần"]),
        ("giá đỗ", vec!["Giá đỗ xanh"]),
        ("gia do", vec!["Giá đỗ xanh"]),
        ("bưởi 5 kg", vec!["Bưởi thùng 5 kg"]),
        ("bưởi 4 kg", vec!["Bưởi da xanh", "Bưởi thùng 5 kg"]),
    ] {
        assert_eq!(found(text), expected, "{text}");
    }
    // Without marks it may be meant all the same.
    assert_eq!(names(&market, "gao vu mua"), ["Gạo Sữa vụ mùa"]);
    assert_eq!(
        (names(&market, "gao mua"), hows(&market, "gao mua")),
        (vec!["Gạo Sữa vụ mùa".to_owned(), "Gạo ST25".to_owned()], vec![How::Folded, How::Partial],)
    );
}

#[test]
fn what_has_the_thing_itself_comes_before_what_has_more_of_the_other_words() {
    let market = named(&["Cà phê hữu cơ", "Rau má", "Trà hữu cơ", "Rau muống sạch", "Tôm khô", "Su su"]);
    assert_eq!(names(&market, "rau hữu cơ"), ["Rau má", "Rau muống sạch", "Trà hữu cơ", "Cà phê hữu cơ"]);
    assert_eq!(names(&market, "rau sạch hữu cơ"), ["Rau muống sạch", "Trà hữu cơ", "Cà phê hữu cơ"]);
    assert_eq!(names(&market, "tom su"), ["Tôm khô", "Su su"]);
    // In a place too.
    let mut market = Market::new(tables().with_names(places(&[("Lâm Đồng", &[1])])), thesaurus(), TODAY);
    market.apply(Change::Organisation(organisation(1_000, "HTX Minh Phát", 1)));
    for (id, name) in (1_u128..).zip(["Cà phê hữu cơ", "Rau má"]) {
        market.apply(Change::Product(product(id, 1_000, name, 0)));
    }
    market.finish_loading();
    assert_eq!(names(&market, "rau hữu cơ lâm đồng"), ["Rau má", "Cà phê hữu cơ"]);
    // What counts or holds it is not what is sought.
    let market = named(&["Khô cá quả", "Bơ sáp", "Cốm 10 gói", "Bánh pía"]);
    assert_eq!(names(&market, "quả bơ sáp tươi")[0], "Bơ sáp");
    assert_eq!(names(&market, "10 hộp bánh pía trứng")[0], "Bánh pía");
    let market = named(&["Cà phê hữu cơ", "Rau má", "Trà hữu cơ", "Rau muống sạch", "Tôm khô", "Su su"]);
    // Nothing is called so: then the other words are all that there is.
    assert_eq!(names(&market, "bắp hữu cơ"), ["Trà hữu cơ", "Cà phê hữu cơ"]);
}

#[test]
fn a_word_that_is_one_is_neither_mended_nor_another() {
    let thesaurus = thesaurus().with_goods(["Mực khô", "Đồ gỗ", "Giá đỗ", "Bơ sáp", "Mắt"]);
    let mut market = Market::new(tables(), thesaurus, TODAY);
    market.apply(Change::Organisation(organisation(1_000, "HTX Minh Phát", 1)));
    let products = [
        "Chả lụa hun khói",
        "Mắc khén",
        "Mắm tôm",
        "Dừa sáp",
        "Dứa Tắc Cậu",
        "Tượng gỗ",
        "Nấm đỏ túi gói",
        "Cá lóc đồng",
        "Khô bò",
        "Sầu riêng",
        "Muc",
    ];
    for (id, name) in (1_u128..).zip(products) {
        market.apply(Change::Product(product(id, 1_000, name, 0)));
    }
    market.finish_loading();
    let none: [&str; 0] = [];
    // Pineapple and squid are not offered; they are no slips for smoke and a spice.
    assert_eq!(names(&market, "khóm"), ["Dứa Tắc Cậu"]);
    assert_eq!(names(&market, "mực"), none);
    assert_eq!(names(&market, "giá đỗ"), none);
    assert_eq!(names(&market, "đồ gỗ"), ["Tượng gỗ"]);
    assert_eq!(names(&market, "bơ"), none, "no beef");
    assert_eq!(names(&market, "mắt cá"), ["Cá lóc đồng"], "nor its marks beside another");
    // What is no word is mended, but not all that was typed.
    assert_eq!(names(&market, "mắmm tôm"), ["Mắm tôm"]);
    assert_eq!(names(&market, "mắmm tômm"), none);
    assert_eq!(names(&market, "sầuu riê"), ["Sầu riêng"], "while it is typed");
    // Of a known phrase the words are not had one by one.
    assert_eq!(names(&market, "cá quả"), ["Cá lóc đồng"]);
    // Side by side without marks it is what was meant.
    assert_eq!((names(&market, "dứa sáp"), hows(&market, "dứa sáp")), (vec!["Dừa sáp".to_owned()], vec![How::Folded]));
}
