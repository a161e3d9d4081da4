//! Numbers in as few bytes as they need: seven bits to a byte, the least first; the upper bit says that there are more.

/// Writes `number` behind `bytes`.
#[inline]
pub fn write(bytes: &mut Vec<u8>, mut number: u32) {
    while number > 0x7F {
        bytes.push(u8::try_from(number & 0x7F).unwrap_or(0) | 0x80);
        number >>= 7;
    }
    bytes.push(u8::try_from(number).unwrap_or(0));
}

/// Takes the first number off `bytes`.
#[inline]
pub fn next(bytes: &mut &[u8]) -> Option<u32> {
    let mut number = 0;
    for shift in (0..32).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u32::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_are_read_as_they_were_written(numbers in prop::collection::vec(prop_oneof![0..200_u32, any::<u32>()], 0..20)) {
            let mut bytes = Vec::new();
            for number in &numbers {
                write(&mut bytes, *number);
            }
            let mut rest = bytes.as_slice();
            prop_assert_eq!(numbers.iter().map(|_| next(&mut rest)).collect::<Option<Vec<_>>>(), Some(numbers.clone()));
            prop_assert_eq!((rest, next(&mut rest)), (&[] as &[u8], None));
        }
    }
}
