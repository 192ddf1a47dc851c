//! A column of values that are shown as text and repeat, such as addresses: each is written out once a batch. Knows no record.

use std::fmt::{Display, Write as _};
use std::hash::Hash;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray};
use arrow_schema::DataType;
use hashbrown::HashMap;

use super::column::{Column, Number, Word};

/// `dictionary<int32, utf8>`.
pub(super) struct Spelled<T> {
    keys: Number<Int32Type>,
    words: StringBuilder,
    index: HashMap<T, i32, foldhash::fast::RandomState>,
}

impl<T> Default for Spelled<T> {
    fn default() -> Self {
        Self { keys: Number::default(), words: StringBuilder::default(), index: HashMap::default() }
    }
}

impl<T: Display + Eq + Hash> Spelled<T> {
    pub(super) fn append(&mut self, value: impl Into<Option<T>>) {
        let Some(value) = value.into() else { return self.keys.append(None) };
        let next = self.index.len() as i32;
        let words = &mut self.words;
        let key = *self.index.entry(value).or_insert_with_key(|value| {
            // Writing to a builder cannot fail.
            let _ = write!(words, "{value}");
            words.append_value("");
            next
        });
        self.keys.append(key);
    }
}

impl<T: Display + Eq + Hash> Column for Spelled<T> {
    fn data_type() -> DataType {
        Word::data_type()
    }

    fn finish(&mut self) -> ArrayRef {
        self.index.clear();
        Arc::new(DictionaryArray::new(self.keys.array(), Arc::new(self.words.finish())))
    }
}
