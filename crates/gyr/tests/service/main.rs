//! Gyr as a daemon on the running kernel: reloads, signals, and whether it says how it is doing.

mod daemon;
mod reload;
mod selftest;
mod signals;
