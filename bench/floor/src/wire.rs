//! The generated messages and clients.

pub mod execution {
    tonic::include_proto!("neurovisor.execution");
}

pub mod guest {
    tonic::include_proto!("neurovisor.guest");
}

pub mod sandbox {
    pub mod v1 {
        tonic::include_proto!("neurovisor.sandbox.v1");
    }
}
