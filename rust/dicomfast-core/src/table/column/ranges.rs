//! Columns of ranges: lists of pairs of numbers.

use std::sync::Arc;

use arrow_array::types::{Int64Type, UInt64Type};
use arrow_array::{Array, ArrayRef, ListArray, StructArray};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{DataType, Field, Fields};

use super::{Column, Nulls, Number};
use crate::event::LostRange;

/// Ranges as `list<struct<start: int64, end: int64>>`; null where there is none.
#[derive(Default)]
pub(in crate::table) struct Ranges {
    ends_of_lists: Vec<i32>,
    starts: Number<Int64Type>,
    ends: Number<Int64Type>,
    nulls: Nulls,
}

impl Ranges {
    pub(in crate::table) fn append(&mut self, ranges: &[(i64, i64)]) {
        for (start, end) in ranges {
            self.starts.append(*start);
            self.ends.append(*end);
        }
        if ranges.is_empty() {
            self.nulls.add(self.ends_of_lists.len());
        }
        self.ends_of_lists.push(self.starts.values.len() as i32);
    }
}

impl Column for Ranges {
    fn data_type() -> DataType {
        pairs_type(["start", "end"], &DataType::Int64)
    }

    fn finish(&mut self) -> ArrayRef {
        let parts: [ArrayRef; 2] = [Arc::new(self.starts.array()), Arc::new(self.ends.array())];
        pairs(["start", "end"], &parts, &mut self.ends_of_lists, &mut self.nulls)
    }
}

/// Missing bytes as `list<struct<offset: uint64, length: uint64>>`; null where there is none.
#[derive(Default)]
pub(in crate::table) struct Lost {
    ends: Vec<i32>,
    offsets: Number<UInt64Type>,
    lengths: Number<UInt64Type>,
    nulls: Nulls,
}

impl Lost {
    pub(in crate::table) fn append(&mut self, ranges: &[LostRange]) {
        for range in ranges {
            self.offsets.append(range.offset);
            self.lengths.append(range.length);
        }
        if ranges.is_empty() {
            self.nulls.add(self.ends.len());
        }
        self.ends.push(self.offsets.values.len() as i32);
    }
}

impl Column for Lost {
    fn data_type() -> DataType {
        pairs_type(["offset", "length"], &DataType::UInt64)
    }

    fn finish(&mut self) -> ArrayRef {
        let parts: [ArrayRef; 2] = [Arc::new(self.offsets.array()), Arc::new(self.lengths.array())];
        pairs(["offset", "length"], &parts, &mut self.ends, &mut self.nulls)
    }
}

fn pair(names: [&str; 2], number: &DataType) -> Fields {
    names.into_iter().map(|name| Field::new(name, number.clone(), true)).collect()
}

fn pairs_type(names: [&str; 2], number: &DataType) -> DataType {
    DataType::new_list(DataType::Struct(pair(names, number)), true)
}

/// The lists that end at these places of the two columns.
fn pairs(names: [&str; 2], parts: &[ArrayRef; 2], ends: &mut Vec<i32>, nulls: &mut Nulls) -> ArrayRef {
    let [first, _] = parts;
    let fields = pair(names, first.data_type());
    let all = StructArray::new(fields.clone(), parts.to_vec(), None);
    let nulls = nulls.finish(ends.len());
    let mut offsets = vec![0];
    offsets.append(ends);
    let field = Arc::new(Field::new_list_field(DataType::Struct(fields), true));
    Arc::new(ListArray::new(field, OffsetBuffer::new(offsets.into()), Arc::new(all), nulls))
}
