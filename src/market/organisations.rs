//! Organisations in the index: who makes and who buys, with their papers and products.

use super::ids::{Index, id_in};
use super::record::{Id, OrganisationRecord};
use super::text::lexicon::Word;
use super::text::query::{NAME_WORDS, NO_WORD, NameWords};

/// An organisation. One that only others refer to so far has no name.
#[derive(Debug, Clone)]
pub struct Organisation {
    /// Version; 0 before its record came.
    pub version: i64,
    /// Name.
    pub name: Box<str>,
    /// Unit, as recorded.
    pub province: u8,
    /// Kind of producer, where it is one.
    pub producer_kind: Option<u8>,
    /// Whether it buys.
    pub is_buyer: bool,
    /// Words of the name in the products' lexicon.
    pub words: Vec<Word>,
    /// Words of the name in the organisations' lexicon, for ranking.
    pub name_words: NameWords,
    /// Rows of its products.
    pub products: Vec<u32>,
}

impl Default for Organisation {
    fn default() -> Self {
        Self {
            version: 0,
            name: Box::default(),
            province: 0,
            producer_kind: None,
            is_buyer: false,
            words: Vec::new(),
            name_words: [NO_WORD; NAME_WORDS],
            products: Vec::new(),
        }
    }
}

/// All of them.
#[derive(Debug, Clone, Default)]
pub struct Organisations {
    index: Index,
    ids: Vec<Id>,
    rows: Vec<Organisation>,
}

impl Organisations {
    /// The row of `id`; one without a record yet is made.
    pub fn row_or_new(&mut self, id: Id) -> u32 {
        if let Some(row) = self.index.find(id, id_in(&self.ids)) {
            return row;
        }
        let row = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
        self.ids.push(id);
        self.rows.push(Organisation::default());
        self.index.insert(id, row, id_in(&self.ids));
        row
    }

    /// The row of `id`, where it is known.
    pub fn row(&self, id: Id) -> Option<u32> {
        self.index.find(id, id_in(&self.ids))
    }

    /// The organisation in `row`.
    pub fn get(&self, row: u32) -> Option<&Organisation> {
        self.rows.get(row as usize)
    }

    /// The organisation in `row`.
    pub fn get_mut(&mut self, row: u32) -> Option<&mut Organisation> {
        self.rows.get_mut(row as usize)
    }

    /// Id of `row`.
    pub fn id(&self, row: u32) -> Id {
        self.ids.get(row as usize).copied().unwrap_or_default()
    }

    /// Writes down what `record` says.
    pub fn put(&mut self, row: u32, record: &OrganisationRecord, words: Vec<Word>, name_words: NameWords) {
        let Some(known) = self.rows.get_mut(row as usize) else { return };
        known.version = record.version;
        known.name = record.name.as_str().into();
        known.province = record.province;
        known.producer_kind = record.producer_kind;
        known.is_buyer = record.is_buyer;
        known.words = words;
        known.name_words = name_words;
    }

    /// Gives back what lists have grown beyond what they hold.
    pub fn shrink(&mut self) {
        for organisation in &mut self.rows {
            organisation.words.shrink_to_fit();
            organisation.products.shrink_to_fit();
        }
        self.rows.shrink_to_fit();
        self.index.shrink(id_in(&self.ids));
        self.ids.shrink_to_fit();
    }

    /// How many have a record.
    pub fn len(&self) -> usize {
        self.rows.iter().filter(|organisation| organisation.version > 0).count()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every row with its organisation.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &Organisation)> {
        (0_u32..).zip(&self.rows)
    }

    /// Bytes of memory, estimated.
    pub fn bytes(&self) -> usize {
        let heap = |organisation: &Organisation| {
            organisation.name.len() + organisation.words.capacity() * 4 + organisation.products.capacity() * 4
        };
        self.index.bytes()
            + self.ids.capacity() * 16
            + self.rows.capacity() * size_of::<Organisation>()
            + self.rows.iter().map(heap).sum::<usize>()
    }
}
