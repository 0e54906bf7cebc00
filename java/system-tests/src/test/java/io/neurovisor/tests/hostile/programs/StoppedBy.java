package io.neurovisor.tests.hostile.programs;

import java.util.Arrays;

/** What stops a hostile program: one of the six layers around its machine, or one of the two parts of its own guest. */
enum StoppedBy {
    CAPABILITIES("1", "layer 1"),
    SECCOMP("2", "layer 2"),
    CGROUPS("3", "layer 3"),
    RATE_LIMIT("4", "layer 4"),
    EBPF_LSM("5", "layer 5"),
    VIRTUAL_MACHINE("6", "layer 6"),
    /** Its account, kernel and mounts. */
    GUEST("guest", "guest"),
    /** Caps, time-outs, control group, and what it lets home. */
    AGENT("agent", "agent");

    private final String label;
    private final String shown;

    StoppedBy(String label, String shown) {
        this.label = label;
        this.shown = shown;
    }

    /** For a reader of a table. */
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
