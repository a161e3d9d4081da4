//! What few different offers of a book have, numbered as it comes up: the units that they deliver to, of which there are
//! fewer than of all units that ever were, so that a set of these numbers fits a word; and how much their prices are for.

/// Units that offers of a book deliver to at most: today there are 34.
pub(super) const PLACES: usize = 40;
/// No place has this number.
const NOWHERE: u8 = u8::MAX;

/// The numbers.
#[derive(Debug, Clone)]
pub(super) struct Places {
    place_of: [u8; 128],
    unit_of: Vec<u8>,
    /// How many thousandths of the base unit are priced, by number: one, a hundred, a thousand.
    priced: Vec<i64>,
}

impl Default for Places {
    fn default() -> Self {
        Self { place_of: [NOWHERE; 128], unit_of: Vec::new(), priced: Vec::new() }
    }
}

impl Places {
    /// The number of a unit; `None` where no more find room.
    pub fn get_or_new(&mut self, unit: u8) -> Option<usize> {
        if let Some(known) = self.get(unit) {
            return Some(known);
        }
        let place = self.unit_of.len();
        if place == PLACES {
            return None;
        }
        *self.place_of.get_mut(usize::from(unit))? = u8::try_from(place).ok()?;
        self.unit_of.push(unit);
        Some(place)
    }

    /// The number of a unit, where it has one.
    pub fn get(&self, unit: u8) -> Option<usize> {
        self.place_of.get(usize::from(unit)).filter(|place| **place != NOWHERE).map(|place| usize::from(*place))
    }

    /// The number of how much a price is for; `None` where no more find room.
    pub fn priced_or_new(&mut self, per_base: i64) -> Option<u8> {
        let known = self.priced.iter().position(|other| *other == per_base);
        let number = u8::try_from(known.unwrap_or(self.priced.len())).ok()?;
        if known.is_none() {
            self.priced.push(per_base);
        }
        Some(number)
    }

    /// How much a price is for by its number.
    #[inline]
    pub fn priced(&self, number: u8) -> i64 {
        self.priced.get(usize::from(number)).copied().unwrap_or(1)
    }

    /// The units of a set of numbers.
    pub fn units_of(&self, set: u64) -> u128 {
        let units = self.unit_of.iter().enumerate().filter(|(place, _)| set >> place & 1 != 0);
        units.fold(0, |units, (_, unit)| units | 1_u128.checked_shl(u32::from(*unit)).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        // Of more units than there is room for, those that came first have numbers.
        #[test]
        fn units_come_back_from_their_numbers(units in proptest::collection::vec(0..128_u8, 0..200)) {
            let mut places = Places::default();
            let mut known: Vec<u8> = Vec::new();
            for unit in units {
                let expected = known.contains(&unit) || known.len() < PLACES;
                if expected && !known.contains(&unit) {
                    known.push(unit);
                }
                let place = places.get_or_new(unit);
                prop_assert_eq!(place, known.iter().position(|other| *other == unit));
                prop_assert_eq!(places.get(unit), place);
                prop_assert!(place.is_none_or(|place| places.units_of(1 << place) == 1 << unit));
            }
            prop_assert_eq!(places.units_of(u64::MAX), known.iter().fold(0, |units, unit| units | 1_u128 << unit));
        }

        // Beyond 256 there is no room.
        #[test]
        fn how_much_a_price_is_for_comes_back_from_its_number(amounts in proptest::collection::vec(1..400_i64, 0..1_000)) {
            let mut places = Places::default();
            let mut known: Vec<i64> = Vec::new();
            for amount in amounts {
                if !known.contains(&amount) && known.len() < 256 {
                    known.push(amount);
                }
                let number = places.priced_or_new(amount);
                prop_assert_eq!(number.map(usize::from), known.iter().position(|other| *other == amount));
                prop_assert!(number.is_none_or(|number| places.priced(number) == amount));
            }
        }
    }
}
