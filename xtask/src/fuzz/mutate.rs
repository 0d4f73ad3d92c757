//! How one input becomes another.

use crate::random::Random;

/// Numbers at which code that counts goes wrong.
const EDGES: [u32; 12] =
    [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x1_0000, 0x7fff_ffff, u32::MAX];
/// Longer inputs only cost time.
const LEN_MAX: usize = 64 << 10;

/// One of the seeds with one to eight changes.
pub(super) fn mutated(seeds: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let Some(seed) = seeds.get(random.below(seeds.len())) else { return Vec::new() };
    let mut input = seed.clone();
    for _ in 0..=random.below(8) {
        change(&mut input, seeds, random);
    }
    input.truncate(LEN_MAX);
    input
}

fn change(input: &mut Vec<u8>, seeds: &[Vec<u8>], random: &mut Random) {
    let at = random.below(input.len() + 1);
    let rest = input.len() - at;
    let len = random.below(rest.min(64) + 1);
    let edge = EDGES.get(random.below(EDGES.len())).copied().unwrap_or(0).to_le_bytes();
    match random.below(9) {
        0 => {
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
        1 => {
            if let Some(byte) = input.get_mut(at) {
                *byte = random.number().to_le_bytes()[0];
            }
        }
        2 | 3 => {
            let width = if random.below(2) == 0 { 2 } else { 4 };
            if let (Some(place), Some(edge)) = (input.get_mut(at..at + width), edge.get(..width)) {
                place.copy_from_slice(edge);
            }
        }
        4 => drop(input.drain(at..at + len)),
        5 => {
            let copy: Vec<u8> = input.get(at..at + len).unwrap_or_default().to_vec();
            let to = random.below(input.len() + 1);
            input.splice(to..to, copy);
        }
        6 => input.truncate(at),
        7 => {
            let Some(other) = seeds.get(random.below(seeds.len())) else { return };
            let from = random.below(other.len() + 1);
            let piece = other.get(from..).unwrap_or_default();
            let piece = piece.get(..random.below(256)).unwrap_or(piece).to_vec();
            input.splice(at..at + len, piece);
        }
        _ => {
            let bytes: Vec<u8> =
                (0..random.below(9)).map(|_| random.number().to_le_bytes()[0]).collect();
            input.splice(at..at, bytes);
        }
    }
}
