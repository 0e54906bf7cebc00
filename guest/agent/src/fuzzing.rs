//! The fuzz targets of the agent: decoders of bytes from the host, programs and the kernel.

use neurovisor_fuzz::Target;
use prost::Message;

use crate::boot::KernelArguments;
use crate::execution::fuzzing as execution;
use crate::execution::Program;
use crate::file::fuzzing as file;
use crate::interpreter::fuzzing as interpreter;
use crate::memory;
use crate::process::fuzzing as process;
use crate::refresh::Refresh;
use crate::service;
use crate::wire::execution::ExecuteRequest;
use crate::wire::guest::{PrimeRequest, RefreshRequest};

const TARGETS: [Target; 10] = [
    ("program", program),
    ("refresh", refresh),
    ("output", execution::output),
    ("kernel_log", execution::kernel_log),
    ("kernel_words", kernel_words),
    ("file_requests", file::requests),
    ("file_changes", file::changes),
    ("process_requests", process::requests),
    ("kept_output", process::kept_output),
    ("interpreter_frames", interpreter::frames),
];

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| neurovisor_fuzz::chosen(&TARGETS)(bytes));

/// Requests for an execution. Accepted requests write only to files in their directory.
fn program(bytes: &[u8]) {
    if let Ok(request) = ExecuteRequest::decode(bytes) {
        let decoded = ExecuteRequest::decode(request.encode_to_vec().as_slice());
        assert_eq!(decoded.as_ref(), Ok(&request));
        match Program::from_request(request, "trace") {
            Ok(program) => execution::check(&program),
            Err(refusal) => assert!(
                !refusal.message().contains('\0') && refusal.message().len() < 4096,
                "{refusal:?}"
            ),
        }
    }
    if let Ok(PrimeRequest {
        program: Some(request),
    }) = PrimeRequest::decode(bytes)
    {
        let _ = Program::from_request(request, "");
    }
}

fn refresh(bytes: &[u8]) {
    if let Ok(request) = RefreshRequest::decode(bytes) {
        let (hostname, machine) = (request.hostname.clone(), request.machine_id.clone());
        if Refresh::from_request(request, false).is_ok() {
            assert!((1..=63).contains(&hostname.len()));
            assert!(!hostname.contains(['/', '\n', '\0', ' ']));
            assert!(machine.len() == 32 && machine.bytes().all(|byte| byte.is_ascii_hexdigit()));
        }
    }
}

/// The kernel's command line and its files about memory and uptime.
fn kernel_words(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let arguments = KernelArguments::parse(text);
    assert!(!arguments.root_disk().is_empty());
    assert!(arguments.parameters_of("virtio_mmio").len() <= text.len());
    let _ = (memory::parse(text), service::uptime(text));
}

#[cfg(test)]
#[test]
fn corpora_hold() {
    neurovisor_fuzz::replay(&TARGETS, "agent");
}
