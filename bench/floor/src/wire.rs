//! The generated messages and clients.

pub mod execution {
    tonic::include_proto!("neurovisor.execution");
}

pub mod guest {
    tonic::include_proto!("neurovisor.guest");
}
