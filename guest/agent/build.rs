//! Generates the services and messages of `proto/guest.proto` and of the files that it imports.

/// The services that a guest serves. The daemon serves the others.
const SERVICES: [&str; 4] = [
    "ExecutionService",
    "GuestFileService",
    "GuestProcessService",
    "GuestService",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The files and not their directory, in which Maven builds.
    for file in ["guest", "execution", "process", "file"] {
        println!("cargo::rerun-if-changed=../../proto/{file}.proto");
    }
    let mut files = protox::compile(["guest.proto"], ["../../proto"])?;
    for file in &mut files.file {
        file.service
            .retain(|service| SERVICES.contains(&service.name()));
        // The daemon serves `Execute` too, but the host of a guest only streams.
        for service in &mut file.service {
            service.method.retain(|method| method.name() != "Execute");
        }
    }
    // As `Bytes`, file contents stay views into the received message, so that 64 MiB of them are not copied.
    tonic_prost_build::configure()
        .build_client(true)
        .build_transport(false)
        .bytes(".")
        .compile_fds(files)?;
    Ok(())
}
