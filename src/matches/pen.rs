//! Numbers, prices, days and names within sentences, as each language writes them.

use crate::decimal::CURRENCIES;
use crate::error::Language;
use crate::market::record::{ALL_MONTHS, Basis, Day, FOREVER, MonthBits, Price};
use crate::reference::{CertificateKindId, ProvinceId, UnitId, reference};
use crate::search::{civil, push_decimals, push_four, push_number, push_three, push_two};

const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

/// What is counted in base units, as each language says it: one of it, several of it, and Vietnamese. Measures go by symbol.
fn base_words(code: &str) -> Option<(&'static str, &'static str, &'static str)> {
    match code {
        "UNIT" => Some(("unit", "units", "cái")),
        "KHACH" => Some(("person", "people", "khách")),
        "NGAY" => Some(("day", "days", "ngày")),
        "L" => Some(("l", "l", "lít")),
        _ => None,
    }
}

/// Writes sentences at the end of `out`.
#[derive(Debug)]
pub struct Pen<'a> {
    /// Where to.
    pub out: &'a mut Vec<u8>,
    /// In which language.
    pub language: Language,
}

impl Pen<'_> {
    /// Writes `text` as it stands.
    pub fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// Writes what is said in the language.
    pub fn say(&mut self, en: &str, vi: &str) {
        self.raw(match self.language {
            Language::En => en,
            Language::Vi => vi,
        });
    }

    /// A quantity, in thousandths of its base unit.
    pub fn quantity(&mut self, thousandths: i64, unit: u8) {
        self.thousandths(thousandths.into());
        self.unit(unit);
    }

    /// A base unit behind a number of it.
    pub fn unit(&mut self, unit: u8) {
        let Some(unit) = UnitId::from_row(unit).map(|unit| reference().units.get(unit)) else { return };
        self.out.push(b' ');
        match base_words(&unit.code) {
            Some((_, several, vi)) => self.say(several, vi),
            None => self.raw(&unit.symbol),
        }
    }

    /// A price for one base unit where that comes out in whole hundredths, else for as much as it is stated for.
    pub fn price(&mut self, price: &Price, unit: u8) {
        let (amount, per) = (i128::from(price.amount) * 1_000, i128::from(price.per_base.max(1)));
        let is_exact = amount % per == 0;
        self.decimal(if is_exact { amount / per } else { price.amount.into() }, 2);
        self.out.push(b' ');
        self.raw(CURRENCIES.get(usize::from(price.currency)).map_or("VND", |(code, _)| code));
        self.out.push(b'/');
        if !is_exact {
            return self.quantity(price.per_base, unit);
        }
        let Some(unit) = UnitId::from_row(unit).map(|unit| reference().units.get(unit)) else { return };
        match base_words(&unit.code) {
            Some((one, _, vi)) => self.say(one, vi),
            None => self.raw(&unit.symbol),
        }
    }

    /// Where a price holds, and whether tax is in it.
    pub fn terms(&mut self, price: &Price) {
        match price.basis {
            Basis::FarmGate => self.say(" at the farm gate", " tại nơi sản xuất"),
            Basis::Delivered => self.say(" delivered", " giao tận nơi"),
        }
        if price.vat_included {
            self.say(" with VAT", " đã gồm thuế GTGT");
        } else {
            self.say(" without VAT", " chưa gồm thuế GTGT");
        }
    }

    /// A price as [`Self::price`], with its [`Self::terms`] where those of `other` are different.
    pub fn price_beside(&mut self, price: &Price, unit: u8, other: &Price) {
        self.price(price, unit);
        if (price.basis, price.vat_included) != (other.basis, other.vat_included) {
            self.terms(price);
        }
    }

    /// Certificates by their names, for who has to get one.
    pub fn kinds_by_name(&mut self, kinds: u64) {
        for (at, kind) in (0_u8..64).filter(|kind| kinds >> kind & 1 == 1).enumerate() {
            if at > 0 {
                self.raw("; ");
            }
            if let Some(kind) = CertificateKindId::from_row(kind).map(|id| reference().certificate_kinds.get(id)) {
                self.say(&kind.name_en, &kind.name_vi);
            }
        }
    }

    /// A unit by its name.
    pub fn province(&mut self, province: u8) {
        if let Some(province) = ProvinceId::from_row(province) {
            self.raw(&reference().provinces.get(province).name);
        }
    }

    /// Months of the year by name or number.
    pub fn months(&mut self, months: MonthBits) {
        if months & ALL_MONTHS == ALL_MONTHS {
            return self.say("every month", "mọi tháng");
        }
        self.say("", "tháng ");
        let mut is_first = true;
        for (bit, name) in (0_u8..).zip(MONTHS) {
            if months >> bit & 1 == 0 {
                continue;
            }
            if !is_first {
                self.raw(", ");
            }
            is_first = false;
            match self.language {
                Language::En => self.raw(name),
                Language::Vi => push_number(self.out, u64::from(bit) + 1),
            }
        }
    }

    /// First and last day.
    pub fn days(&mut self, (from, until): (Day, Day)) {
        self.say("from ", "từ ");
        self.day(from);
        if until == FOREVER {
            self.say(" without an end", " không thời hạn");
        } else {
            self.say(" to ", " đến ");
            self.day(until);
        }
    }

    /// A day, as the language writes it.
    pub fn day(&mut self, day: Day) {
        if day == FOREVER {
            return;
        }
        let (year, month, day) = civil(day);
        match self.language {
            Language::En => {
                push_four(self.out, year);
                self.out.push(b'-');
                push_two(self.out, month);
                self.out.push(b'-');
                push_two(self.out, day);
            }
            Language::Vi => {
                push_two(self.out, day);
                self.out.push(b'/');
                push_two(self.out, month);
                self.out.push(b'/');
                push_four(self.out, year);
            }
        }
    }

    /// A number of thousandths.
    pub fn thousandths(&mut self, number: i128) {
        self.decimal(number, 3);
    }

    /// A number with so many decimals, of which zeros at the end are left out, with its thousands apart.
    pub fn decimal(&mut self, number: i128, decimals: u32) {
        let number = number.max(0).unsigned_abs();
        // Most numbers fit a register; dividing longer ones costs as much as all the rest of a sentence. Division by a
        // number that is known is several times as quick.
        let (whole, rest) = match (u64::try_from(number), decimals) {
            (Ok(number), 3) => (u128::from(number / 1_000), number % 1_000),
            (Ok(number), 2) => (u128::from(number / 100), number % 100),
            _ => {
                let scale = 10_u128.pow(decimals);
                (number / scale, u64::try_from(number % scale).unwrap_or(0))
            }
        };
        self.whole(whole);
        if rest > 0 {
            self.out.push(match self.language {
                Language::En => b'.',
                Language::Vi => b',',
            });
            push_decimals(self.out, rest, decimals);
        }
    }

    /// A whole number with its thousands apart.
    pub fn whole(&mut self, number: u128) {
        if let Ok(number) = u64::try_from(number) {
            return self.apart(number);
        }
        self.whole(number / 1_000);
        self.three(u64::try_from(number % 1_000).unwrap_or(0));
    }

    /// A whole number with its thousands apart.
    pub fn apart(&mut self, number: u64) {
        if number < 1_000 {
            return push_number(self.out, number);
        }
        self.apart(number / 1_000);
        self.three(number % 1_000);
    }

    /// Three more digits, apart from those before.
    pub fn three(&mut self, number: u64) {
        self.out.push(match self.language {
            Language::En => b',',
            Language::Vi => b'.',
        });
        push_three(self.out, number);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::market::record::{Basis, Visibility};
    use proptest::prelude::*;

    pub fn said(language: Language, say: impl Fn(&mut Pen<'_>)) -> String {
        let mut out = Vec::new();
        say(&mut Pen { out: &mut out, language });
        String::from_utf8(out).unwrap()
    }

    pub fn both(say: impl Fn(&mut Pen<'_>)) -> [String; 2] {
        [said(Language::En, &say), said(Language::Vi, &say)]
    }

    #[test]
    fn numbers_and_days_are_written_as_each_language_does() {
        assert_eq!(both(|pen| pen.thousandths(12_345_678_900)), ["12,345,678.9", "12.345.678,9"]);
        assert_eq!(both(|pen| pen.thousandths(1_000_005)), ["1,000.005", "1.000,005"]);
        assert_eq!(both(|pen| pen.thousandths(0)), ["0", "0"]);
        // The longest that fits a register, and longer ones.
        assert_eq!(said(Language::En, |pen| pen.whole(u64::MAX.into())), "18,446,744,073,709,551,615");
        assert_eq!(said(Language::En, |pen| pen.thousandths(10_i128.pow(24) + 20)), "1,000,000,000,000,000,000,000.02");
        // 2027-01-01 is day 20,819.
        assert_eq!(both(|pen| pen.day(20_819)), ["2027-01-01", "01/01/2027"]);
        assert_eq!(both(|pen| pen.months(0b1000_0000_0001)), ["January, December", "tháng 1, 12"]);
    }

    proptest! {
        #[test]
        fn thousands_are_apart_and_decimals_as_everywhere_else(number: u64, cut in 0_u32..20) {
            let number = number / 10_u64.pow(cut);
            let whole = said(Language::En, |pen| pen.whole(number.into()));
            prop_assert_eq!(whole.replace(',', ""), number.to_string());
            let mut threes = whole.split(',');
            prop_assert!(threes.next().is_some_and(|first| (1..=3).contains(&first.len())) && threes.all(|three| three.len() == 3), "{}", whole);
            let decimal = said(Language::Vi, |pen| pen.thousandths(number.into()));
            let expected = format!("{}.{:03}", number / 1_000, number % 1_000);
            prop_assert_eq!(decimal.replace('.', "").replace(',', "."), expected.trim_end_matches('0').trim_end_matches('.'));
        }
    }

    #[test]
    fn a_price_is_for_one_unit_unless_it_is_for_more() {
        let of = |per_base| Price {
            amount: 3_200_050,
            per_base,
            currency: 0,
            basis: Basis::Delivered,
            vat_included: true,
            visibility: Visibility::Public,
        };
        let kilogram = "KG".parse::<UnitId>().unwrap().row();
        assert_eq!(both(|pen| pen.price(&of(1_000), kilogram)), ["32,000.5 VND/kg", "32.000,5 VND/kg"]);
        // 32,000.50 for 12 kg is no whole number of hundredths for one.
        assert_eq!(both(|pen| pen.price(&of(12_000), kilogram)), ["32,000.5 VND/12 kg", "32.000,5 VND/12 kg"]);
        let for_one = |amount: i64, per_base: i64, unit: &str| {
            let unit = unit.parse::<UnitId>().unwrap().row();
            both(|pen| pen.price(&Price { amount, per_base, ..of(1_000) }, unit))
        };
        // 30 million a tonne, 3,001 a lạng, 2.3 million for two hundred, 100 for 3 l.
        assert_eq!(for_one(3_000_000_000, 1_000_000, "KG"), ["30,000 VND/kg", "30.000 VND/kg"]);
        assert_eq!(for_one(300_100, 100, "KG"), ["30,010 VND/kg", "30.010 VND/kg"]);
        assert_eq!(for_one(230_000_000, 200_000, "UNIT"), ["11,500 VND/unit", "11.500 VND/cái"]);
        assert_eq!(for_one(10_000, 3_000, "L"), ["100 VND/3 l", "100 VND/3 lít"]);
        assert_eq!(for_one(12_345, 1_000_000, "KG"), ["123.45 VND/1,000 kg", "123,45 VND/1.000 kg"]);
    }

    #[test]
    fn what_is_counted_is_named_in_the_language_of_the_sentence() {
        let said = |unit: &str| {
            let unit = unit.parse::<UnitId>().unwrap().row();
            both(|pen| pen.quantity(720_000, unit))
        };
        assert_eq!(said("UNIT"), ["720 units", "720 cái"]);
        assert_eq!(said("KHACH"), ["720 people", "720 khách"]);
        assert_eq!(said("KG"), ["720 kg", "720 kg"]);
        // Every base that is no measure has its words.
        let bases = reference().units.all().iter().filter_map(|unit| unit.base_unit).map(|base| reference().units.get(base));
        for base in bases.filter(|base| !["mass", "volume", "length", "area"].contains(&base.dimension.as_str())) {
            assert!(base_words(&base.code).is_some(), "{}", base.code);
        }
    }

    #[test]
    fn nothing_that_sentences_are_made_of_needs_an_escape() {
        let reference = reference();
        let provinces = reference.provinces.all().iter().map(|province| province.name.as_str());
        let units = reference.units.all().iter().map(|unit| unit.symbol.as_str());
        let kinds =
            reference.certificate_kinds.all().iter().flat_map(|kind| [&kind.code, &kind.name_vi, &kind.name_en]).map(String::as_str);
        for text in provinces.chain(units).chain(kinds) {
            assert!(!text.contains(|letter: char| letter == '"' || letter == '\\' || letter.is_control()), "{text}");
        }
    }
}
