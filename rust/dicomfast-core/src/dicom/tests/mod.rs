//! Framing and pairing from inside: against dicom-ul, and against what PS3.7 says of message ids.

mod framer;
mod pairing;
