//! What holds of every market.

use super::book::{Book, Place};
use super::calendar;
use super::constraints::{Code, Detail, evaluate, missed, scored};
use super::demands::DemandBook;
use super::facts::{Need, Setting, Supply, View};
use super::mend::{Mend, are_enough, mends, tests::apply};
use super::ranking::{NearMiss, Ranked, Ranking};
use super::readiness::readiness;
use super::samples::{self, Offered, TODAY, World, all_seeing};
use super::score::Weights;
use super::shares;
use super::stretches::Stretches;
use crate::market::record::{Day, DemandRecord, FOREVER, Id, Rows};
use proptest::prelude::*;
use std::cmp::Reverse;

/// A producer without a demand.
const NOBODY: u32 = 99;

fn book(world: &World) -> Book {
    let mut book = Book::default();
    for supply in &world.supplies {
        book.put(supply.clone(), &world.papers);
    }
    book
}

/// The same, loaded at once or offer by offer, and moved to a day before that or after.
fn book_on(day: Day, world: &World, is_loaded: bool, is_moved_first: bool) -> Book {
    let mut book = Book::default();
    if is_moved_first {
        book.set_today(day);
    }
    if is_loaded {
        book.begin_loading();
    }
    for supply in &world.supplies {
        // Each is stored as something else first.
        let place = book.put(Supply { id: Id(1_000), ..world.supplies[0].clone() }, &world.papers);
        book.replace(place, supply.clone(), &world.papers);
    }
    if is_loaded {
        book.finish_loading(&world.papers);
    }
    book.set_today(day);
    book
}

/// A ranking by ids, as explaining every offer gives it.
fn by_hand(supplies: &[Supply], need: &Need, setting: &Setting<'_>, limit: usize, near_limit: usize) -> Ranking<Id> {
    let considered: Vec<_> = supplies
        .iter()
        .filter(|supply| need.wants(supply.group))
        .map(|supply| (supply.id, evaluate(supply, need, true, setting)))
        .filter(|(_, found)| found.considered)
        .collect();
    let mut best: Vec<Ranked<Id>> = considered
        .iter()
        .filter(|(_, found)| found.eligible)
        .map(|(id, found)| Ranked { place: *id, score_bp: found.score_bp, distance_km: found.distance_km })
        .collect();
    let mut near: Vec<NearMiss<Id>> = considered
        .iter()
        .filter_map(|(id, found)| {
            let code = found.near_miss()?;
            Some(NearMiss { place: *id, code, score_bp: found.score_bp, distance_km: found.distance_km })
        })
        .collect();
    best.sort_by_key(|one| (Reverse(one.score_bp), one.distance_km, one.place));
    near.sort_by_key(|one| (Reverse(one.score_bp), one.distance_km, one.place));
    let eligible = u32::try_from(best.len()).unwrap();
    best.truncate(limit);
    near.truncate(near_limit);
    Ranking { considered: u32::try_from(considered.len()).unwrap(), eligible, best, near }
}

/// The same ranking with the ids of the offers for their places.
fn with_ids(book: &Book, ranking: Ranking<Place>) -> Ranking<Id> {
    let id = |place: Place| book.get(place).unwrap().id;
    let Ranking { considered, eligible, best, near } = ranking;
    Ranking {
        considered,
        eligible,
        best: best.into_iter().map(|one| Ranked { place: id(one.place), score_bp: one.score_bp, distance_km: one.distance_km }).collect(),
        near: near
            .into_iter()
            .map(|one| NearMiss { place: id(one.place), code: one.code, score_bp: one.score_bp, distance_km: one.distance_km })
            .collect(),
    }
}

/// Where the offers of the buyer itself stand.
fn own_places(book: &Book, need: &Need) -> Vec<Place> {
    all_places(book).into_iter().filter(|place| book.get(*place).unwrap().producer == need.buyer).collect()
}

