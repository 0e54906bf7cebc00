//! The files of a living sandbox.

mod rpc;

pub use rpc::FileRpc;
