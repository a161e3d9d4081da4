//! What is left of a demand: of the months that are still to come, what signed `MoUs` do not promise it.

use super::calendar;
use super::facts::{Need, Setting, View};
use super::judge::{promised, two_digits_up};
use crate::market::record::{Day, Month, MonthBits, Visibility};
use std::borrow::Cow;

impl Need {
    /// Whether it takes answers on `as_of`, and anything of it is needed still.
    pub fn is_open(&self, as_of: Day) -> bool {
        self.closed_on > as_of && self.answer_by >= as_of && !self.is_over(as_of) && !self.is_met(as_of)
    }

    /// Whether the last month in which it is needed has passed.
    pub fn is_over(&self, as_of: Day) -> bool {
        self.until < as_of || self.from < as_of && self.months_after(as_of) == 0
    }

    /// Whether all of it that is to come on `as_of` is promised.
    pub fn is_met(&self, as_of: Day) -> bool {
        let Some(met) = self.met.as_deref().filter(|_| !self.is_over(as_of)) else { return false };
        self.months_to_come(as_of).all(|month| promised(met, self.unit, month, as_of) >= self.quantity)
    }

    /// What is needed of it from the day of `setting` on: nobody delivers into months that are over, nor mends the papers of
    /// these, nor brings what others have promised. What is left is a smaller demand of the same kind: from the first to the last
    /// month with something left, in each as much as is left of it.
    ///
    /// Of one that is over or met it is all that ever was needed: it is not open, and only explained.
    pub fn still_needed(&self, setting: &Setting<'_>) -> Cow<'_, Self> {
        let as_of = setting.as_of;
        if self.from >= as_of && self.met.is_none() || self.is_over(as_of) || self.is_met(as_of) {
            return Cow::Borrowed(self);
        }
        let mut left = self.clone();
        if self.from < as_of {
            (left.from, left.months) = (as_of, self.months_after(as_of));
        }
        if self.met.is_some() {
            left.met = None;
            let to_come = self.months_to_come(as_of).map(|month| (month, self.left_in(month, setting)));
            let months: Vec<(Month, i64)> = to_come.filter(|(_, needed)| *needed > 0).collect();
            if let (Some((first, most)), Some((last, _))) = (months.first(), months.last()) {
                (left.from, left.until) = (left.from.max(calendar::first_day(*first)), left.until.min(calendar::last_day(*last)));
                left.months = months.iter().fold(0, |bits, (month, _)| bits | calendar::bit(*month));
                left.quantity = months.iter().fold(*most, |most, (_, needed)| most.max(*needed));
            }
            // A month of the year may be needed in one year and promised in another.
            let is_even = left.months_between(left.from, left.until).eq(months.iter().map(|(month, _)| *month))
                && months.iter().all(|(_, needed)| *needed == left.quantity);
            left.uneven = (!is_even).then(|| months.into());
        }
        left.months_needed = match &left.uneven {
            Some(months) => u32::try_from(months.len()).unwrap_or(u32::MAX),
            None => calendar::count(calendar::month_of(left.from), calendar::month_of(left.until), left.months).max(1),
        };
        Cow::Owned(left)
    }

    /// How much is needed still in the month with most; 0 where all of it is promised.
    pub fn left(&self, setting: &Setting<'_>) -> i64 {
        if self.is_met(setting.as_of) { 0 } else { self.still_needed(setting).quantity }
    }

    /// How much is needed in a calendar month in which it is needed, of a demand that is what is left of one.
    pub(super) fn needed_in(&self, month: Month) -> i64 {
        let Some(uneven) = &self.uneven else { return self.quantity };
        uneven.binary_search_by_key(&month, |(known, _)| *known).ok().and_then(|at| uneven.get(at)).map_or(0, |(_, needed)| *needed)
    }

    /// Whether something is needed in a calendar month that is one of its months of the year.
    pub(super) fn is_needed_in(&self, month: Month) -> bool {
        self.uneven.is_none() || self.needed_in(month) > 0
    }

    /// How much is needed at least in the months in which something is.
    pub(super) fn least_needed(&self) -> i64 {
        let Some(uneven) = &self.uneven else { return self.quantity };
        uneven.iter().map(|(_, needed)| *needed).min().unwrap_or(self.quantity)
    }

    /// How much is left of it in a calendar month beside what is promised: rounded up to two digits for whom that is not shown,
    /// since the quantity is public and the one less the other would tell it.
    fn left_in(&self, month: Month, setting: &Setting<'_>) -> i64 {
        let Some(met) = &self.met else { return self.needed_in(month) };
        let promised = promised(met, self.unit, month, setting.as_of);
        let left = self.quantity.saturating_sub(promised).max(0);
        if promised == 0 || setting.view.sees_met(self) { left } else { two_digits_up(left).min(self.quantity) }
    }

    /// The calendar months in which it is needed and which are not over.
    fn months_to_come(&self, as_of: Day) -> impl Iterator<Item = Month> {
        self.months_between(self.from.max(as_of), self.until)
    }

    /// Those of its months of the year that lie between a day and its end.
    fn months_after(&self, day: Day) -> MonthBits {
        self.months & calendar::bits(calendar::month_of(day), calendar::month_of(self.until))
    }
}

impl View<'_> {
    /// Whether the caller may see how much of the demand is promised: its owner, officers of its province and who sees
    /// everything.
    fn sees_met(&self, need: &Need) -> bool {
        self.sees(Visibility::Hidden, need.buyer, need.buyer_province, need.id)
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{self, NEW_YEAR, Offered, TODAY, World};
    use super::super::{Code, Mend, Raw, Supply, evaluate, mends, shares};
    use super::*;
    use crate::market::matching::Weights;
    use crate::market::record::{DemandRecord, FOREVER, Id, Per, Promise, Rows};
    use proptest::prelude::*;

    const TONNE: i64 = 1_000_000;
    /// 28 February 2027.
    const END_OF_FEBRUARY: Day = NEW_YEAR + 58;

    /// 2 t a month from January to March 2027, of which so much is promised in January and in February.
    fn demand(in_january: i64, in_february: i64) -> Need {
        let record = DemandRecord {
            id: Id(2),
            version: 1,
            buyer: Id(3),
            title: String::new(),
            text: None,
            groups: Some(Rows::of([0])),
            unit: 0,
            quantity: 2 * TONNE,
            months: 0b111,
            from: NEW_YEAR,
            until: END_OF_FEBRUARY + 31,
            province: 4,
            ceiling: None,
            least_stars: 0,
            required: 0,
            preferred: 0,
            shelf_life_days: 0,
            answer_by: NEW_YEAR,
            suppliers_at_most: 0,
            closed_on: FOREVER,
            illustrative: true,
        };
        let promise = |quantity, from, until| Promise {
            unit: 0,
            quantity,
            per: Per::Month,
            from,
            until,
            effect: (-30_000, FOREVER),
            signed_on: TODAY,
            ended_on: FOREVER,
        };
        let promises = [promise(in_january, NEW_YEAR, NEW_YEAR + 30), promise(in_february, NEW_YEAR + 31, END_OF_FEBRUARY)];
        Need { met: Some(promises.into()), ..Need::new(&record, 7, 4, &samples::tables()) }
    }

    // All of January and 750 kg of February are promised: from February to March there is needed 1,250 kg and 2 t, of which who
    // may not know what is promised is told 1,300 kg and 2 t. The day before it was signed nothing was promised.
    #[test]
    fn what_is_promised_is_not_needed_again() {
        let (world, need) = (World::new(&[]), demand(2 * TONNE, 750_000));
        let [january, february, march] = [NEW_YEAR, END_OF_FEBRUARY, END_OF_FEBRUARY + 1].map(calendar::month_of);
        for (view, in_february) in [(samples::all_seeing(), 1_250_000), (View::PUBLIC, 1_300_000)] {
            let setting = world.setting(view, Weights::default(), TODAY);
            let left = need.still_needed(&setting);
            assert_eq!((left.from, left.until, left.months, left.months_needed), (NEW_YEAR + 31, need.until, 0b110, 2));
            assert_eq!((left.quantity, need.left(&setting)), (2 * TONNE, 2 * TONNE));
            let in_months = [january, february, march].map(|month| need.left_in(month, &setting));
            assert_eq!(in_months, [0, in_february, 2 * TONNE]);
        }
        let before = world.setting(View::PUBLIC, Weights::default(), TODAY - 1);
        let whole = need.still_needed(&before);
        assert_eq!((whole.from, whole.months, whole.months_needed, whole.quantity), (NEW_YEAR, 0b111, 3, 2 * TONNE));
    }

    // March is promised by nobody until the third promise; then nothing is left, and nothing is asked of anybody.
    #[test]
    fn a_demand_that_is_promised_all_is_met() {
        let (world, mut need) = (World::new(&[]), demand(2 * TONNE, 3 * TONNE));
        assert!(need.is_open(TODAY) && !need.is_met(TODAY));
        let mut promises = need.met.as_deref().unwrap_or_default().to_vec();
        promises.push(Promise { quantity: 6 * TONNE, per: Per::Quarter, from: END_OF_FEBRUARY + 1, until: FOREVER, ..promises[0] });
        need.met = Some(promises.into());
        assert!(need.is_met(TODAY) && !need.is_open(TODAY));
        assert_eq!((need.left(&world.today()), need.still_needed(&world.today()).into_owned()), (0, need.clone()));
        assert!(!need.is_met(TODAY - 1) && need.is_open(TODAY - 1));
        assert!(need.is_over(need.until + 1) && !need.is_met(need.until + 1), "over is over");
    }

    // A promise in litres, or of another time, meets no demand in kilograms.
    #[test]
    fn what_is_promised_in_another_unit_or_time_meets_nothing() {
        let (world, need) = (World::new(&[]), demand(2 * TONNE, 2 * TONNE));
        for change in [
            |promise: Promise| Promise { unit: 1, ..promise },
            |promise: Promise| Promise { from: promise.from + 365, until: promise.until + 365, ..promise },
            |promise: Promise| Promise { ended_on: TODAY, ..promise },
        ] {
            let promises: Vec<Promise> = need.met.as_deref().unwrap_or_default().iter().map(|promise| change(*promise)).collect();
            let need = Need { met: Some(promises.into()), ..need.clone() };
            let left = need.still_needed(&world.today());
            assert_eq!((left.from, left.until, left.months, left.quantity), (need.from, need.until, need.months, need.quantity));
        }
    }

    /// Of 10 t a month from January to March 2027 all but 1 t is promised in February and March.
    fn uneven(single_supplier: bool) -> Need {
        let mut need = demand(0, 9 * TONNE);
        let promises = need.met.as_deref().unwrap_or_default();
        let rest = Promise { until: need.until, ..promises[1] };
        need.met = Some([rest].into());
        Need { quantity: 10 * TONNE, single_supplier, ..need }
    }

    fn offered(quantity: i64, months: u16) -> World {
        let supply = Supply { quantity, months, minimum_order: 0, until: FOREVER, ..super::super::examples::offer().supply };
        World::new(&[Offered { supply, papers: Vec::new(), promises: Vec::new() }])
    }

    // 10 t are needed in January and 1 t in February and March. Who brings 10 t from February on brings 2 t of 2 t; who brings
    // them in January, 10 t of 10 t; 3 t in all three months are 3 + 1 + 1 of 12 t.
    #[test]
    fn a_pair_is_judged_by_what_each_month_needs() {
        for (quantity, months, covered, asked) in [(10, 0b110, 2, 2), (10, 0b001, 10, 10), (3, 0b111, 5, 12)] {
            let world = offered(quantity * TONNE, months);
            let found = evaluate(&world.supplies[0], &uneven(false), true, &world.today());
            let volume = Raw::Volume { covered: i128::from(covered * TONNE), asked: i128::from(asked * TONNE), opened: false };
            assert_eq!((found.eligible, found.parts[0].raw), (true, volume), "{quantity} t");
        }
    }

    // In February and March nobody orders 2 t: an order of at most 1 t is what is needed there.
    #[test]
    fn a_least_order_is_held_against_the_month_of_both_that_needs_most() {
        let world = offered(10 * TONNE, 0b110);
        let supply = Supply { minimum_order: 2 * TONNE, ..world.supplies[0].clone() };
        let found = evaluate(&supply, &uneven(false), true, &world.today());
        assert_eq!(found.near_miss(), Some(Code::MinimumOrder));
        assert_eq!(mends(&supply, &uneven(false), &world.today()), [(Code::MinimumOrder, Mend::MinimumOrder(TONNE))]);
        let in_january = Supply { months: 0b111, ..supply };
        assert!(evaluate(&in_january, &uneven(false), true, &world.today()).eligible);
    }

    // 10 t a month, of which 5 t of February and March are promised to others: alone it brings 10, 1 and 1 t. With 9 t it lacks
    // one in January.
    #[test]
    fn a_single_supplier_brings_what_each_month_needs() {
        let elsewhere = Promise { quantity: 5 * TONNE, ..uneven(true).met.unwrap()[0] };
        let supply = Supply { months: 0b111, quantity: 10 * TONNE, ..offered(TONNE, 1).supplies[0].clone() };
        let world = World::new(&[Offered { supply, papers: Vec::new(), promises: vec![elsewhere] }]);
        assert!(evaluate(&world.supplies[0], &uneven(true), true, &world.today()).eligible);
        // Of an order of 2 t it could bring nothing in February, which it must.
        let large = Supply { minimum_order: 2 * TONNE, ..world.supplies[0].clone() };
        assert_eq!(mends(&large, &uneven(true), &world.today()), [(Code::MinimumOrder, Mend::MinimumOrder(TONNE))]);
        let less = Supply { quantity: 9 * TONNE, ..world.supplies[0].clone() };
        assert_eq!(mends(&less, &uneven(true), &world.today()), [(Code::Quantity, Mend::Quantity(10 * TONNE))]);
    }

    proptest! {
        #[test]
        fn what_is_left_is_what_no_month_is_promised(need in samples::need_met(), eyes in samples::eyes(), ahead in -60..200_i32) {
            let (world, as_of) = (World::new(&[]), TODAY + ahead);
            let setting = world.setting(eyes.view(), Weights::default(), as_of);
            let left = need.still_needed(&setting).into_owned();
            prop_assert_eq!(left.still_needed(&setting).into_owned(), left.clone(), "what is left of that is the same");
            if !need.is_open(as_of) {
                return Ok(());
            }
            let met = need.met.as_deref().unwrap_or_default();
            let to_come: Vec<Month> = need.months_to_come(as_of).collect();
            let exactly = |month: &Month| need.quantity - promised(met, need.unit, *month, as_of).min(need.quantity);
            let with_some: Vec<Month> = to_come.iter().copied().filter(|month| exactly(month) > 0).collect();
            let asked: Vec<Month> = left.months_between(left.from, left.until).collect();
            prop_assert_eq!(asked.len(), left.months_needed as usize);
            prop_assert_eq!(&asked, &with_some);
            let most = to_come.iter().map(exactly).max().unwrap_or_default();
            prop_assert!((most..=need.quantity).contains(&left.quantity));
            for month in &to_come {
                let told = need.left_in(*month, &setting);
                prop_assert!((exactly(month)..=need.quantity).contains(&told));
                prop_assert!(told == exactly(month) || !eyes.view().sees_met(&need));
            }
        }

        // Month by month no more than is needed, and who fits has something to bring.
        #[test]
        fn no_more_is_proposed_than_is_left_of_a_demand(offered in samples::offered(), need in samples::need_met()) {
            let world = World::new(&[offered]);
            let (supply, setting) = (&world.supplies[0], world.today());
            let shares = shares(supply, &need, &setting);
            // Of one that is over it is said what all of it would have been.
            for share in shares.iter().filter(|_| !need.is_over(TODAY)) {
                for month in calendar::month_of(share.from)..=calendar::month_of(share.until) {
                    prop_assert!(share.quantity <= need.left_in(month, &setting));
                }
            }
            let is_eligible = evaluate(supply, &need, true, &setting).eligible;
            prop_assert!(!is_eligible || !shares.is_empty());
        }
    }
}
