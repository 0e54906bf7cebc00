//! Generates the services and messages of `proto/guest.proto` and `proto/execution.proto` that a guest uses.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The files and not their directory, in which Maven builds.
    for file in ["guest.proto", "execution.proto"] {
        println!("cargo::rerun-if-changed=../../proto/{file}");
    }
    let mut files = protox::compile(["guest.proto"], ["../../proto"])?;
    // The daemon serves `Execute` too, but the host of a guest only streams.
    for service in files.file.iter_mut().flat_map(|file| &mut file.service) {
        service.method.retain(|method| method.name() != "Execute");
    }
    // As `Bytes`, file contents stay views into the received message, so that 64 MiB of them are not copied.
    tonic_prost_build::configure()
        .build_client(true)
        .build_transport(false)
        .bytes(".")
        .compile_fds(files)?;
    Ok(())
}
