//! One column: an Arrow builder that takes a value as a record has it, and the [`columns!`] macro that lists a table's columns
//! once. Knows Arrow's types; knows no record.

use std::fmt::Write as _;
use std::sync::Arc;

use arrow_array::builder::{BinaryBuilder, ListBuilder, StringBuilder};
use arrow_array::types::{
    ArrowPrimitiveType, DurationNanosecondType, Float64Type, Int32Type, Int64Type, TimestampNanosecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{ArrayRef, BooleanArray, DictionaryArray, PrimitiveArray};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Field, Metadata, TimeUnit};
use hashbrown::HashMap;

use super::spelled::Spelled;
use crate::event::{self, Mac as MacAddress, NO_TIME};

mod bits;
mod ranges;

use bits::Bits;
pub(super) use ranges::{Lost, Ranges};

/// The key of a field's metadata under which its documentation stands.
pub const DOC: &str = "doc";

/// What [`columns!`] needs of a kind of column, besides its `append`.
pub(super) trait Column: Default {
    fn data_type() -> DataType;
    fn finish(&mut self) -> ArrayRef;
}

/// The columns of a table, or of a part of one.
pub(super) trait Columns: Default {
    fn fields() -> Vec<Field>;
    fn rows(&self) -> usize;
    /// The rows so far, in the order of the fields; the columns are empty afterwards.
    fn arrays(&mut self) -> Vec<ArrayRef>;
}

pub(super) fn field<C: Column>(name: &str, doc: &str) -> Field {
    // "type" is a column and a keyword.
    let name = name.trim_start_matches("r#");
    Field::new(name, C::data_type(), true).with_metadata(Metadata::from([(DOC, doc.trim_start())]))
}

/// A `Builder` with `append(&Record)`, from one list: the doc comment (it becomes the field's metadata), the name, the kind and
/// the value of each column. A `let` before the columns names what several of them need; an `and` after them adds columns that several
/// tables have.
macro_rules! columns {
    (
        $record:ty as $row:ident;
        $(let $local:ident = $init:expr;)*
        $($(#[doc = $doc:literal])+ $name:ident: $kind:ident = $value:expr;)+
        $(and $part:ident: $columns:ty = $of:expr;)*
    ) => {
        #[derive(Default)]
        pub(super) struct Builder {
            added: usize,
            $($name: $crate::table::column::$kind,)+
            $($part: $columns,)*
        }

        impl Builder {
            // Twenty tables of dozens of columns in one function would take the compiler many minutes.
            #[inline(never)]
            pub(super) fn append(&mut self, $row: &$record) {
                $(let $local = $init;)*
                $(self.$name.append($value);)+
                $(self.$part.append($of);)*
                self.added += 1;
            }
        }

        impl $crate::table::column::Columns for Builder {
            fn fields() -> Vec<arrow_schema::Field> {
                let own = vec![$($crate::table::column::field::<$crate::table::column::$kind>(stringify!($name), concat!($($doc),+)),)+];
                [own, $(<$columns as $crate::table::column::Columns>::fields(),)*].concat()
            }

            fn rows(&self) -> usize {
                self.added
            }

            fn arrays(&mut self) -> Vec<arrow_array::ArrayRef> {
                self.added = 0;
                let own = vec![$($crate::table::column::Column::finish(&mut self.$name),)+];
                [own, $($crate::table::column::Columns::arrays(&mut self.$part),)*].concat()
            }
        }
    };
}
pub(super) use columns;

/// A number of Arrow's type `T`. Not Arrow's own builder, whose calls cost more than the row.
pub(super) struct Number<T: ArrowPrimitiveType> {
    values: Vec<T::Native>,
    nulls: Nulls,
}

pub(super) type U8 = Number<UInt8Type>;
pub(super) type U16 = Number<UInt16Type>;
pub(super) type U32 = Number<UInt32Type>;
pub(super) type U64 = Number<UInt64Type>;
pub(super) type I64 = Number<Int64Type>;
pub(super) type F64 = Number<Float64Type>;
pub(super) type Duration = Number<DurationNanosecondType>;

/// Addresses as text.
pub(super) type Ip = Spelled<std::net::IpAddr>;
pub(super) type Mac = Spelled<MacAddress>;

/// Which rows have no value.
#[derive(Default)]
struct Nulls(Bits);

impl Nulls {
    #[inline]
    fn add(&mut self, row: usize) {
        self.0.mark(row);
    }

    /// Of a column of so many rows; empty afterwards.
    fn finish(&mut self, rows: usize) -> Option<NullBuffer> {
        self.0.any().then(|| NullBuffer::new(!&self.0.finish(rows)))
    }
}

impl<T: ArrowPrimitiveType> Default for Number<T> {
    fn default() -> Self {
        Self { values: Vec::new(), nulls: Nulls::default() }
    }
}

impl<T: ArrowPrimitiveType> Number<T> {
    #[expect(clippy::inline_always, reason = "a row is little more than a dozen of these; as calls they cost twice as many instructions")]
    #[inline(always)]
    pub(super) fn append(&mut self, value: impl Into<Option<T::Native>>) {
        let value = value.into();
        if value.is_none() {
            self.nulls.add(self.values.len());
        }
        self.values.push(value.unwrap_or_default());
    }

    pub(super) fn array(&mut self) -> PrimitiveArray<T> {
        let nulls = self.nulls.finish(self.values.len());
        PrimitiveArray::new(std::mem::take(&mut self.values).into(), nulls)
    }
}

impl<T: ArrowPrimitiveType> Column for Number<T> {
    fn data_type() -> DataType {
        T::DATA_TYPE
    }

    fn finish(&mut self) -> ArrayRef {
        Arc::new(self.array())
    }
}

/// `timestamp[ns, UTC]`.
#[derive(Default)]
pub(super) struct Time(Number<TimestampNanosecondType>);

impl Time {
    #[inline]
    pub(super) fn append(&mut self, value: impl Into<Option<event::Time>>) {
        self.0.append(value.into().filter(|time| *time != NO_TIME));
    }
}

impl Column for Time {
    fn data_type() -> DataType {
        DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()))
    }

    fn finish(&mut self) -> ArrayRef {
        Arc::new(self.0.array().with_data_type(Self::data_type()))
    }
}

