//! Generates the wire messages of `proto/spawner.proto`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=../proto/spawner.proto");
    let messages = protox::compile(["spawner.proto"], ["../proto"])?;
    prost_build::Config::new().compile_fds(messages)?;
    Ok(())
}
