//! Offers in the index: where each stands in the [`Book`], and which belong to one product.

use super::answering::Changes;
use super::facet::{Seen, UNKNOWN_PRICE};
use super::facts::Column;
use super::fetch::fetch_one;
use super::ids::Index;
use super::matching::{Book, Papers, Place, Supply};
use super::numbers::Numbers;
use super::products::NO_ROW;
use super::record::{ALL_MONTHS, Day, Id, MonthBits, Visibility};
use super::whereabouts::Whereabouts;

/// What one offer of a product is to a search, today: where there are several, one of them must have all that is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Price, whole đồng for a base unit; [`UNKNOWN_PRICE`] without.
    price: u32,
    /// Months in which it supplies; none where it is not open.
    pub months: MonthBits,
    /// Base unit of the quantity.
    pub unit: u8,
    /// Who sees the price.
    visibility: Visibility,
}

impl Default for Terms {
    fn default() -> Self {
        Self { price: UNKNOWN_PRICE, months: 0, unit: 0, visibility: Visibility::Public }
    }
}

impl Terms {
    /// Those of an open offer, with its price in whole đồng for a base unit and who sees it.
    pub fn new(months: MonthBits, (price, visibility): (u32, Visibility), unit: u8) -> Self {
        Self { price, months, unit, visibility }
    }

