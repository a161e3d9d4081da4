//! A text as words, each with its marks and without.
//!
//! Vietnamese is written in syllables, and a syllable is a word here. Its tone may stand on either vowel ("hòa",
//! "hoà"), composed or decomposed: one spelling remains. Letters and digits part words, so that "ST-25" and "st25" are
//! the same two.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Grave, acute, hook above, tilde, dot below: the tone belongs to the syllable, the other marks to a letter.
const TONES: [char; 5] = ['\u{300}', '\u{301}', '\u{309}', '\u{303}', '\u{323}'];

/// One word of a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Token {
    /// Lower case with the marks of its letters (decomposed), without the tone.
    pub letters: String,
    /// The tone, where there is one.
    pub tone: Option<char>,
    /// Lower case without any marks.
    pub folded: String,
}

impl Token {
    /// Whether it was written with marks: then the other spellings are other words.
    pub fn is_marked(&self) -> bool {
        self.tone.is_some() || self.letters != self.folded
    }

    /// The one spelling: letters, then the tone.
    pub fn spelling(&self) -> String {
        let mut spelling = self.letters.clone();
        spelling.extend(self.tone);
        spelling
    }
}

/// What a run of letters is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Letters,
    Digits,
}

/// The words of `text`, in order.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut word = Token { letters: String::new(), tone: None, folded: String::new() };
    let mut class = None;
    for letter in text.nfd() {
        if is_combining_mark(letter) {
            if word.folded.is_empty() {
                continue;
            }
            if TONES.contains(&letter) {
                word.tone = Some(letter);
            } else {
                word.letters.push(letter);
            }
            continue;
        }
        let next = if !letter.is_alphanumeric() {
            None
        } else if letter.is_numeric() {
            Some(Class::Digits)
        } else {
            Some(Class::Letters)
        };
        if next != class && !word.folded.is_empty() {
            found.push(std::mem::replace(&mut word, Token { letters: String::new(), tone: None, folded: String::new() }));
        }
        class = next;
        if next.is_some() {
            match letter {
                'đ' | 'Đ' => {
                    word.letters.push('đ');
                    word.folded.push('d');
                }
                _ => {
                    // Lower case may be more than one character, and bring a mark of its own ("İ").
                    for lower in letter.to_lowercase().filter(|lower| !is_combining_mark(*lower)) {
                        word.letters.push(lower);
                        word.folded.push(lower);
                    }
                }
            }
        }
    }
    if !word.folded.is_empty() {
        found.push(word);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::fold;
    use proptest::prelude::*;

    fn spellings(text: &str) -> Vec<String> {
        tokens(text).iter().map(Token::spelling).collect()
    }

    #[test]
    fn the_place_of_a_tone_and_composition_do_not_matter() {
        assert_eq!(spellings("hòa"), spellings("hoà"));
        assert_eq!(spellings("Thủy"), spellings("THUỶ"));
        assert_eq!(spellings("ườ"), spellings("u\u{31b}o\u{31b}\u{300}"));
        assert_ne!(spellings("dừa"), spellings("dứa"));
        assert_ne!(spellings("dừa"), spellings("dưa"));
    }

    #[test]
    fn letters_digits_and_punctuation_part_words() {
        let folded = |text: &str| tokens(text).into_iter().map(|token| token.folded).collect::<Vec<_>>();
        assert_eq!(folded("Gạo ST-25"), ["gao", "st", "25"]);
        assert_eq!(folded("gao st25"), ["gao", "st", "25"]);
        assert_eq!(folded("  Đường thốt-nốt (500g). "), ["duong", "thot", "not", "500", "g"]);
        assert!(folded(" -/. ").is_empty());
    }

    #[test]
    fn a_word_is_marked_by_its_tone_or_its_letters() {
        let marked = |text: &str| tokens(text).iter().map(Token::is_marked).collect::<Vec<_>>();
        assert_eq!(marked("hành tim đo lon tôm"), [true, false, true, false, true]);
    }

    proptest! {
        #[test]
        fn words_fold_as_names_do(text in "[a-zA-ZàáảãạăằắẳẵặâầấẩẫậđĐèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵÀẠẾỘƯ .,/-]{0,40}") {
            let folded: Vec<String> = tokens(&text).into_iter().map(|token| token.folded).collect();
            prop_assert_eq!(folded.join(" "), fold(&text));
        }

        #[test]
        fn composing_changes_no_word(text in any::<String>()) {
            let composed: String = text.nfc().collect();
            prop_assert_eq!(tokens(&composed), tokens(&text));
        }
    }
}
