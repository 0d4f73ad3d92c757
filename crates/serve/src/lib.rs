//! What others can ask of us over the network: alerts over gRPC ([`Grpc`]), and health, versions and metrics ([`Web`]).
//!
//! Each server has its own threads and listens where its settings say; who is refused is told to the log through
//! [`Notice`]. The rest of the program is not async: [`Hub`] is where alerts cross over.
#![forbid(unsafe_code)]

mod grpc;
mod listen;
mod server;
mod tls;
mod web;

pub use grpc::{Grpc, GrpcSettings, Hub, HubLimits, HubStats, Version};
pub use server::{Notice, ServeError};
pub use web::{Pages, Web, WebSettings};
