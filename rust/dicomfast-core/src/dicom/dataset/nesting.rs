//! Sequences and items that are open (PS3.5 section 7.5), and the path of an element in them. Knows tags and offsets, not bytes.

use std::fmt::Write;

use super::charset::Charset;
use super::syntax::Encoding;

/// What is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    /// Items of elements follow.
    Sequence,
    /// Items of bytes follow: encapsulated pixel data (annex A.4).
    Fragments,
    /// Elements follow.
    Item,
}

#[derive(Debug)]
struct Frame {
    open: Open,
    /// Offset after its last byte, where its length is defined.
    end: Option<u64>,
    /// Items that have begun in it.
    items: u32,
    /// Length of the path without it.
    path: usize,
    /// What held around it.
    encoding: Encoding,
    charset: Charset,
    creators: usize,
    masked: bool,
    last_tag: u32,
}

/// Where in the data set elements stand, and what holds there.
#[derive(Debug)]
pub struct Nesting {
    frames: Vec<Frame>,
    path: String,
    pub encoding: Encoding,
    pub charset: Charset,
    /// The sequence, or one around it, identifies a person.
    pub masked: bool,
    /// The tag before, in the same item.
    pub last_tag: u32,
    /// Private creators: group, block and what they are called.
    creators: Vec<(u16, u8, String)>,
}

impl Nesting {
    pub fn new(encoding: Encoding) -> Self {
        Self {
            frames: Vec::new(),
            path: String::new(),
            encoding,
            charset: Charset::default(),
            masked: false,
            last_tag: 0,
            creators: Vec::new(),
        }
    }

    pub fn depth(&self) -> usize {
        self.frames.len()
    }

    /// What is open; `None` at the top of the data set.
    pub fn open(&self) -> Option<Open> {
        self.frames.last().map(|frame| frame.open)
    }

    /// Whether the innermost has a length of its own.
    pub fn is_defined(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.end.is_some())
    }

    /// Offset after the last byte that anything that is open may have.
    pub fn end(&self) -> Option<u64> {
        self.frames.iter().rev().find_map(|frame| frame.end)
    }

    pub fn push(&mut self, open: Open, tag: u32, end: Option<u64>) {
        let path = self.path.len();
        match open {
            Open::Sequence | Open::Fragments => {
                if path > 0 {
                    self.path.push('.');
                }
                write_tag(&mut self.path, tag);
            }
            Open::Item => self.index(),
        }
        self.frames.push(Frame {
            open,
            end,
            items: 0,
            path,
            encoding: self.encoding,
            charset: self.charset,
            creators: self.creators.len(),
            masked: self.masked,
            last_tag: self.last_tag,
        });
        self.last_tag = 0;
    }

    /// The path goes on to the next item of the innermost sequence.
    fn index(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            // Writing to a String cannot fail.
            let _ = write!(self.path, "[{}]", frame.items);
            frame.items = frame.items.saturating_add(1);
        }
    }

    pub fn pop(&mut self) {
        if let Some(frame) = self.frames.pop() {
            self.path.truncate(frame.path);
            self.encoding = frame.encoding;
            self.charset = frame.charset;
            self.masked = frame.masked;
            self.last_tag = frame.last_tag;
            self.creators.truncate(frame.creators);
        }
    }

    /// Closes what ends at this offset.
    pub fn close(&mut self, offset: u64) {
        while self.frames.last().is_some_and(|frame| frame.end.is_some_and(|end| end <= offset)) {
            self.pop();
        }
    }

    /// The path of an element.
    pub fn path(&self, tag: u32) -> String {
        let mut path = String::with_capacity(self.path.len() + 12);
        path.push_str(&self.path);
        if !path.is_empty() {
            path.push('.');
        }
        write_tag(&mut path, tag);
        path
    }

    /// The path of the item that is open.
    pub fn item_path(&self) -> String {
        self.path.clone()
    }

    /// The path of a fragment of encapsulated pixel data.
    pub fn fragment_path(&mut self) -> String {
        let length = self.path.len();
        self.index();
        let path = self.path.clone();
        self.path.truncate(length);
        path
    }

    /// Remembers who reserved a block of private elements.
    pub fn reserve(&mut self, tag: u32, creator: String, limit: usize) {
        if self.creators.len() < limit {
            self.creators.push(((tag >> 16) as u16, tag as u8, creator));
        }
    }

    /// Who reserved the block that an element belongs to, in this item.
    pub fn creator(&self, tag: u32) -> Option<&str> {
        let own = self.frames.last().map_or(0, |frame| frame.creators);
        let (group, block) = ((tag >> 16) as u16, (tag >> 8) as u8);
        let creators = self.creators.get(own..).unwrap_or_default();
        creators.iter().find(|(g, b, _)| (*g, *b) == (group, block)).map(|(.., creator)| creator.as_str())
    }
}

fn write_tag(out: &mut String, tag: u32) {
    // Writing to a String cannot fail.
    let _ = write!(out, "({:04X},{:04X})", tag >> 16, tag & 0xFFFF);
}
