//! Row numbers in three bytes each, as long as they fit: no register of today has sixteen million rows.

use super::facts::Column;
use super::fetch::fetch_one;
use super::products::NO_ROW;

/// A row number as it is kept.
pub trait Number: Copy {
    /// In as many bytes as it has.
    fn of(row: u32) -> Self;
    /// The row.
    fn row(self) -> u32;
}

impl Number for u32 {
    fn of(row: u32) -> Self {
        row
    }

    #[inline]
    fn row(self) -> u32 {
        self
    }
}

/// A row number below [`TOO_LONG`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Short([u8; 3]);

/// The first row number that three bytes do not hold.
pub const TOO_LONG: u32 = 1 << 24;
/// What [`NO_ROW`] is in three bytes.
const SHORT_NO_ROW: u32 = TOO_LONG - 1;

impl Short {
    /// A row number, [`NO_ROW`] among them; `None` for one that three bytes do not hold.
    pub fn fitting(row: u32) -> Option<Self> {
        (row < SHORT_NO_ROW || row == NO_ROW).then(|| Self::of(row))
    }

    /// What [`Short::fitting`] was made of.
    #[inline]
    pub fn row_or_none(self) -> u32 {
        if self.row() == SHORT_NO_ROW { NO_ROW } else { self.row() }
    }
}

impl Number for Short {
    fn of(row: u32) -> Self {
        let [first, second, third, _] = row.to_le_bytes();
        Self([first, second, third])
    }

    #[inline]
    fn row(self) -> u32 {
        let Self([first, second, third]) = self;
        u32::from_le_bytes([first, second, third, 0])
    }
}

/// A column of row numbers, among them [`NO_ROW`].
#[derive(Debug, Clone)]
pub struct Numbers(Bytes);

#[derive(Debug, Clone)]
enum Bytes {
    Short(Vec<Short>),
    Long(Vec<u32>),
}

impl Default for Numbers {
    fn default() -> Self {
        Self(Bytes::Short(Vec::new()))
    }
}

impl Numbers {
    /// The number in a place, where there is one.
    #[inline]
    pub fn get(&self, at: u32) -> Option<u32> {
        match &self.0 {
            Bytes::Short(numbers) => numbers.get(at as usize).map(|number| number.row_or_none()),
            Bytes::Long(numbers) => numbers.get(at as usize).copied(),
        }
    }

    /// Lets the processor fetch the number in a place that will be asked soon.
    #[inline]
    pub fn fetch(&self, at: u32) {
        match &self.0 {
            Bytes::Short(numbers) => fetch_one(numbers, at as usize),
            Bytes::Long(numbers) => fetch_one(numbers, at as usize),
        }
    }

    /// A place more.
    pub fn push(&mut self, number: u32) {
        self.make_long_for(number);
        match &mut self.0 {
            Bytes::Short(numbers) => numbers.push(Short::of(number)),
            Bytes::Long(numbers) => numbers.push(number),
        }
    }

    /// Writes a number in a place that is there.
    pub fn set(&mut self, at: u32, number: u32) {
        self.make_long_for(number);
        match &mut self.0 {
            Bytes::Short(numbers) => numbers.get_mut(at as usize).into_iter().for_each(|place| *place = Short::of(number)),
            Bytes::Long(numbers) => numbers.get_mut(at as usize).into_iter().for_each(|place| *place = number),
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        match &self.0 {
            Bytes::Short(numbers) => numbers.len(),
            Bytes::Long(numbers) => numbers.len(),
        }
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> usize {
        match &self.0 {
            Bytes::Short(numbers) => numbers.capacity() * size_of::<Short>(),
            Bytes::Long(numbers) => numbers.capacity() * size_of::<u32>(),
        }
    }

    /// Takes four bytes for each from the first number on that needs them.
    fn make_long_for(&mut self, number: u32) {
        if let Bytes::Short(numbers) = &self.0
            && Short::fitting(number).is_none()
        {
            self.0 = Bytes::Long(numbers.iter().map(|number| number.row_or_none()).collect());
        }
    }
}

impl Column for Numbers {
    fn make_room(&mut self, more: usize) {
        match &mut self.0 {
            Bytes::Short(numbers) => numbers.reserve(more),
            Bytes::Long(numbers) => numbers.reserve(more),
        }
    }

    fn give_back(&mut self) {
        match &mut self.0 {
            Bytes::Short(numbers) => numbers.shrink_to_fit(),
            Bytes::Long(numbers) => numbers.shrink_to_fit(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number() -> impl Strategy<Value = u32> {
        prop_oneof![4 => 0..TOO_LONG - 1, 2 => Just(NO_ROW), 1 => TOO_LONG - 2..TOO_LONG + 2, 1 => any::<u32>()]
    }

    proptest! {
        // Against four bytes each.
        #[test]
        fn numbers_are_read_as_they_were_written(
            pushed in prop::collection::vec(number(), 1..20), written in prop::collection::vec((any::<prop::sample::Index>(), number()), 0..20),
        ) {
            let (mut numbers, mut expected) = (Numbers::default(), pushed.clone());
            for number in pushed {
                numbers.push(number);
            }
            for (at, number) in written {
                let at = at.index(expected.len());
                expected[at] = number;
                numbers.set(u32::try_from(at).unwrap(), number);
            }
            let length = u32::try_from(expected.len()).unwrap();
            prop_assert_eq!((0..length).map(|at| numbers.get(at)).collect::<Option<Vec<_>>>(), Some(expected));
            prop_assert_eq!(numbers.get(length), None);
        }
    }

    #[test]
    fn three_bytes_are_enough_for_some_millions() {
        let mut numbers = Numbers::default();
        for number in [0, 9_000_000, NO_ROW] {
            numbers.push(number);
        }
        numbers.give_back();
        assert_eq!(numbers.bytes(), 9);
    }
}
