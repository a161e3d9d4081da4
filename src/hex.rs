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

#[cfg(test)]
mod tests {
    use super::hex;

    #[test]
    fn each_byte_gives_two_digits() {
        assert_eq!(hex([0, 10, 255]), "000aff");
    }
}
