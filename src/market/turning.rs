//! The turn of the day: what begins, ends and runs out with it.

use super::Market;
use super::record::Day;
use super::upkeep::terms;
use std::ops::Range;

/// Products that are looked at by one thread at least, where the day turns.
const ROWS_A_THREAD: u32 = 4_096;

impl Market {
    /// Moves the day on: what is kept ready for today is worked out anew where it differs.
    pub fn set_today(&mut self, today: Day) {
        if self.today == today {
            return;
        }
        self.today = today;
        self.kept.clear();
        self.kept_offers.clear();
        self.kept_shown.clear();
        self.offers.set_today(today);
        self.forget_old_promises();
        for row in self.rows_that_turned() {
            self.note_terms(row);
            self.refresh(row);
        }
    }

    /// The products that are something else today than what is kept of them, found on several threads: nobody is answered
    /// meanwhile.
    fn rows_that_turned(&self) -> Vec<u32> {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let share = u32::try_from(threads).map_or(u32::MAX, |threads| self.products.rows().div_ceil(threads)).max(ROWS_A_THREAD);
        let shares = (0..self.products.rows()).step_by(share as usize).map(|first| first..(first + share).min(self.products.rows()));
        std::thread::scope(|scope| {
            let find = |rows: Range<u32>| move || rows.filter(|row| self.has_turned(*row)).collect::<Vec<u32>>();
            let mut shares = shares.map(find);
            let own = shares.next();
            let others: Vec<_> = shares.map(|share| scope.spawn(share)).collect();
            let mut found = own.map(|own| own()).unwrap_or_default();
            for other in others {
                match other.join() {
                    Ok(rows) => found.extend(rows),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            found
        })
    }

    /// Whether a product or one of its offers is something else today than what is kept of it.
    fn has_turned(&self, row: u32) -> bool {
        let mut facts = self.facts_without_offers(row, self.today);
        for offer in self.offers.chain(self.products.first_offer(row)) {
            let Some(supply) = self.offers.get(offer) else { continue };
            let terms = terms(&supply, self.today);
            if terms != self.offers.terms(offer) {
                return true;
            }
            if let Some(facts) = facts.as_mut().filter(|_| terms.months != 0) {
                facts.take(terms, supply.quantity);
            }
        }
        facts != self.products.shown().contains(row).then(|| self.products.facts(row))
    }
}
