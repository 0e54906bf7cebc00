//! Generates the clients of the services of `proto/guest.proto` with the files that it imports.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Not their directory, in which Maven builds.
    for file in [
        "guest.proto",
        "execution.proto",
        "process.proto",
        "file.proto",
    ] {
        println!("cargo::rerun-if-changed=../../proto/{file}");
    }
    let files = protox::compile(["guest.proto"], ["../../proto"])?;
    tonic_prost_build::configure()
        .build_server(false)
        .build_transport(false)
        .compile_fds(files)?;
    Ok(())
}
