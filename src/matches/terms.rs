//! The members that constraints are about: what is needed, what there is, what would be enough.

use super::texts::Pair;
use super::write::{Page, code_word};
use crate::market::facet::rows_of;
use crate::market::matching::{Code, Detail, Mend, Need, Supply, Verdict};
use crate::market::record::{Day, FOREVER, Price, Rows};
use crate::reference::{CertificateKindId, GroupId, ProvinceId, UnitId};
use crate::search::quote;

impl Page<'_> {
    /// How a constraint came out; whether it passes is told where that is not plain.
    pub(super) fn verdict(&mut self, verdict: &Verdict, supply: &Supply, need: &Need, passes: Option<bool>) {
        self.raw("{\"code\":\"");
        self.raw(code_word(verdict.code));
        self.raw("\"");
        if let Some(passes) = passes {
            self.flag("passes", passes);
        }
        self.raw(",\"text\":\"");
        let has_words = self.market.demands().text(need.id).is_some();
        let pair = Pair::new(supply, need, has_words, self.market, self.setting.as_of);
        self.pen().constraint(&verdict.detail, verdict.passes, &pair);
        self.raw("\",\"needed\":{");
        self.needed(&verdict.detail, need);
        self.raw("},\"found\":{");
        self.found(&verdict.detail, supply);
        self.raw("}}");
    }

    fn needed(&mut self, detail: &Detail, need: &Need) {
        let unit = need.unit;
        match *detail {
            Detail::Category { needed, .. } => {
                if let Some(groups) = needed {
                    self.groups(groups);
                }
            }
            Detail::OtherUnit => {}
            Detail::Text => {
                if let Some(text) = self.market.demands().text(need.id) {
                    self.raw("\"words\":");
                    quote(&mut self.json.out, text);
                }
            }
            Detail::Stars { needed, .. } => self.number("\"stars\":", needed.into()),
            Detail::Certificate { needed, .. } => self.certificates(needed),
            Detail::Period { needed: (from, until), .. } => self.period(Some(from), Some(until)),
            Detail::Months { needed, .. } => self.of_months(needed),
            Detail::MinimumOrder { needed, .. } | Detail::Quantity { needed, .. } => self.quantity(needed, unit),
            Detail::Price { needed, .. } => self.price(needed, unit),
            Detail::Delivery { needed, .. } => self.provinces(Rows::of([needed])),
            Detail::ShelfLife { needed, .. } => self.number("\"days\":", needed.into()),
            Detail::Unit { needed, .. } => self.unit(needed),
        }
    }

    fn found(&mut self, detail: &Detail, supply: &Supply) {
        let unit = supply.unit;
        match *detail {
            // Of what is not made any more, the group in which it was.
            Detail::Category { .. } => self.groups(Rows::of([self.market.products().group(supply.product)])),
            Detail::Text | Detail::OtherUnit => {}
            Detail::Stars { found, .. } => self.number("\"stars\":", found.into()),
            Detail::Certificate { found, .. } => self.certificates(found),
            Detail::Period { found: (from, until), .. } => self.period(Some(from), Some(until)),
            Detail::Months { found, .. } => self.of_months(found),
            Detail::MinimumOrder { found, .. } | Detail::Quantity { found, .. } => self.quantity(found.max(0), unit),
            Detail::Price { found, .. } => self.price(found, unit),
            Detail::Delivery { found, .. } => {
                if let Some(provinces) = found {
                    self.provinces(provinces);
                }
            }
            Detail::ShelfLife { found, .. } => self.number("\"days\":", found.into()),
            Detail::Unit { found, .. } => self.unit(found),
        }
    }

    /// The changes that would mend.
    pub(super) fn what_if(&mut self, mends: &[(Code, Mend)], unit: u8) {
        self.raw(",\"what_if\":[");
        for (at, (code, mend)) in mends.iter().enumerate() {
            self.json.separate(at);
            self.raw("{\"code\":\"");
            self.raw(code_word(*code));
            self.raw("\",\"text\":\"");
            let with_another = mends.iter().filter(|(other, _)| other == code).count() > 1;
            self.pen().mend(mend, unit, with_another);
            self.raw("\",");
            match *mend {
                Mend::Stars { stars, from, until } => {
                    self.number("\"stars\":", stars.into());
                    self.raw(",");
                    self.period(Some(from), Some(until));
                }
                Mend::Certificates { kinds, from, until } => {
                    self.certificates(kinds);
                    self.raw(",");
                    self.period(Some(from), Some(until));
                }
                Mend::Window { from_at_latest, until_at_least } => self.period(from_at_latest, until_at_least),
                Mend::AddMonths(months) => self.of_months(months),
                Mend::MinimumOrder(quantity) | Mend::Quantity(quantity) => self.quantity(quantity, unit),
                Mend::Price(price) => self.price(Some(price), unit),
                Mend::DeliverTo(province) => self.provinces(Rows::of([province])),
                Mend::ShelfLife(days) => self.number("\"days\":", days.into()),
            }
            self.raw("}");
        }
        self.raw("]");
    }

    fn groups(&mut self, groups: Rows) {
        self.list("\"groups\":[", groups, |row| GroupId::from_row(row).map(|id| id.as_str()));
    }

    fn provinces(&mut self, provinces: Rows) {
        self.list("\"provinces\":[", provinces, |row| ProvinceId::from_row(row).map(|id| id.as_str()));
    }

    fn certificates(&mut self, kinds: u64) {
        self.list("\"certificates\":[", Rows(kinds.into()), |row| CertificateKindId::from_row(row).map(|id| id.as_str()));
    }

    /// `name` with the keys of `rows`.
    fn list(&mut self, name: &str, rows: Rows, key: impl Fn(u8) -> Option<&'static str>) {
        self.raw(name);
        for (at, key) in rows_of(rows).filter_map(|row| key(u8::try_from(row).ok()?)).enumerate() {
            self.json.separate(at);
            quote(&mut self.json.out, key);
        }
        self.raw("]");
    }

    fn period(&mut self, from: Option<Day>, until: Option<Day>) {
        if let Some(day) = from {
            self.raw("\"from\":");
            self.json.day(day);
        }
        if let Some(day) = until.filter(|day| *day != FOREVER) {
            if from.is_some() {
                self.raw(",");
            }
            self.raw("\"until\":");
            self.json.day(day);
        }
    }

    fn of_months(&mut self, months: u16) {
        self.raw("\"months\":");
        self.json.months(months);
    }

    fn quantity(&mut self, quantity: i64, unit: u8) {
        self.raw("\"quantity_base\":");
        self.json.base(quantity, unit);
    }

    fn price(&mut self, price: Option<Price>, unit: u8) {
        if let Some(price) = price {
            self.raw("\"price\":");
            self.json.price(&price, unit);
        }
    }

    fn unit(&mut self, unit: u8) {
        self.raw("\"unit\":\"");
        self.raw(UnitId::from_row(unit).map_or("", |id| id.as_str()));
        self.raw("\"");
    }
}
