//! Offers in the index: where each stands in the [`Book`], and which belong to one product.

use super::answering::Changes;
use super::facet::{Seen, UNKNOWN_PRICE};
use super::ids::Index;
use super::matching::{Book, Papers, Place, Supply};
use super::products::NO_ROW;
use super::record::{Day, Id, MonthBits, Visibility};

/// What one offer of a product is to a search, today: where there are several, one of them must have all that is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Price, whole đồng for a base unit; [`UNKNOWN_PRICE`] without.
    price: u32,
    /// Thousandths of the base unit a month; [`MUCH`] for more than are counted here.
    quantity: u32,
    /// Months in which it supplies; none where it is not open.
    pub months: MonthBits,
    /// Base unit of the quantity.
    pub unit: u8,
    /// Who sees the price.
    visibility: Visibility,
}

/// So much that the book must be asked how much it is: over 4,000 tonnes a month.
const MUCH: u32 = u32::MAX;

impl Default for Terms {
    fn default() -> Self {
        Self { price: UNKNOWN_PRICE, quantity: 0, months: 0, unit: 0, visibility: Visibility::Public }
    }
}

impl Terms {
    /// Those of an open offer, with its price in whole đồng for a base unit and who sees it.
    pub fn new(months: MonthBits, (price, visibility): (u32, Visibility), unit: u8, quantity: i64) -> Self {
        Self { price, quantity: u32::try_from(quantity).unwrap_or(MUCH), months, unit, visibility }
    }

    /// Whether there are at least `least` thousandths of the base unit a month, where that is known here.
    pub fn has(&self, least: i64) -> Option<bool> {
        let known = self.quantity != MUCH || least <= i64::from(MUCH);
        known.then(|| i64::from(self.quantity) >= least)
    }

    /// Price as the caller sees it.
    pub fn price(&self, seen: Seen) -> u32 {
        if seen.sees(self.visibility) { self.price } else { UNKNOWN_PRICE }
    }

    /// Whether it has a price that the caller does not see.
    pub fn is_unseen(&self, seen: Seen) -> bool {
        self.price != UNKNOWN_PRICE && !seen.sees(self.visibility)
    }
}

/// A [`Place`] in five bytes.
#[derive(Debug, Clone, Copy)]
struct Packed([u8; 5]);

impl From<Place> for Packed {
    fn from(Place { group, slot }: Place) -> Self {
        let [first, second, third, fourth] = slot.to_ne_bytes();
        Self([first, second, third, fourth, group])
    }
}

impl From<Packed> for Place {
    fn from(Packed([first, second, third, fourth, group]): Packed) -> Self {
        Self { group, slot: u32::from_ne_bytes([first, second, third, fourth]) }
    }
}

/// The id of the offer in a row.
fn id_in(book: &Book, places: &[Packed], row: u32) -> Option<Id> {
    places.get(row as usize).and_then(|place| book.id((*place).into()))
}

/// All offers.
#[derive(Debug, Default)]
pub struct Offers {
    index: Index,
    places: Vec<Packed>,
    /// The next offer of the same product, or [`NO_ROW`].
    next: Vec<u32>,
    terms: Vec<Terms>,
    free: Vec<u32>,
    book: Book,
    changes: Changes,
}

impl Offers {
    /// The columns in which they are matched.
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// Moves to a day; what each offer is then, is noted by who knows ([`Offers::set_terms`]).
    pub fn set_today(&mut self, today: Day) {
        self.book.set_today(today);
    }

    /// From now on, until [`Offers::finish_loading`], the book only stores offers.
    pub fn begin_loading(&mut self) {
        self.book.begin_loading();
    }

    /// Works out in which sets the offers stand.
    pub fn finish_loading(&mut self, papers: &Papers) {
        self.book.finish_loading(papers);
    }

    /// Products whose words or offers have changed.
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Notes that a product has other words.
    pub fn note(&mut self, product: u32) {
        self.changes.note(product);
    }

    /// Makes room for so many more.
    pub fn reserve(&mut self, more: usize) {
        self.index.reserve(more, |row| id_in(&self.book, &self.places, row));
        self.places.reserve(more);
        self.next.reserve(more);
        self.terms.reserve(more);
    }

    /// Gives back what the columns have grown beyond what they hold.
    pub fn shrink(&mut self) {
        self.index.shrink(|row| id_in(&self.book, &self.places, row));
        self.places.shrink_to_fit();
        self.next.shrink_to_fit();
        self.terms.shrink_to_fit();
        self.free.shrink_to_fit();
    }

    /// The row of `id`, where it is known.
    pub fn row(&self, id: Id) -> Option<u32> {
        self.index.find(id, |row| self.id_of(row))
    }

    /// The row of `id` among the offers of its product, of which `first` is the first: quicker than [`Offers::row`].
    pub fn row_among(&self, id: Id, first: u32) -> Option<u32> {
        self.chain(first).find(|row| self.id_of(*row) == Some(id))
    }

    /// Id of the offer in `row`.
    pub fn id(&self, row: u32) -> Id {
        self.id_of(row).unwrap_or_default()
    }

    fn id_of(&self, row: u32) -> Option<Id> {
        id_in(&self.book, &self.places, row)
    }

    /// Where the offer in `row` stands in the book.
    pub fn place(&self, row: u32) -> Option<Place> {
        self.places.get(row as usize).copied().map(Place::from)
    }

