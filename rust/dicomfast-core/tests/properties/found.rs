//! What runs of the property tests of loss have found, each once more.

use super::loss::{check, in_runs, without};
use super::wire::{packets, reordered};
use super::world::Act::{Create, Echo, Find, Get, Store, Stores};
use super::world::{Act, End, Plan, build};

/// An association that is released.
fn released(acts: Vec<Act>) -> Plan {
    Plan { acts, end: End::Release, rejected: false, same_id: false, fragment: 300, shared: false }
}

fn rejected() -> Plan {
    Plan { rejected: true, ..released(vec![]) }
}

/// Associations on one connection in packets of this size, without the runs given; the second direction out of step by `skew`.
#[track_caller]
fn lossy(plans: &[Plan], size: usize, runs: &[(usize, usize)], skew: isize) {
    let world = build(plans, 0);
    let clean = packets(&world, &[size]);
    let seen = reordered(&without(&clean, &in_runs(runs, clean.len())), &[], 0, skew);
    check(&world, &seen, skew == 0).expect("rows that are true");
}

#[test]
fn begins_before_its_other_direction() {
    let first = Plan { shared: true, fragment: 610, ..released(vec![Stores { sizes: vec![14, 18_286], turned: false }]) };
    let world = build(&[first, released(vec![Echo, Get { sizes: vec![1_133] }, Echo, Store { size: 1_633 }])], 0);
    let clean = packets(&world, &[105]);
    check(&world, &clean[11_572_952_940_578_588_956 % clean.len()..], true).expect("rows that are true");
}

#[test]
fn an_answer_in_the_place_of_another() {
    let plans = [
        released(vec![Echo, Store { size: 335 }, Store { size: 8_887 }]),
        released(vec![]),
        Plan {
            fragment: 317,
            ..released(vec![
                Stores { sizes: vec![0, 12_961], turned: false },
                Store { size: 3_505 },
                Echo,
                Echo,
                Stores { sizes: vec![0, 0, 341], turned: false },
            ])
        },
        Plan { fragment: 405, ..released(vec![Stores { sizes: vec![16_571, 14_311], turned: false }, Get { sizes: vec![3_047] }, Echo]) },
        Plan {
            end: End::Open,
            ..released(vec![Create { size: 3_360 }, Stores { sizes: vec![11_611, 3_499], turned: false }, Get { sizes: vec![0] }])
        },
    ];
    lossy(&plans, 452, &[(17_104_320_848_668_251_505, 8)], 0);
}

#[test]
fn an_empty_association_lost_out_of_step() {
    let plans = [
        released(vec![]),
        rejected(),
        released(vec![]),
        released(vec![Echo, Echo, Find { answers: vec![1, 1], cancel: true }, Find { answers: vec![], cancel: true }]),
        Plan { end: End::Abort, ..released(vec![]) },
    ];
    lossy(&plans, 352, &[(3_326_454_803_153_192_881, 7)], 31);
}

#[test]
fn a_rejection_lost() {
    let plans = [
        rejected(),
        released(vec![Store { size: 3_810 }, Echo, Echo]),
        released(vec![Echo]),
        released(vec![Find { answers: vec![70, 70], cancel: true }, Store { size: 80 }, Store { size: 271 }]),
        Plan {
            fragment: 756,
            ..released(vec![
                Store { size: 1_035 },
                Create { size: 80 },
                Find { answers: vec![70, 1, 70], cancel: false },
                Stores { sizes: vec![80, 17_377], turned: false },
                Echo,
            ])
        },
    ];
    lossy(&plans, 191, &[(8_307_355_849_912_476_063, 5)], 0);
}

#[test]
fn the_border_of_an_empty_association_lost_out_of_step() {
    let plans = [
        released(vec![Store { size: 2_265 }]),
        released(vec![Echo]),
        released(vec![]),
        released(vec![Find { answers: vec![], cancel: false }]),
        released(vec![
            Find { answers: vec![1, 1, 1], cancel: false },
            Echo,
            Create { size: 0 },
            Stores { sizes: vec![0, 0, 0], turned: false },
        ]),
    ];
    lossy(&plans, 823, &[(5_538_054_155_577_817_490, 8)], 11);
}

#[test]
fn a_sub_operation_out_of_step() {
    let plans = [
        released(vec![Echo, Find { answers: vec![], cancel: true }, Find { answers: vec![1], cancel: true }, Echo]),
        Plan {
            fragment: 311,
            end: End::Abort,
            ..released(vec![Create { size: 0 }, Store { size: 19_553 }, Echo, Get { sizes: vec![37, 0] }, Store { size: 3_699 }])
        },
    ];
    let world = build(&plans, 0);
    let clean = packets(&world, &[638]);
    let lost = [2_408_868_715_920_930_901, 18_250_692_172_869_896_085, 10_311_062_561_083_714_817, 5_368_689_410_196_863_507];
    check(&world, &reordered(&without(&clean, &lost), &[], 0, 16), false).expect("rows that are true");
}
