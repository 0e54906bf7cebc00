package io.neurovisor.tests.hostile.programs;

import java.util.Arrays;

/** The layer that stops a hostile program: one of the six layers around its machine, the guest or its agent. */
enum StoppedBy {
    CAPABILITIES("1", "layer 1"),
    SECCOMP("2", "layer 2"),
    CGROUPS("3", "layer 3"),
    RATE_LIMIT("4", "layer 4"),
    EBPF_LSM("5", "layer 5"),
    VIRTUAL_MACHINE("6", "layer 6"),
    /** Account, kernel and mounts of the guest. */
    GUEST("guest", "guest"),
    /** Limits, timeouts, control group and checks of output files. */
    AGENT("agent", "agent");

    private final String label;
    private final String shown;

    StoppedBy(String label, String shown) {
        this.label = label;
        this.shown = shown;
    }

    /** Returns the name for tables. */
    String shown() {
        return shown;
    }

    static StoppedBy labelled(String label) {
        return Arrays.stream(values())
                .filter(candidate -> candidate.label.equals(label))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no layer is called " + label));
    }
}
