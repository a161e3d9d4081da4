//! Text in Vietnamese: words of names, and which rows a typed query means.
//!
//! In reading order: [`tokens`] (a text as words, with and without marks), [`vocabulary`] (every word of the catalogue by
//! number), [`rows`] (those in which one word stands), [`lexicon`] (words with their rows), `beginnings` (the rows of words
//! that begin alike), `neighbours` (words that stand side by side), [`synonyms`] (what north and south call the same),
//! `typos` (words that are one error away), `slots` (what a name must have for one word of a query), [`senses`] (words of
//! a name that mean something else there), [`places`] (provinces among the words), `reading` (how well a name fits one way to read a query), [`query`] (what is
//! typed, in stages from exact to most words).

mod beginnings;
pub mod lexicon;
mod neighbours;
pub mod places;
pub mod query;
mod reading;
pub mod rows;
pub mod senses;
mod slots;
pub mod synonyms;
pub mod tokens;
mod typos;
pub mod vocabulary;
