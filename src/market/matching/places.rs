//! The units that offers deliver to, numbered as they come up: there are fewer of them than of all units that ever were, and
//! a set of these numbers fits a word.

/// Units that offers of a book deliver to at most: today there are 34.
pub(super) const PLACES: usize = 48;
/// No place has this number.
const NOWHERE: u8 = u8::MAX;

/// The numbers.
#[derive(Debug, Clone)]
pub(super) struct Places {
    place_of: [u8; 128],
    unit_of: Vec<u8>,
}

impl Default for Places {
    fn default() -> Self {
        Self { place_of: [NOWHERE; 128], unit_of: Vec::new() }
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
    }
}
