//! Bodies on disk: packed, since an order's JSON shrinks to a third, and what is not written is not waited for.

use crate::error::StoreError;

/// A body as it is stored.
pub(crate) struct Packed {
    /// Whether `bytes` is packed; what would not shrink is kept as it is.
    pub(crate) is_packed: bool,
    /// What is written.
    pub(crate) bytes: Vec<u8>,
}

impl Packed {
    /// Packs a body.
    pub(crate) fn of(body: Vec<u8>) -> Self {
        let bytes = lz4_flex::block::compress_prepend_size(&body);
        if bytes.len() < body.len() {
            return Self {
                is_packed: true,
                bytes,
            };
        }
        Self {
            is_packed: false,
            bytes: body,
        }
    }

    /// The body, byte for byte.
    ///
    /// # Errors
    /// It is damaged.
    pub(crate) fn open(self) -> Result<Vec<u8>, StoreError> {
        if !self.is_packed {
            return Ok(self.bytes);
        }
        let opened = lz4_flex::block::decompress_size_prepended(&self.bytes);
        let whole = |it: &Vec<u8>| {
            let length = self.bytes.first_chunk().map(|it| u32::from_le_bytes(*it));
            length.is_some_and(|length| u32::try_from(it.len()) == Ok(length))
        };
        opened.ok().filter(whole).ok_or_else(|| StoreError::Cell {
            table: "deliveries",
            column: "body",
            value: format!("{} packed bytes", self.bytes.len()),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_body_comes_back_byte_for_byte(body: Vec<u8>, times in 1_usize..40) {
            let body = body.repeat(times);
            let packed = Packed::of(body.clone());
            prop_assert!(packed.bytes.len() <= body.len());
            prop_assert_eq!(packed.open().expect("it was packed a moment ago"), body);
        }
    }

    #[test]
    fn a_damaged_body_is_an_error_and_no_guess() {
        let packed = Packed {
            is_packed: true,
            bytes: vec![9, 0, 0, 0, 1],
        };
        assert!(packed.open().is_err());
    }
}
