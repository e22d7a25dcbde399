//! Letters that nobody can guess, from the operating system's entropy.

use rustls::crypto::ring;

use crate::exit::{Exit, Failure};

/// What they are made of.
const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// The largest multiple of [`LETTERS`] that a byte holds: bytes from there on would favour the first letters.
const FAIR: u8 = 252;

/// A text of so many small letters and digits, each as likely as any other.
///
/// # Errors
/// The operating system gives none.
pub fn letters(count: usize) -> Result<String, Failure> {
    let mut text = String::new();
    while text.len() < count {
        let bytes = bytes::<64>()?;
        let fair = bytes.iter().filter(|it| **it < FAIR);
        let letters = fair.filter_map(|it| LETTERS.get(usize::from(*it) % LETTERS.len()));
        text.extend(letters.map(|it| char::from(*it)).take(count - text.len()));
    }
    Ok(text)
}

/// Random bytes.
///
/// # Errors
/// The operating system gives none.
pub fn bytes<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0_u8; N];
    ring::default_provider()
        .secure_random
        .fill(&mut bytes)
        .map_err(|_| Failure::saying(Exit::Bug, "the operating system gives no random numbers"))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_as_many_as_asked_for_and_no_two_texts_are_alike() {
        for count in [0, 1, 12, 40, 200] {
            let (one, other) = (letters(count).unwrap(), letters(count).unwrap());
            assert_eq!(one.len(), count);
            assert!(one.bytes().all(|it| LETTERS.contains(&it)));
            assert!(count < 12 || one != other);
        }
    }
}
