//! Names that nobody else has, from the operating system's entropy.

use rustls::crypto::ring;

use crate::exit::{Exit, Failure};

/// What a name is made of: 36 letters and digits.
const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// Random bytes.
///
/// # Errors
/// The system gives none.
pub fn bytes<const N: usize>() -> Result<[u8; N], Failure> {
    let mut entropy = [0_u8; N];
    ring::default_provider()
        .secure_random
        .fill(&mut entropy)
        .map_err(|_| Failure::saying(Exit::Bug, "the operating system gives no random numbers"))?;
    Ok(entropy)
}

/// A name of `N` small letters and digits.
///
/// # Errors
/// The system gives no random numbers.
pub fn name<const N: usize>() -> Result<String, Failure> {
    Ok(bytes::<N>()?
        .iter()
        .filter_map(|it| LETTERS.get(usize::from(*it) % LETTERS.len()))
        .map(|it| char::from(*it))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_small_letters_and_digits_and_no_two_are_alike() {
        let (one, other) = (name::<12>().unwrap(), name::<12>().unwrap());
        assert_eq!(one.len(), 12);
        let plain = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit();
        assert!(one.bytes().all(plain));
        assert_ne!(one, other);
    }
}
