//! Bytes as hexadecimal text.

/// `bytes` in lower-case hexadecimal.
pub fn hex(bytes: impl IntoIterator<Item = u8>) -> String {
    let mut text = String::new();
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
    }
    text
}

/// The bytes that `text` stands for; none when it is no hexadecimal text.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text.chars().map(|digit| digit.to_digit(16)).collect();
    let (pairs, rest) = digits.as_ref()?.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| u8::try_from(high << 4 | low).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::{hex, unhex};

    #[test]
    fn hexadecimal_text_is_read_back_and_nothing_else_is() {
        assert_eq!(unhex("000aFF"), Some(vec![0, 10, 255]));
        for text in ["0", "0g", "0x", "đđ"] {
            assert_eq!(unhex(text), None, "{text}");
        }
    }

    #[test]
    fn each_byte_gives_two_digits() {
        assert_eq!(hex([0, 10, 255]), "000aff");
    }
}
