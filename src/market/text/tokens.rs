//! A text as words, each with its marks and without.
//!
//! Vietnamese is written in syllables, and a syllable is a word here. Its tone may stand on either vowel ("hòa",
//! "hoà"), composed or decomposed, and some end in `y` or `i` ("lý", "lí"): one spelling remains. Letters and digits part
//! words, so that "ST-25" and "st25" are the same two.

use crate::text::{ETH, ETH_CAPITAL, decomposed};
use unicode_normalization::char::{decompose_canonical, is_combining_mark};

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

    /// The same as it is typed without marks.
    #[must_use]
    pub fn without_marks(&self) -> Self {
        Self { letters: self.folded.clone(), tone: None, folded: self.folded.clone() }
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

/// Before a single `y` these are written with `i` as well: "Lý Sơn" and "Lí Sơn", "mỳ" and "mì", "kỹ" and "kĩ". One spelling
/// remains.
const BEFORE_Y: &[u8] = b"hklmst";

/// Whether a word without its marks is one of those that are written with `i` as well; nothing comes behind such a `y`.
pub fn ends_in_y(folded: &str) -> bool {
    matches!(folded.as_bytes(), [first, b'y'] if BEFORE_Y.contains(first))
}

/// What stands behind every invented name. It tells what the record is, not what the thing is called: who types `hoa`
/// means flowers.
pub const INVENTED: &str = " (minh họa)";

/// `name` without [`INVENTED`] behind it, unless that is all.
pub fn without_mark(name: &str) -> &str {
    name.strip_suffix(INVENTED).filter(|rest| !rest.is_empty()).unwrap_or(name)
}

/// The words of `text`, in order.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut reader = Reader::default();
    if text.chars().all(is_plain_latin) {
        // No mark follows its letter here: letter by letter is in order.
        for letter in text.chars() {
            if letter.is_ascii() {
                reader.take(letter);
            } else {
                decompose_canonical(letter, |part| reader.take(part));
            }
        }
    } else {
        decomposed(text).for_each(|letter| reader.take(letter));
    }
    reader.finish()
}

/// Letters with or without marks that stand as one character, and for nothing else, in which nearly all names are written.
fn is_plain_latin(letter: char) -> bool {
    matches!(letter, '\0'..'\u{a0}' | 'À'..='ı' | 'Ĵ'..='ľ' | 'Ơ'..='ư' | 'Ạ'..='ỹ')
}

/// Puts decomposed characters together to words.
#[derive(Debug, Default)]
struct Reader {
    found: Vec<Token>,
    letters: String,
    tone: Option<char>,
    folded: String,
    class: Option<Class>,
}

impl Reader {
    fn take(&mut self, letter: char) {
        let is_ascii = letter.is_ascii();
        if !is_ascii && is_combining_mark(letter) {
            if self.folded.is_empty() {
                return;
            }
            if TONES.contains(&letter) {
                self.tone = Some(letter);
            } else {
                self.letters.push(letter);
            }
            return;
        }
        let next = if !letter.is_alphanumeric() {
            None
        } else if letter.is_numeric() {
            Some(Class::Digits)
        } else {
            Some(Class::Letters)
        };
        if next != self.class {
            self.end_word();
        }
        self.class = next;
        match letter {
            _ if next.is_none() => {}
            'đ' | 'Đ' | ETH_CAPITAL | ETH => {
                self.letters.push('đ');
                self.folded.push('d');
            }
            _ if is_ascii => {
                self.letters.push(letter.to_ascii_lowercase());
                self.folded.push(letter.to_ascii_lowercase());
            }
            _ => {
                // Lower case may be more than one character, and bring a mark of its own ("İ").
                for lower in letter.to_lowercase().filter(|lower| !is_combining_mark(*lower)) {
                    self.letters.push(lower);
                    self.folded.push(lower);
                }
            }
        }
    }

    fn end_word(&mut self) {
        if !self.folded.is_empty() {
            let (mut letters, mut folded) = (std::mem::take(&mut self.letters), std::mem::take(&mut self.folded));
            if ends_in_y(&folded) && letters == folded {
                folded.replace_range(1.., "i");
                letters.clone_from(&folded);
            }
            self.found.push(Token { letters, tone: self.tone.take(), folded });
        }
    }

    fn finish(mut self) -> Vec<Token> {
        self.end_word();
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::fold;
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    fn spellings(text: &str) -> Vec<String> {
        tokens(text).iter().map(Token::spelling).collect()
    }

    #[test]
    fn the_place_of_a_tone_and_composition_do_not_matter() {
        assert_eq!(spellings("hòa"), spellings("hoà"));
        assert_eq!(spellings("Thủy"), spellings("THUỶ"));
        assert_eq!(spellings("ườ"), spellings("u\u{31b}o\u{31b}\u{300}"));
        assert_eq!(spellings("\u{d0}ậu đỏ \u{f0}en"), spellings("Đậu đỏ đen"));
        assert_eq!(spellings("tỏi LÍ sơn, kĩ, mì"), spellings("Tỏi Lý Sơn, kỹ, mỳ"));
        assert_ne!(spellings("quy"), spellings("qui"), "quýt is a fruit");
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
        // Copied from a page, and of a keyboard of full width.
        assert_eq!(folded("ha\u{200b}nh\u{200b} ti\u{ad}m\u{feff}"), ["hanh", "tim"]);
        assert_eq!(folded("ｇａｏ　ＳＴ２５"), ["gao", "st", "25"]);
    }

    #[test]
    fn whatever_has_a_key_has_a_word() {
        for letter in '\0'..=char::MAX {
            let text = letter.to_string();
            assert_eq!(tokens(&text).is_empty(), fold(&text).is_empty(), "U+{:04X}", u32::from(letter));
        }
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
            let expected: Vec<String> = fold(&text).split(' ').map(|word| if ends_in_y(word) { word.replace('y', "i") } else { word.to_owned() }).collect();
            prop_assert_eq!(folded.join(" "), expected.join(" "));
        }

        // Against the whole text decomposed, which sorts marks.
        #[test]
        fn letter_by_letter_is_in_order(text in "[ -~\u{a0}-\u{2ff}\u{1e00}-\u{1eff}]{0,20}") {
            let mut reader = Reader::default();
            text.nfkd().filter(|letter| *letter != '\u{ad}').for_each(|letter| reader.take(letter));
            prop_assert_eq!(tokens(&text), reader.finish());
        }

        #[test]
        fn composing_changes_no_word(text in any::<String>()) {
            let composed: String = text.nfc().collect();
            prop_assert_eq!(tokens(&composed), tokens(&text));
        }
    }
}
