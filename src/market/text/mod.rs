//! Text in Vietnamese: words of names, and which rows a typed query means.
//!
//! In reading order: [`tokens`] (a text as words, with and without marks), [`lexicon`] (every word of the catalogue and
//! where it stands), [`rows`] (the rows of one word), `beginnings` (where those stand that begin alike), [`synonyms`] (what north and south call the
//! same), `typos` (words that are one error away), `slots` (what a name must have for one word of a query), `reading` (how well a
//! name fits one way to read a query), [`query`] (what is typed, in stages from exact to most words).

mod beginnings;
pub mod lexicon;
pub mod query;
mod reading;
pub mod rows;
mod slots;
pub mod synonyms;
pub mod tokens;
mod typos;
