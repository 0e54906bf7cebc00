package io.neurovisor.host.doctor;

import static java.util.Objects.requireNonNull;

import io.neurovisor.host.probe.HostFiles;

/**
 * Checks whether the kernel merges equal pages of different guests (KSM), which reveals the content of their memory.
 */
record MemorySharingCheck(HostFiles files) implements Check {
    private static final String NAME = "ksm";
    private static final String FILE = "/sys/kernel/mm/ksm/run";

    MemorySharingCheck {
        requireNonNull(files, "files is null");
    }

    @Override
    public Finding examine() {
        return files.number(FILE).filter(run -> run == 1).isEmpty()
                ? Finding.pass(NAME, "off: equal pages of two guests are not merged")
                : Finding.warn(
                        NAME,
                        "on: a guest can detect pages that another guest has in memory",
                        "echo 2 | sudo tee " + FILE);
    }
}
