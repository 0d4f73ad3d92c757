//! Outputs with the real other side, and with one that fails.

mod faults;
mod parts;
mod real;
