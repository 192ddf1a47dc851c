//! Records to rows that join several of them: who speaks with which implementation, which C-STORE a C-MOVE or C-GET caused, how whole a
//! study arrived. Knows records only. Bounded: what has waited longest is told first where there is too much.

mod peers;
mod studies;
mod suboperations;

pub use peers::{Peer, Peers};
pub use studies::{Series, Studies};
pub use suboperations::{Suboperation, Suboperations};

use foldhash::fast::RandomState;

type Map<K, V> = hashbrown::HashMap<K, V, RandomState>;
type Set<K> = hashbrown::HashSet<K, RandomState>;
