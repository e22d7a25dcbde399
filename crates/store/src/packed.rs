//! Bodies on disk: packed, since an order's JSON shrinks to a third, and what is not written is not waited for.

use std::cell::RefCell;

use lz4_flex::block::{CompressTable, compress_into_with_table, get_maximum_output_size};

use crate::error::StoreError;

/// Larger working memory than this is given back after use.
const WORKING_BYTES_MAX: usize = 256 * 1024;

/// What packing works with. A thread keeps it, since making it anew costs as much as packing an order.
#[derive(Default)]
struct Packer {
    table: CompressTable,
    packed: Vec<u8>,
}

thread_local! {
    static PACKER: RefCell<Packer> = RefCell::default();
}

/// A body as it is stored.
pub(crate) struct Packed {
    /// Whether `bytes` is packed; what would not shrink is kept as it is.
    pub(crate) is_packed: bool,
    /// What is written.
    pub(crate) bytes: Vec<u8>,
}

impl Packed {
    /// Packs a body.
    pub(crate) fn of(body: &[u8]) -> Self {
        let packed = PACKER.with_borrow_mut(|it| it.pack(body));
        Self {
            is_packed: packed.is_some(),
            bytes: packed.unwrap_or_else(|| body.to_vec()),
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

impl Packer {
    /// The body packed, with its length before it; `None` if that is no shorter.
    fn pack(&mut self, body: &[u8]) -> Option<Vec<u8>> {
        let length = u32::try_from(body.len()).ok()?;
        let most = get_maximum_output_size(body.len());
        if self.packed.len() < most {
            self.packed.resize(most, 0);
        }
        let size = compress_into_with_table(body, &mut self.packed, &mut self.table).ok()?;
        let shorter = size + size_of::<u32>() < body.len();
        let packed = shorter.then(|| [&length.to_le_bytes(), &self.packed[..size]].concat());
        if WORKING_BYTES_MAX < self.packed.len() {
            *self = Self::default();
        }
        packed
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
            let packed = Packed::of(&body);
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
