//! What runs of the property tests of loss have found, each once more.

use super::loss::check;
use super::wire::packets;
use super::world::Act::{Echo, Get, Store, Stores};
use super::world::{Act, End, Plan, build};

/// An association that is released.
fn released(acts: Vec<Act>) -> Plan {
    Plan { acts, end: End::Release, rejected: false, same_id: false, fragment: 300, shared: false }
}

#[test]
fn begins_before_its_other_direction() {
    let first = Plan { shared: true, fragment: 610, ..released(vec![Stores { sizes: vec![14, 18_286], turned: false }]) };
    let world = build(&[first, released(vec![Echo, Get { sizes: vec![1_133] }, Echo, Store { size: 1_633 }])], 0);
    let clean = packets(&world, &[105]);
    check(&world, &clean[11_572_952_940_578_588_956 % clean.len()..], true).expect("rows that are true");
}
