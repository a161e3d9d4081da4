//! Text in Vietnamese: words of names, and which rows a typed query means.
//!
//! In reading order: [`tokens`] (a text as words, with and without marks), [`vocabulary`] (every word of the catalogue by
//! number), [`rows`] (those in which one word stands), [`lexicon`] (words with their rows), `beginnings` (the rows of words
//! that begin alike), `neighbours` (words that stand side by side), [`synonyms`] (what north and south call the same),
//! `typos` (words that are one error away), `slots` (what a name must have for one word of a query), [`senses`] (words of
//! a name that mean something else there), [`places`] (provinces among the words), `reading` (how well a name fits one way to
//! read a query), [`typed`] (the words of a query), [`stages`] (from exact to most words, each for itself), [`query`] (which
//! rows are meant after all of them).

mod beginnings;
pub mod lexicon;
mod neighbours;
pub mod places;
pub mod query;
mod reading;
pub mod rows;
pub mod senses;
mod slots;
pub mod stages;
pub mod synonyms;
pub mod tokens;
pub mod typed;
mod typos;
pub mod vocabulary;