#[derive(Default)]
pub(super) struct Bool {
    rows: usize,
    trues: Bits,
    nulls: Nulls,
}

impl Bool {
    #[inline]
    pub(super) fn append(&mut self, value: impl Into<Option<bool>>) {
        match value.into() {
            Some(true) => self.trues.mark(self.rows),
            Some(false) => {}
            None => self.nulls.add(self.rows),
        }
        self.rows += 1;
    }
}

impl Column for Bool {
    fn data_type() -> DataType {
        DataType::Boolean
    }

    fn finish(&mut self) -> ArrayRef {
        let rows = std::mem::take(&mut self.rows);
        Arc::new(BooleanArray::new(self.trues.finish(rows), self.nulls.finish(rows)))
    }
}

#[derive(Default)]
pub(super) struct Bytes(BinaryBuilder);

impl Bytes {
    pub(super) fn append<'a>(&mut self, value: impl Into<Option<&'a [u8]>>) {
        self.0.append_option(value.into());
    }
}

impl Column for Bytes {
    fn data_type() -> DataType {
        DataType::Binary
    }

    fn finish(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

/// Text that differs from row to row.
#[derive(Default)]
pub(super) struct Text(StringBuilder);

impl Text {
    pub(super) fn append<'a>(&mut self, value: impl Into<Option<&'a str>>) {
        self.0.append_option(value.into());
    }
}

impl Column for Text {
    fn data_type() -> DataType {
        DataType::Utf8
    }

    fn finish(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

/// Text that repeats: `dictionary<int32, utf8>`, each word once a batch. Not Arrow's own builder, whose hashing dominates the cost of
/// a row.
#[derive(Default)]
pub(super) struct Word {
    keys: Number<Int32Type>,
    words: StringBuilder,
    index: HashMap<String, i32, foldhash::fast::RandomState>,
    /// The word of the row before: often it comes again.
    last: String,
    last_key: Option<i32>,
}

impl Word {
    pub(super) fn append<'a>(&mut self, value: impl Into<Option<&'a str>>) {
        let Some(word) = value.into() else { return self.keys.append(None) };
        let key = match self.last_key {
            Some(key) if self.last == word => key,
            _ => self.key(word),
        };
        self.keys.append(key);
    }

    fn key(&mut self, word: &str) -> i32 {
        let key = self.index.get(word).copied().unwrap_or_else(|| {
            let key = self.index.len() as i32;
            self.index.insert(word.to_owned(), key);
            self.words.append_value(word);
            key
        });
        self.last.clear();
        self.last.push_str(word);
        self.last_key = Some(key);
        key
    }
}

impl Column for Word {
    fn data_type() -> DataType {
        DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
    }

    fn finish(&mut self) -> ArrayRef {
        self.index.clear();
        self.last_key = None;
        Arc::new(DictionaryArray::new(self.keys.array(), Arc::new(self.words.finish())))
    }
}

/// `list<utf8>`.
#[derive(Default)]
pub(super) struct Texts(ListBuilder<StringBuilder>);

impl Texts {
    pub(super) fn append<'a, T: AsRef<str> + 'a>(&mut self, value: impl Into<Option<&'a [T]>>) {
        let value = value.into();
        for text in value.unwrap_or_default() {
            self.0.values().append_value(text);
        }
        self.0.append(value.is_some());
    }
}

impl Column for Texts {
    fn data_type() -> DataType {
        DataType::new_list(DataType::Utf8, true)
    }

    fn finish(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

/// Tags as `list<utf8>`, each as `(0008,0018)`; null where there is none.
#[derive(Default)]
pub(super) struct Tags(ListBuilder<StringBuilder>);

impl Tags {
    pub(super) fn append(&mut self, tags: &[u32]) {
        for tag in tags {
            let values = self.0.values();
            // Writing to a builder cannot fail.
            let _ = write!(values, "({:04X},{:04X})", tag >> 16, tag & 0xffff);
            values.append_value("");
        }
        self.0.append(!tags.is_empty());
    }
}

impl Column for Tags {
    fn data_type() -> DataType {
        Texts::data_type()
    }

    fn finish(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}

/// `None` for an empty list: what was not seen is null.
pub(super) fn seen<T>(texts: &[T]) -> Option<&[T]> {
    (!texts.is_empty()).then_some(texts)
}

/// Nanoseconds from one time to another; `None` where either is not known.
pub(super) fn span(from: impl Into<Option<event::Time>>, to: impl Into<Option<event::Time>>) -> Option<i64> {
    let (from, to) = (from.into()?, to.into()?);
    if from == NO_TIME || to == NO_TIME { None } else { to.checked_sub(from) }
}

/// Bytes per second; `None` where no time passed.
pub(super) fn rate(bytes: u64, nanoseconds: Option<i64>) -> Option<f64> {
    nanoseconds.filter(|span| *span > 0).map(|span| bytes as f64 * 1e9 / span as f64)
}
