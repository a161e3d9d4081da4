//! Text as people type it: the search key of a name, and one spelling for what is stored.
//!
//! Vietnamese reaches us composed and decomposed, with the tone on either vowel ("Hòa", "Hoà"), or with no accents at
//! all. A search key forgets those differences; a stored text keeps its accents and only becomes composed.

use chrono::NaiveDate;
use std::borrow::Cow;
use std::fmt::Display;

use unicode_normalization::{IsNormalized, UnicodeNormalization, char::is_combining_mark, is_nfc_quick};

/// A day as Vietnamese sentences write it: 28/11/2027.
pub fn in_vietnamese(day: NaiveDate) -> impl Display {
    day.format("%d/%m/%Y")
}

/// The search key of `text`: lower case, without accents, words separated by single spaces.
///
/// Whatever is neither letter nor digit separates words: "Gạo ST-25" becomes "gao st 25". Two texts with the same key
/// may be different words ("tạ", "tá"), so a key finds candidates and never proves that two names are the same.
/// It is empty where `text` has no word to search for.
pub fn fold(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    let mut word_ended = false;
    for letter in decomposed(text).filter(|letter| !is_combining_mark(*letter)) {
        if !letter.is_alphanumeric() {
            word_ended = true;
            continue;
        }
        if word_ended && !key.is_empty() {
            key.push(' ');
        }
        word_ended = false;
        match letter {
            // The stroke of đ is part of the letter, so that decomposing does not take it off.
            'đ' | 'Đ' | ETH_CAPITAL | ETH => key.push('d'),
            _ => key.extend(letter.to_lowercase()),
        }
    }
    key
}

/// The letters, digits and marks of `text` one by one, as they are read: what full-width letters, units in one character
/// ("㎏") and the like look like, without what stands unseen within words.
pub fn decomposed(text: &str) -> impl Iterator<Item = char> + '_ {
    text.nfkd().filter(|letter| !JOINERS.contains(letter))
}

/// What stands unseen within a word that was copied from a page: it parts nothing.
const JOINERS: [char; 5] = ['\u{ad}', '\u{200b}', '\u{200c}', '\u{200d}', '\u{feff}'];

/// What old Vietnamese fonts and keyboards write for Đ and đ: letters of Icelandic that look the same.
pub const ETH_CAPITAL: char = '\u{d0}';
/// The same in lower case.
pub const ETH: char = '\u{f0}';

/// `text` in composed form (NFC), the only form that is stored or compared with accents.
///
/// Borrows when there is nothing to change.
pub fn nfc(text: &str) -> Cow<'_, str> {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => Cow::Borrowed(text),
        IsNormalized::No | IsNormalized::Maybe => Cow::Owned(text.nfc().collect()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn composed_and_decomposed_text_have_one_key() {
        assert_eq!(fold("S\u{f3}c Tr\u{103}ng"), "soc trang");
        assert_eq!(fold("So\u{301}c Tra\u{306}ng"), "soc trang");
        // "ườ" as one letter, and as u + horn + grave.
        assert_eq!(fold("\u{111}\u{1b0}\u{1edd}ng"), "duong");
        assert_eq!(fold("\u{111}u\u{31b}o\u{31b}\u{300}ng"), "duong");
        assert_eq!(fold("\u{d0}\u{1b0}\u{1edd}ng \u{f0}en"), "duong den");
    }

    #[test]
    fn the_place_of_the_tone_does_not_matter() {
        assert_eq!(fold("Hòa Bình"), "hoa binh");
        assert_eq!(fold("Hoà Bình"), "hoa binh");
        assert_eq!(fold("Thủy"), fold("Thuỷ"));
    }

    #[test]
    fn the_stroked_d_is_a_d_in_both_cases() {
        assert_eq!(fold("ĐẮK LẮK"), "dak lak");
        assert_eq!(fold("Đồng Tháp, đồng tháp"), "dong thap dong thap");
    }

    #[test]
    fn punctuation_separates_words_and_leaves_no_spaces_around() {
        assert_eq!(fold("Gạo ST-25"), "gao st 25");
        assert_eq!(fold("  Bà Rịa -- Vũng Tàu. "), "ba ria vung tau");
        assert_eq!(fold("TP.HCM"), "tp hcm");
        assert_eq!(fold(" -/. "), "");
        assert_eq!(fold(""), "");
    }

    #[test]
    fn what_looks_the_same_has_one_key() {
        assert_eq!(fold("ｇａｏ　ＳＴ－２５"), "gao st 25");
        assert_eq!(fold("Gạo 5㎏"), "gao 5kg");
        assert_eq!(fold("ha\u{200b}nh\u{200b} ti\u{ad}m\u{feff}"), "hanh tim");
    }

    #[test]
    fn composing_keeps_accents_and_borrows_when_it_can() {
        assert_eq!(nfc("So\u{301}c Tra\u{306}ng"), "S\u{f3}c Tr\u{103}ng");
        assert!(matches!(nfc("S\u{f3}c Tr\u{103}ng"), Cow::Borrowed(_)));
        assert_eq!(nfc("Hoà"), "Hoà", "composing does not move a tone");
    }

    proptest! {
        #[test]
        fn folding_twice_changes_nothing(text in any::<String>()) {
            let key = fold(&text);
            prop_assert_eq!(fold(&key), key);
        }

        #[test]
        fn a_key_does_not_depend_on_composition(text in any::<String>()) {
            prop_assert_eq!(fold(&nfc(&text)), fold(&text));
        }

        #[test]
        fn a_key_is_single_spaced(text in any::<String>()) {
            let key = fold(&text);
            prop_assert_eq!(key.split_whitespace().collect::<Vec<_>>().join(" "), key);
        }
    }
}