    /// Price, whoever sees it.
    pub fn cost(&self) -> u32 {
        self.price
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

/// [`Terms`] in seven bytes: the price, the months with who sees the price above them, the unit.
#[derive(Debug, Clone, Copy)]
struct PackedTerms([u8; 7]);

const VISIBILITY_SHIFT: u32 = 12;

impl From<Terms> for PackedTerms {
    fn from(Terms { price, months, unit, visibility }: Terms) -> Self {
        let [first, second, third, fourth] = price.to_ne_bytes();
        let [low, high] = (months & ALL_MONTHS | (visibility as u16) << VISIBILITY_SHIFT).to_ne_bytes();
        Self([first, second, third, fourth, low, high, unit])
    }
}

impl From<PackedTerms> for Terms {
    fn from(PackedTerms([first, second, third, fourth, low, high, unit]): PackedTerms) -> Self {
        let months = u16::from_ne_bytes([low, high]);
        let visibility = match months >> VISIBILITY_SHIFT {
            0 => Visibility::Public,
            1 => Visibility::Keys,
            2 => Visibility::Parties,
            _ => Visibility::Hidden,
        };
        Self { price: u32::from_ne_bytes([first, second, third, fourth]), months: months & ALL_MONTHS, unit, visibility }
    }
}

/// The id of the offer in a row.
fn id_in(book: &Book, places: &Whereabouts, row: u32) -> Option<Id> {
    places.get(row).and_then(|place| book.id(place))
}

/// All offers.
#[derive(Debug, Default)]
pub struct Offers {
    index: Index,
    places: Whereabouts,
    /// The next offer of the same product, or [`NO_ROW`]. The cheapest is first, whoever sees its price, so that who asks what
    /// costs least mostly looks at one; what has no price, or is over, is last.
    next: Numbers,
    terms: Vec<PackedTerms>,
    free: Vec<u32>,
    book: Book,
    changes: Changes,
}

impl Offers {
    /// The columns in which they are matched.
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// Moves to a day; what each offer is then, is noted by who knows ([`Offers::note_terms`]).
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
        self.next.make_room(more);
        self.terms.reserve(more);
    }

    /// Gives back what the columns have grown beyond what they hold.
    pub fn shrink(&mut self) {
        self.index.shrink(|row| id_in(&self.book, &self.places, row));
        self.places.shrink();
        self.next.give_back();
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
        self.places.get(row)
    }

    /// The offer in `row`.
    pub fn get(&self, row: u32) -> Option<Supply> {
        self.place(row).and_then(|place| self.book.get(place))
    }

    /// Whether anything is promised of any offer.
    pub fn has_promises(&self) -> bool {
        self.book.has_promises()
    }

    /// Thousandths of the base unit a month of the offer in `row`.
    pub fn quantity(&self, row: u32) -> Option<i64> {
        self.place(row).and_then(|place| self.book.quantity(place))
    }

    /// What the offer in `row` is today.
    pub fn terms(&self, row: u32) -> Terms {
        self.terms.get(row as usize).copied().map(Terms::from).unwrap_or_default()
    }

    /// Lets the processor fetch [`Offers::terms`] and [`Offers::after`] of a row that will be asked soon.
    #[inline]
    pub fn fetch(&self, row: u32) {
        fetch_one(&self.terms, row as usize);
        self.next.fetch(row);
    }

    fn set_terms(&mut self, row: u32, terms: Terms) {
        self.terms.get_mut(row as usize).into_iter().for_each(|place| *place = terms.into());
    }

    /// Notes what each offer of a product is today, from its `first` one on; the first now.
    pub fn note_terms(&mut self, first: u32, terms_of: impl Fn(&Supply) -> Terms) -> u32 {
        let mut rows: Vec<u32> = self.chain(first).collect();
        for row in &rows {
            let terms = self.get(*row).map(|supply| terms_of(&supply)).unwrap_or_default();
            self.set_terms(*row, terms);
        }
        rows.sort_by_key(|row| self.terms(*row).price);
        for (row, after) in rows.iter().zip(rows.iter().skip(1).copied().chain([NO_ROW])) {
            self.next.set(*row, after);
        }
        rows.first().copied().unwrap_or(NO_ROW)
    }

    /// Puts `row` among the offers of a product, of which `first` is the first; the first now.
    fn put_among(&mut self, row: u32, first: u32) -> u32 {
        let price = self.terms(row).price;
        let before = self.chain(first).take_while(|other| self.terms(*other).price < price).last();
        let Some(before) = before else {
            self.next.set(row, first);
            return row;
        };
        self.next.set(row, self.after(before));
        self.next.set(before, row);
        first
    }

    /// The offers of a product, from its first one on, by [`Terms::cost`].
    pub fn chain(&self, first: u32) -> impl Iterator<Item = u32> {
        let mut row = first;
        std::iter::from_fn(move || {
            let found = (row != NO_ROW).then_some(row)?;
            row = self.after(found);
            Some(found)
        })
    }

    /// The next offer of the same product, or [`NO_ROW`].
    pub fn after(&self, row: u32) -> u32 {
        self.next.get(row).unwrap_or(NO_ROW)
    }

    /// Adds an offer that is `terms` today to those of its product, of which `first` is the first; the first now.
    pub fn add(&mut self, supply: Supply, terms: Terms, first: u32, papers: &Papers) -> u32 {
        let id = supply.id;
        self.changes.note(supply.product);
        let place = self.book.put(supply, papers);
        let row = if let Some(row) = self.free.pop() {
            self.places.set(row, place);
            self.set_terms(row, terms);
            row
        } else {
            self.next.push(NO_ROW);
            self.terms.push(terms.into());
            self.places.push(place)
        };
        let Self { index, book, places, .. } = self;
        index.insert(id, row, |row| id_in(book, places, row));
        self.put_among(row, first)
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
        self.places.set(row, now);
    }

    /// Takes the offer in `row` out of its product's chain, which begins with `first`; the new first one.
    pub fn remove(&mut self, row: u32, first: u32) -> u32 {
        let after = self.after(row);
        let mut first = first;
        if first == row {
            first = after;
        } else {
            let before = self.chain(first).find(|other| self.after(*other) == row);
            if let Some(before) = before {
                self.next.set(before, after);
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
        if let Some(row) = row_of_last {
            self.places.set(row, now);
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
            + self.places.bytes()
            + self.next.bytes()
            + self.terms.capacity() * size_of::<PackedTerms>()
            + self.free.capacity() * 4
            + self.book.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use proptest::prelude::*;

    proptest! {
        #[test]
        fn terms_are_read_as_they_were_packed(months in 0..=ALL_MONTHS, price: u32, unit: u8,
            visibility in prop::sample::select(vec![Visibility::Public, Visibility::Keys, Visibility::Parties, Visibility::Hidden])) {
            let terms = Terms::new(months, (price, visibility), unit);
            prop_assert_eq!(Terms::from(PackedTerms::from(terms)), terms);
        }
    }
}
