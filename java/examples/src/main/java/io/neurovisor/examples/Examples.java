package io.neurovisor.examples;

import io.neurovisor.examples.Example.Need;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** All examples. */
public final class Examples {
    public static final List<Example> ALL = List.of(
            new Example(
                    "agent_primes",
                    "a model writes a program, a microVM runs it, and it prints the 25 primes under 100",
                    Set.of(Need.MODEL, Need.SANDBOXES),
                    AgentPrimes::run),
            new Example(
                    "capabilities_proof",
                    "a virtual machine's process has no capability, and a daemon drops its own and cannot regain them",
                    Set.of(Need.SANDBOXES),
                    CapabilitiesProof::run),
            new Example(
                    "cgroups_demo",
                    "the host limits the processor time and the memory of a virtual machine, and reports when it has"
                            + " killed it",
                    Set.of(Need.SANDBOXES),
                    CgroupsDemo::run),
            new Example(
                    "ebpf_proof",
                    "the kernel counts each system call of a virtual machine, and knows which are unusual for its VMM",
                    Set.of(Need.SANDBOXES),
                    EbpfProof::run),
            new Example(
                    "escape_attempts",
                    "twenty attempts to escape from a sandbox fail, each with the layer that stops it, and the next"
                            + " program runs undisturbed",
                    Set.of(Need.SANDBOXES),
                    EscapeAttempts::run),
            new Example(
                    "fork_bomb",
                    "a fork bomb reaches its limit inside the guest, and the host is not affected",
                    Set.of(Need.SANDBOXES),
                    ForkBomb::run),
            new Example(
                    "lsm_proof",
                    "the kernel denies a VMM foreign files, programs and connections, and counts the attempts",
                    Set.of(Need.SANDBOXES),
                    LsmProof::run),
            new Example(
                    "metrics_demo",
                    "a daemon counts its work, and its metrics lead to the traces of the requests",
                    Set.of(Need.DAEMON),
                    MetricsDemo::run),
            new Example(
                    "rate_limit_proof",
                    "a client that calls too often learns when there is room again, and a guest that floods loses its"
                            + " machine",
                    Set.of(Need.DAEMON),
                    RateLimitProof::run),
            new Example(
                    "seccomp_proof",
                    "a virtual machine runs behind system call filters, and a daemon cannot start programs",
                    Set.of(Need.SANDBOXES),
                    SeccompProof::run),
            new Example(
                    "streaming_latency",
                    "a model's words arrive as it writes them, within the time that its server reports",
                    Set.of(Need.MODEL),
                    StreamingLatency::run),
            new Example(
                    "trace_id_demo",
                    "one trace id, however a client sets it, is in the answer, in its headers and in the guest",
                    Set.of(Need.DAEMON),
                    TraceIdDemo::run));

    private Examples() {}

    public static List<String> names() {
        return ALL.stream().map(Example::name).toList();
    }

    public static Optional<Example> named(String name) {
        return ALL.stream().filter(example -> example.name().equals(name)).findFirst();
    }
}
