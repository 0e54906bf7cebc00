//! Generates the services and messages of `proto/guest.proto` and `proto/execution.proto`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Not their directory, in which Maven builds.
    for file in ["guest.proto", "execution.proto"] {
        println!("cargo::rerun-if-changed=../../proto/{file}");
    }
    let files = protox::compile(["guest.proto"], ["../../proto"])?;
    // As `Bytes`, file contents stay views into the received message: 64 MiB of them are not held twice.
    tonic_prost_build::configure()
        .build_client(true)
        .build_transport(false)
        .bytes(".")
        .compile_fds(files)?;
    Ok(())
}
