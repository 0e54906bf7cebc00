//! Generates the services and messages of `proto/guest.proto`, `proto/guest_interpreter.proto` and the files that they import.

/// The services that a guest serves. The daemon serves the others.
const SERVICES: [&str; 5] = [
    "ExecutionService",
    "GuestFileService",
    "GuestInterpreterService",
    "GuestProcessService",
    "GuestService",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The files and not their directory, in which Maven builds.
    for file in [
        "guest",
        "guest_interpreter",
        "execution",
        "process",
        "file",
        "interpreter",
    ] {
        println!("cargo::rerun-if-changed=../../proto/{file}.proto");
    }
    let mut files = protox::compile(["guest.proto", "guest_interpreter.proto"], ["../../proto"])?;
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
