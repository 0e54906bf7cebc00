package io.neurovisor.host.doctor;

import static java.util.Objects.requireNonNull;

import io.neurovisor.host.probe.HostFiles;
import java.util.List;

/** Checks whether a guest's memory can be written to a disk. */
record SwapCheck(HostFiles files) implements Check {
    private static final String NAME = "swap";

    SwapCheck {
        requireNonNull(files, "files is null");
    }

    @Override
    public Finding examine() {
        List<String> areas = files.lines("/proc/swaps").stream()
                .skip(1)
                .map(line -> line.split("\\s+", 2)[0])
                .filter(area -> !area.startsWith("/dev/zram"))
                .toList();
        return areas.isEmpty()
                ? Finding.pass(NAME, "none on a disk")
                : Finding.warn(
                        NAME,
                        "on " + String.join(", ", areas) + ": what guests hold in memory can reach the disk",
                        "sudo swapoff -a, or encrypt it");
    }
}
