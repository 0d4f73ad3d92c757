//! Our servers, as their clients see them.

mod clients;
mod grpc;
mod parts;
mod tls;
mod web;
