//! Our servers, as their clients see them.

mod grpc;
mod parts;
mod tls;
mod web;