fn all_places(book: &Book) -> Vec<Place> {
    (0..128).flat_map(|group| book.iter_group(group).map(|(place, _)| place).collect::<Vec<_>>()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_book_finds_what_explaining_every_offer_finds(
        offered in samples::market(60), need in samples::need(), eyes in samples::eyes(), weights in samples::weights(), limits in (0..8_usize, 0..6_usize),
        day in prop_oneof![2 => Just(TODAY), 1 => TODAY - 400..TODAY + 400], loaded in any::<bool>(), moved_first in any::<bool>(),
        buyer in 0..5_u32,
    ) {
        // Some buyers offer something themselves.
        let (world, need) = (World::new(&offered), Need { buyer, ..need });
        let setting = world.setting(eyes.view(), weights, TODAY);
        // Whether the book keeps what is open on the day that is asked, or on another.
        let book = book_on(day, &world, loaded, moved_first);
        let expected = by_hand(&world.supplies, &need, &setting, limits.0, limits.1);
        prop_assert_eq!(&with_ids(&book, book.best(&need, &setting, limits, &own_places(&book, &need))), &expected);
        let among = book.best_among(&need, &setting, limits, &own_places(&book, &need), &Stretches::new(all_places(&book)));
        prop_assert_eq!(&with_ids(&book, among), &expected);
    }

    #[test]
    fn what_is_shown_of_a_pair_is_what_explaining_it_says(offered in samples::market(12), need in samples::need(), eyes in samples::eyes()) {
        let world = World::new(&offered);
        let setting = world.setting(eyes.view(), Weights::default(), TODAY);
        for supply in &world.supplies {
            let (found, shown, missed) = (evaluate(supply, &need, true, &setting), scored(supply, &need, &setting), missed(supply, &need, &setting));
            prop_assert_eq!((shown.parts, shown.score_bp, shown.distance_km), (found.parts, found.score_bp, found.distance_km));
            prop_assert_eq!((missed.scored.parts, missed.scored.score_bp), (found.parts, found.score_bp));
            prop_assert_eq!(missed.fails, found.verdicts.into_iter().filter(|verdict| !verdict.passes).collect::<Vec<_>>());
            prop_assert_eq!(missed.mends, mends(supply, &need, &setting));
        }
    }

    #[test]
    fn only_what_the_words_name_is_ranked(offered in samples::market(30), need in samples::need(), odd in any::<bool>()) {
        let world = World::new(&offered);
        let book = book(&world);
        let named = |supply: &Supply| (supply.id.0 % 2 == 1) == odd;
        let places: Vec<Place> = all_places(&book).into_iter().filter(|place| named(&book.get(*place).unwrap())).collect();
        let found = with_ids(&book, book.best_among(&need, &world.today(), (5, 5), &own_places(&book, &need), &Stretches::new(places)));
        let supplies: Vec<Supply> = world.supplies.iter().filter(|supply| named(supply)).cloned().collect();
        prop_assert_eq!(found, by_hand(&supplies, &need, &world.today(), 5, 5));
    }

    #[test]
    fn the_order_of_putting_replacing_and_removing_does_not_matter(
        (kept, shuffled) in samples::market(40).prop_flat_map(|offered| (Just(offered.clone()), Just(offered).prop_shuffle())),
        gone in proptest::collection::vec(samples::offered(), 0..20),
        need in samples::need(),
    ) {
        let world = World::new(&kept);
        let straight = book(&world);
        let expected = with_ids(&straight, straight.best(&need, &world.today(), (10, 5), &own_places(&straight, &need)));

        // The same offers in another order, each put as something else first, among others that are removed again.
        let all: Vec<Offered> = shuffled.iter().chain(&gone).cloned().collect();
        let world = World::new(&all);
        let mut book = Book::default();
        let mut places = std::collections::HashMap::new();
        for (number, supply) in (0_u128..).zip(&world.supplies) {
            let first = Supply { id: Id(1_000 + number), version: 2, ..world.supplies[world.supplies.len() - 1 - usize::try_from(number).unwrap()].clone() };
            places.insert(first.id, book.put(first, &world.papers));
            let _ = supply;
        }
        let follow = |places: &mut std::collections::HashMap<Id, Place>, moved: Option<(Id, Place)>| {
            if let Some((id, place)) = moved {
                places.insert(id, place);
            }
        };
        for (number, supply) in (0_u128..).zip(&world.supplies) {
            let place = places.remove(&Id(1_000 + number)).unwrap();
            if usize::try_from(number).unwrap() < shuffled.len() {
                let (place, moved) = book.replace(place, supply.clone(), &world.papers);
                follow(&mut places, moved);
                places.insert(supply.id, place);
            } else {
                let moved = book.remove(place);
                follow(&mut places, moved);
            }
        }
        prop_assert_eq!(book.len(), shuffled.len());
        for supply in &world.supplies[..shuffled.len()] {
            prop_assert_eq!(&book.get(places[&supply.id]).unwrap(), supply);
        }
        prop_assert_eq!(with_ids(&book, book.best(&need, &world.today(), (10, 5), &own_places(&book, &need))), expected);
    }

    #[test]
    fn the_two_directions_agree(
        offered in samples::market(20), demands in proptest::collection::vec(samples::need(), 0..12), gone in any::<bool>(), eyes in samples::eyes(),
    ) {
        let world = World::new(&offered);
        let setting = world.setting(eyes.view(), Weights::default(), TODAY);
        let (book, mut demand_book) = (book(&world), DemandBook::default());
        // Every third demand is of somebody who offers something.
        let demands: Vec<Need> = (0..).zip(demands).map(|(at, need)| Need { buyer: if at % 3 == 0 { at / 3 } else { need.buyer }, ..need }).collect();
        for (number, need) in (1_u128..).zip(&demands) {
            demand_book.put(Need { id: Id(number), closed_on: TODAY, ..need.clone() });
            demand_book.put(Need { id: Id(number), ..need.clone() });
        }
        if gone {
            demand_book.remove(Id(1));
        }
        let mut by_demand: Vec<(Id, Id, u16)> = Vec::new();
        for need in demand_book.iter() {
            let ranking = with_ids(&book, book.best(need, &setting, (100, 100), &own_places(&book, need)));
            by_demand.extend(ranking.best.iter().map(|one| (one.place, need.id, one.score_bp)));
            by_demand.extend(ranking.near.iter().map(|one| (one.place, need.id, one.score_bp)));
        }
        let mut by_offer: Vec<(Id, Id, u16)> = Vec::new();
        for supply in &world.supplies {
            let ranking = demand_book.for_offer(supply, |_| true, &setting, 100, 100);
            by_offer.extend(ranking.best.iter().map(|one| (supply.id, one.place, one.score_bp)));
            by_offer.extend(ranking.near.iter().map(|one| (supply.id, one.place, one.score_bp)));
        }
        by_demand.sort_unstable();
        by_offer.sort_unstable();
        prop_assert_eq!(by_demand, by_offer);
    }

    #[test]
    fn readiness_counts_what_pairs_say(
        offered in samples::market(6), demands in proptest::collection::vec(samples::need(), 0..12), asked in 3..6_u32,
    ) {
        let world = World::new(&offered);
        let setting = world.today();
        let (mut straight, mut backwards) = (DemandBook::default(), DemandBook::default());
        let needs: Vec<Need> = (1_u128..).zip(&demands).map(|(number, need)| Need { id: Id(number), ..need.clone() }).collect();
        for (one, other) in needs.iter().zip(needs.iter().rev()) {
            straight.put(one.clone());
            backwards.put(other.clone());
        }
        let found = readiness(asked, &world.supplies, &straight, |_, _| true, &setting);
        let reversed: Vec<Supply> = world.supplies.iter().rev().cloned().collect();
        prop_assert_eq!(&readiness(asked, &reversed, &backwards, |_, _| true, &setting), &found);

        // As if there were no demands of the one who asks.
        let needs: Vec<Need> = needs.into_iter().filter(|need| need.buyer != asked).collect();
        prop_assert_eq!(found.open as usize, needs.iter().filter(|need| need.is_open(TODAY)).count());

        let verdicts = |need: &Need| -> Vec<_> { world.supplies.iter().map(|supply| evaluate(supply, need, true, &setting)).collect() };
        let served = needs.iter().filter(|need| verdicts(need).iter().any(|found| found.eligible)).count();
        prop_assert_eq!(found.served as usize, served);
        let near = |need: &&Need| {
            let verdicts = verdicts(need);
            !verdicts.iter().any(|found| found.eligible) && verdicts.iter().any(|found| found.near_miss().is_some())
        };
        let near = needs.iter().filter(near).count();
        prop_assert!(found.unlocks.iter().map(|unlock| unlock.demands as usize).sum::<usize>() >= near);
        prop_assert!(found.unlocks.iter().all(|unlock| (1..=near).contains(&(unlock.demands as usize))));
        prop_assert!(found.unlocks.is_sorted_by_key(|unlock| Reverse(unlock.demands)));
    }

    // For strangers too, to whom quantities are told rounded.
    #[test]
    fn what_unlocks_demands_makes_the_offers_serve_them(
        offered in samples::market(6), demands in proptest::collection::vec(samples::need(), 0..12), eyes in samples::eyes(),
    ) {
        let mut world = World::new(&offered);
        let mut book = DemandBook::default();
        let needs: Vec<Need> = (1_u128..).zip(demands).map(|(number, need)| Need { id: Id(number), ..need }).collect();
        for need in &needs {
            book.put(need.clone());
        }
        let served = |world: &World, supplies: &[Supply]| -> Vec<Id> {
            let setting = world.setting(eyes.view(), Weights::default(), TODAY);
            let serves = |need: &&Need| supplies.iter().any(|supply| evaluate(supply, need, true, &setting).eligible);
            needs.iter().filter(serves).map(|need| need.id).collect()
        };
        let before = served(&world, &world.supplies);
        let found = readiness(NOBODY, &world.supplies, &book, |_, _| true, &world.setting(eyes.view(), Weights::default(), TODAY));
        for unlock in found.unlocks.iter().filter(|unlock| !unlock.mends.is_empty()) {
            let concerned: Vec<Supply> =
                world.supplies.iter().filter(|supply| unlock.offers.iter().any(|one| one.offer == supply.id)).cloned().collect();
            prop_assert_eq!(concerned.len(), unlock.offers.len());
            let mended: Vec<Supply> = concerned
                .into_iter()
                .map(|supply| unlock.mends.iter().fold(supply, |supply, mend| apply(mend, supply, &mut world.papers)))
                .collect();
            let unlocked = served(&world, &mended).into_iter().filter(|id| !before.contains(id)).count();
            prop_assert!(unlocked >= unlock.demands as usize, "{unlock:?} serves {unlocked}");
        }
    }

    // Against a demand that begins today, in the months that are left.
    #[test]
    fn a_running_demand_is_judged_by_what_is_left_of_it(offered in samples::offered(), record in samples::demand(), back in 1..400_i32, ahead in -200..200_i32, eyes in samples::eyes()) {
        let (world, day) = (World::new(&[offered]), TODAY + ahead);
        let supply = &world.supplies[0];
        let setting = world.setting(eyes.view(), Weights::default(), day);
        let record = DemandRecord { from: record.from.min(day - back), closed_on: FOREVER, answer_by: FOREVER, ..record };
        let need = Need::new(&record, 3, 4, &samples::tables());
        let is_needed = |on: Day| need.months & calendar::bit(calendar::month_of(on)) != 0;
        let found = evaluate(supply, &need, true, &setting);
        if !(day..=need.until.min(day + 400)).any(is_needed) {
            prop_assert!(!found.considered && !need.is_open(day));
            return Ok(());
        }
        let begun_today = Need::new(&DemandRecord { from: day, months: need.months, ..record }, 3, 4, &samples::tables());
        prop_assert_eq!(&*need.still_needed(&setting), &begun_today);
        prop_assert_eq!(&found, &evaluate(supply, &begun_today, true, &setting));
        prop_assert_eq!(mends(supply, &need, &setting), mends(supply, &begun_today, &setting));
        let shares = shares(supply, &need, &setting);
        prop_assert!(shares.iter().all(|share| share.from >= day));
        prop_assert_eq!(shares, super::shares(supply, &begun_today, &setting));
    }

    #[test]
    fn parts_add_up_to_the_score(offered in samples::offered(), need in samples::need(), eyes in samples::eyes(), weights in samples::weights()) {
        let world = World::new(&[offered]);
        let found = evaluate(&world.supplies[0], &need, true, &world.setting(eyes.view(), weights, TODAY));
        prop_assert_eq!(found.parts.iter().map(super::Part::points_bp).sum::<u16>(), found.score_bp);
        prop_assert_eq!(found.parts.iter().map(super::Part::weight_bp).sum::<u16>(), 10_000);
        prop_assert!(found.score_bp <= 10_000);
    }

    #[test]
    fn what_is_mended_is_eligible(offered in samples::offered(), need in samples::need(), eyes in samples::eyes()) {
        let mut world = World::new(&[offered]);
        // To strangers quantities are told rounded.
        let (view, weights) = (eyes.view(), Weights::default());
        let supply = world.supplies[0].clone();
        // Neither closed, of one group and unit: all else can be mended, also an offer that is over.
        let need = Need { groups: Rows::ALL, unit: supply.unit, closed_on: FOREVER, ..need };
        prop_assume!(need.is_open(TODAY) && supply.closed_on > TODAY);
        let found = evaluate(&supply, &need, true, &world.setting(view, weights, TODAY));
        let changes = mends(&supply, &need, &world.setting(view, weights, TODAY));
        for code in found.failing() {
            prop_assert!(changes.iter().any(|(mended, _)| *mended == code) || code == Code::Price, "{code:?} is not mended");
        }
        if !are_enough(&changes, &found, &supply, &need, &world.setting(view, weights, TODAY)) {
            prop_assert!(found.failing().any(|code| code == Code::Price));
            return Ok(());
        }
        let mut mended = supply;
        for (_, change) in &changes {
            mended = apply(change, mended, &mut world.papers);
        }
        let after = evaluate(&mended, &need, true, &world.setting(view, weights, TODAY));
        prop_assert!(after.eligible, "{changes:?} leave {:?} of {found:?}", after.failing().collect::<Vec<_>>());
    }

    #[test]
    fn what_may_not_be_seen_changes_nothing(offered in samples::offered(), need in samples::need(), eyes in samples::eyes()) {
        let world = World::new(&[offered]);
        let supply = &world.supplies[0];
        let setting = world.setting(eyes.view(), Weights::default(), TODAY);
        let (view, found) = (eyes.view(), evaluate(supply, &need, true, &setting));
        if !view.sees_price(supply) {
            let without = Supply { price: None, ..supply.clone() };
            prop_assert_eq!(&found, &evaluate(&without, &need, true, &setting));
        }
        if !view.sees_ceiling(&need) && view.organisation != Some(supply.producer) {
            let without = Need { ceiling: None, ..need.clone() };
            prop_assert_eq!(&found, &evaluate(supply, &without, true, &setting));
        }
        let Detail::Price { needed, found, .. } = found.verdicts[Code::Price as usize].detail else { unreachable!() };
        prop_assert!(needed.is_none() || view.sees_ceiling(&need));
        prop_assert!(found.is_none() || view.sees_price(supply));
    }

    #[test]
    fn a_paper_that_lapses_within_the_period_counts_nothing(offered in samples::offered(), need in samples::need()) {
        let (mut offered, need) = (offered, need.still_needed(&World::new(&[]).today()).into_owned());
        for paper in &mut offered.papers {
            if paper.from <= need.from {
                paper.until = paper.until.min(need.until - 1).max(paper.from);
            }
        }
        prop_assume!(need.from < need.until);
        let world = World::new(&[offered]);
        let found = evaluate(&world.supplies[0], &need, true, &world.today());
        prop_assert_eq!(found.failing().any(|code| code == Code::Certificate), need.required != 0);
        prop_assert_eq!(found.failing().any(|code| code == Code::Stars), need.least_stars > 0);
    }

    // Settled question 13.
    #[test]
    fn what_is_better_in_every_part_never_scores_lower(
        one in samples::offered(), other in samples::offered(), need in samples::need(), weights in samples::weights(),
    ) {
        let world = World::new(&[one, other]);
        let setting = world.setting(all_seeing(), weights, TODAY);
        let found: Vec<_> = world.supplies.iter().map(|supply| evaluate(supply, &need, true, &setting)).collect();
        let dominates = found[0].parts.iter().zip(&found[1].parts).all(|(one, other)| at_least_as_good(&one.raw, &other.raw));
        if dominates {
            prop_assert!(found[0].score_bp >= found[1].score_bp + more(&found));
        }
    }

    // The same with one raw value improved, so that dominance is met in every case.
    #[test]
    fn an_improvement_never_lowers_the_score(offered in samples::offered(), need in samples::need(), what in 0..4_u8, by in 1..5_000_000_i64) {
        let mut better = offered.clone();
        match what {
            0 => better.supply.quantity = better.supply.quantity.saturating_add(by),
            1 => better.papers.push(crate::market::record::Paper { kind: 0, stars: 5, from: -30_000, until: FOREVER }),
            2 => better.supply.price = better.supply.price.map(|price| crate::market::record::Price { amount: (price.amount - by).max(1), ..price }),
            _ => better.promises.clear(),
        }
        let world = World::new(&[offered, better]);
        let found: Vec<_> = world.supplies.iter().map(|supply| evaluate(supply, &need, true, &world.today())).collect();
        // Where a change of days or months is what is missing, more that is left may bring another change near, of other months.
        let meet = |found: &super::Evaluation| found.failing().all(|code| !matches!(code, Code::Period | Code::Months));
        prop_assert!(!meet(&found[0]) || found[1].score_bp >= found[0].score_bp);
        let better = [found[1].clone(), found[0].clone()];
        if better[0].parts.iter().zip(&better[1].parts).all(|(one, other)| at_least_as_good(&one.raw, &other.raw)) {
            prop_assert!(better[0].score_bp >= better[1].score_bp + more(&better));
        }
    }
}

/// How much more the first of two must score that is as good in every part: something where a part with weight differs by a
/// basis point of the score and one of the fit, which may be lost by rounding.
fn more(found: &[super::Evaluation]) -> u16 {
    let differs = |(one, other): (&super::Part, &super::Part)| {
        let gap = thousandths_of_a_point(&one.raw) - thousandths_of_a_point(&other.raw);
        gap * i128::from(one.weight_pct) >= 100_000 + 1_000 * i128::from(one.weight_pct)
    };
    u16::from(found[0].parts.iter().zip(&found[1].parts).any(differs))
}

/// The fit of a raw value in thousandths of a basis point.
fn thousandths_of_a_point(raw: &super::Raw) -> i128 {
    use super::Raw;
    const WHOLE: i128 = 10_000_000;
    match *raw {
        Raw::Volume { covered, asked, .. } => covered * WHOLE / asked,
        Raw::Months { common, needed } => i128::from(common) * WHOLE / i128::from(needed),
        Raw::Price(Some((price, ceiling))) => {
            let (price, ceiling) = super::score::over_one(&price, &ceiling);
            ((2 * ceiling - price) * WHOLE / (2 * ceiling)).max(0)
        }
        Raw::Stars(stars) => i128::from(stars) * WHOLE / 5,
        Raw::Preferred { held, asked } => i128::from(held.count_ones()) * WHOLE / i128::from(asked.count_ones().max(1)),
        Raw::Distance(km) => (WHOLE - i128::from(km) * 5_000).max(0),
        Raw::Price(None) | Raw::PricesApart(..) | Raw::OtherUnit | Raw::Deliveries => 0,
    }
}

/// Whether the raw value of a part is at least as good as another's.
fn at_least_as_good(one: &super::Raw, other: &super::Raw) -> bool {
    use super::Raw;
    match (one, other) {
        (Raw::Volume { covered, asked, .. }, Raw::Volume { covered: other, asked: of, .. }) => covered * of >= other * asked,
        (Raw::Months { common, .. }, Raw::Months { common: other, .. }) => common >= other,
        (Raw::Price(Some((price, ceiling))), Raw::Price(Some((other, _)))) => {
            i128::from(price.amount) * i128::from(other.per_base) <= i128::from(other.amount) * i128::from(price.per_base)
                && ceiling.amount > 0
        }
        (Raw::Stars(one), Raw::Stars(other)) => one >= other,
        (Raw::Preferred { held, .. }, Raw::Preferred { held: other, .. }) => held.count_ones() >= other.count_ones(),
        (Raw::Distance(one), Raw::Distance(other)) => one <= other,
        (Raw::Price(None) | Raw::PricesApart(..), Raw::Price(None) | Raw::PricesApart(..))
        | (_, Raw::OtherUnit)
        | (Raw::Deliveries, Raw::Deliveries) => true,
        _ => false,
    }
}

#[test]
fn a_public_caller_sees_nothing_that_is_for_keys() {
    let view = View::PUBLIC;
    assert!(view.level < crate::market::record::Visibility::Keys);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    // Of what has a size: a kilogram or a day less is not enough.
    #[test]
    fn no_less_than_the_least_change_is_enough(offered in samples::offered(), need in samples::need()) {
        let world = World::new(&[offered]);
        let supply = &world.supplies[0];
        let need = Need { groups: Rows::ALL, unit: supply.unit, closed_on: FOREVER, ..need };
        let found = evaluate(supply, &need, true, &world.today());
        // Rarely: hence so many cases.
        if found.near_miss().is_none() {
            return Ok(());
        }
        for (code, change) in mends(supply, &need, &world.today()) {
            let less = match change {
                Mend::Quantity(least) => Supply { quantity: least - 1_000, ..supply.clone() },
                Mend::MinimumOrder(most) => Supply { minimum_order: most + 1_000, ..supply.clone() },
                Mend::ShelfLife(days) => Supply { shelf_life_days: days - 1, ..supply.clone() },
                _ => continue,
            };
            let after = evaluate(&less, &need, true, &world.today());
            prop_assert!(!after.eligible, "{code:?}: less than {change:?} is enough");
        }
    }
}
