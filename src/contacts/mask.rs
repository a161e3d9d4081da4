//! What is shown of a value that is not shown.
//!
//! Of a phone number its first two and last two digits, of a name the first letter of each word, of an address the first
//! letter of either side of the @ and the last part of its domain. The number of bullets of names and addresses is always
//! three, so that it tells no length.

use super::normal::national;

const BULLET: char = '•';
const BULLETS: &str = "•••";
/// Digits that a number shows at either end.
const SHOWN: usize = 2;

/// `+84912345667` as `09•• ••• •67`.
pub fn phone(e164: &str) -> String {
    let digits: Vec<char> = national(e164).chars().collect();
    let hidden_until = digits.len().saturating_sub(SHOWN);
    let mut masked = String::new();
    for (at, digit) in digits.iter().enumerate() {
        // Groups as people read a number: four, three, the rest; a short one in two fours.
        if at == 4 || at == 7 && digits.len() > 8 {
            masked.push(' ');
        }
        masked.push(if at < SHOWN || at >= hidden_until { *digit } else { BULLET });
    }
    masked
}

/// `nguyen.an@doanhnghiep.com.vn` as `n•••@d•••.vn`.
pub fn email(address: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let top = domain.rsplit('.').next().unwrap_or_default();
    format!("{}{BULLETS}@{}{BULLETS}.{top}", first(local), first(domain))
}

/// `Nguyễn Văn An` as `N••• V••• A•••`.
pub fn name(name: &str) -> String {
    name.split_whitespace().map(|word| format!("{}{BULLETS}", first(word))).collect::<Vec<_>>().join(" ")
}

fn first(text: &str) -> String {
    text.chars().take(1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_are_masked_as_they_are_said_to_be() {
        assert_eq!(phone("+84912345667"), "09•• ••• •67");
        assert_eq!(phone("+842993822333"), "02•• ••• ••33");
        assert_eq!(phone("+8418001061"), "18•• ••61");
        assert_eq!(email("nguyen.an@doanhnghiep.com.vn"), "n•••@d•••.vn");
        assert_eq!(name("Nguyễn Văn An"), "N••• V••• A•••");
    }

    proptest! {
        #[test]
        fn a_number_shows_four_digits_and_no_more(first in "[35789]", rest in "[0-9]{8}") {
            let masked = phone(&format!("+84{first}{rest}"));
            prop_assert_eq!(masked.chars().filter(char::is_ascii_digit).collect::<String>(), format!("0{first}{}", &rest[6..]));
            prop_assert_eq!(masked.chars().filter(|c| *c == BULLET).count(), 6);
        }

        // Two addresses that agree in what is stated look the same: nothing else is shown, not even a length.
        #[test]
        fn an_address_shows_a_letter_of_each_side_and_its_top(a in "[a-z]{0,20}", b in "[a-z]{0,20}", c in "[a-z]{0,20}(\\.com)?", d in "[a-z]{0,20}(\\.com)?") {
            prop_assert_eq!(email(&format!("n{a}@d{c}.vn")), email(&format!("n{b}@d{d}.vn")));
        }

        #[test]
        fn a_name_shows_the_first_letters_of_its_words(words in proptest::collection::vec("\\p{Lu}\\p{Ll}{0,8}", 1..5)) {
            let masked = name(&words.join(" "));
            let shown: Vec<char> = masked.chars().filter(|c| *c != BULLET && *c != ' ').collect();
            let first: Vec<char> = words.iter().filter_map(|word| word.chars().next()).collect();
            prop_assert_eq!(shown, first);
            prop_assert_eq!(masked.chars().count(), words.len() * 5 - 1);
        }
    }
}