    /// The offer in `row`.
    pub fn get(&self, row: u32) -> Option<Supply> {
        self.place(row).and_then(|place| self.book.get(place))
    }

    /// Whether anything is promised of any offer.
    pub fn has_promises(&self) -> bool {
        self.book.has_promises()
    }

    /// What the offer in `row` is today.
    pub fn terms(&self, row: u32) -> Terms {
        self.terms.get(row as usize).copied().unwrap_or_default()
    }

    /// Notes what the offer in `row` is today.
    pub fn set_terms(&mut self, row: u32, terms: Terms) {
        self.terms.get_mut(row as usize).into_iter().for_each(|place| *place = terms);
    }

    /// The offers of a product, from its first one on.
    pub fn chain(&self, first: u32) -> impl Iterator<Item = u32> {
        let mut row = first;
        std::iter::from_fn(move || {
            let found = (row != NO_ROW).then_some(row)?;
            row = self.next.get(found as usize).copied().unwrap_or(NO_ROW);
            Some(found)
        })
    }

    /// The next offer of the same product, or [`NO_ROW`].
    pub fn after(&self, row: u32) -> u32 {
        self.next.get(row as usize).copied().unwrap_or(NO_ROW)
    }

    /// Adds an offer in front of `first`, the first of its product; its row is the first now.
    pub fn add(&mut self, supply: Supply, first: u32, papers: &Papers) -> u32 {
        let id = supply.id;
        self.changes.note(supply.product);
        let place = self.book.put(supply, papers);
        let row = if let Some(row) = self.free.pop() {
            row
        } else {
            self.places.push(place.into());
            self.next.push(NO_ROW);
            self.terms.push(Terms::default());
            u32::try_from(self.places.len() - 1).unwrap_or(NO_ROW)
        };
        let at = row as usize;
        if let (Some(stands), Some(next)) = (self.places.get_mut(at), self.next.get_mut(at)) {
            (*stands, *next) = (place.into(), first);
        }
        let Self { index, book, places, .. } = self;
        index.insert(id, row, |row| id_in(book, places, row));
        row
    }

    /// Puts `supply` in place of what stands in `row`; its product stays.
    pub fn replace(&mut self, row: u32, supply: Supply, papers: &Papers) {
        let Some(place) = self.place(row) else { return };
        let group = supply.group;
        if group == place.group {
            self.book.replace(place, supply, papers);
            return;
        }
        // Another group is another column: whoever stood last in the old one has taken the place left.
        self.leave(place);
        self.changes.note(supply.product);
        let now = self.book.put(supply, papers);
        if let Some(stands) = self.places.get_mut(row as usize) {
            *stands = now.into();
        }
    }

    /// Takes the offer in `row` out of its product's chain, which begins with `first`; the new first one.
    pub fn remove(&mut self, row: u32, first: u32) -> u32 {
        let after = self.next.get(row as usize).copied().unwrap_or(NO_ROW);
        let mut first = first;
        if first == row {
            first = after;
        } else {
            let before = self.chain(first).find(|other| self.next.get(*other as usize) == Some(&row));
            if let Some(next) = before.and_then(|before| self.next.get_mut(before as usize)) {
                *next = after;
            }
        }
        if let (Some(place), Some(id)) = (self.place(row), self.id_of(row)) {
            if let Some(product) = self.book.product(place) {
                self.changes.note(product);
            }
            // The book tells the ids by which rows are found: first it is forgotten, then it leaves.
            let Self { index, book, places, .. } = self;
            index.remove(id, |row| id_in(book, places, row));
            self.leave(place);
            self.free.push(row);
        }
        first
    }

    fn leave(&mut self, place: Place) {
        // The last of the group comes to its place: as long as it stands where it stood, its row is found.
        let last = self.book.last(place.group).filter(|last| *last != place);
        let row_of_last = last.and_then(|last| self.row(self.book.id(last)?));
        let Some((_, now)) = self.book.remove(place) else { return };
        if let Some(product) = self.book.product(now) {
            self.changes.note(product);
        }
        if let Some(stands) = row_of_last.and_then(|row| self.places.get_mut(row as usize)) {
            *stands = now.into();
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// Bytes of memory, estimated.
    pub fn bytes(&self) -> usize {
        self.index.bytes()
            + self.places.capacity() * size_of::<Packed>()
            + self.next.capacity() * 4
            + self.terms.capacity() * size_of::<Terms>()
            + self.free.capacity() * 4
            + self.book.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_know_of_a_quantity_whether_it_is_enough_unless_it_is_too_much_for_them() {
        let of = |quantity| Terms::new(1, (0, Visibility::Public), 0, quantity);
        assert_eq!([4_999_999, 5_000_000, 5_000_001].map(|least| of(5_000_000).has(least)), [Some(true), Some(true), Some(false)]);
        let much = i64::from(MUCH);
        assert_eq!([1, much - 1, much, much + 1].map(|least| of(much - 1).has(least)), [Some(true), Some(true), Some(false), Some(false)]);
        for quantity in [much, much + 1, i64::MAX] {
            assert_eq!([1, much].map(|least| of(quantity).has(least)), [Some(true), Some(true)]);
            assert_eq!(of(quantity).has(much + 1), None, "the book knows");
        }
    }
}
