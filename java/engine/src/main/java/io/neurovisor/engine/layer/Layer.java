package io.neurovisor.engine.layer;

import java.util.Arrays;

/** The layers between a program and the host; the innermost layer of the VMM comes first. */
public enum Layer {
    CAPABILITIES(1, "capabilities", "The VMM has no capability, cannot gain one, and runs under its own uid."),
    SECCOMP(2, "seccomp", "Each thread of the VMM may make the system calls of an allowlist and no others."),
    CGROUP(3, "cgroups v2", "Memory, processor time and processes of each virtual machine are limited from outside."),
    RATE_LIMITING(4, "rate limiting", "The requests of clients and guests are limited by token buckets."),
    EBPF_LSM(5, "eBPF LSM", "The kernel denies the VMM every file that is not its own, every exec and every connect."),
    VM_ISOLATION(
            6,
            "VM isolation",
            "The program runs on a virtual processor with virtual devices, the VMM in its own namespaces.");

    private final int number;
    private final String label;
    private final String sentence;

    Layer(int number, String label, String sentence) {
        this.number = number;
        this.label = label;
        this.sentence = sentence;
    }

    public int number() {
        return number;
    }

    /** Returns the layer with a number; throws {@link IllegalArgumentException} if there is none. */
    public static Layer numbered(int number) {
        return Arrays.stream(values())
                .filter(layer -> layer.number == number)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no layer has the number " + number));
    }

    /** Returns the name for output: {@code cgroups v2}. */
    public String label() {
        return label;
    }

    /** Returns one sentence that explains the layer. */
    public String sentence() {
        return sentence;
    }
}
