//! The processes of a living sandbox.

mod rpc;

pub use rpc::ProcessRpc;
