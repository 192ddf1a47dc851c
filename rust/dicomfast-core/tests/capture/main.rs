//! Bytes -> frames, from outside: real captures against other readers, hostile bytes, sets and streams.

#[cfg(test)]
mod formats;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod several;
#[cfg(test)]
mod streams;
#[cfg(test)]
mod support;
