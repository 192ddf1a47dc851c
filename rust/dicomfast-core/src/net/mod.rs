//! Frame -> segment: link layer, tunnels, IP (with fragments) and the TCP header. Knows nothing of connections or of files.

pub mod segment;
