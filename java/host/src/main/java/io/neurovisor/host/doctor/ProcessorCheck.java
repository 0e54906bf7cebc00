package io.neurovisor.host.doctor;

import static java.util.Objects.requireNonNull;

import io.neurovisor.host.probe.HostFiles;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Checks whether the processor, as this kernel sees it, supports virtualization. */
record ProcessorCheck(HostFiles files) implements Check {
    private static final String NAME = "processor";

    ProcessorCheck {
        requireNonNull(files, "files is null");
    }

    @Override
    public Finding examine() {
        Set<String> flags = files.lines("/proc/cpuinfo").stream()
                .filter(line -> line.startsWith("flags"))
                .findFirst()
                .map(line -> Set.copyOf(
                        List.of(line.substring(line.indexOf(':') + 1).strip().split("\\s+", -1))))
                .orElse(Set.of());
        boolean nested = flags.contains("hypervisor");
        String where = nested ? ", itself a virtual one" : "";
        if (flags.contains("vmx") || flags.contains("svm")) {
            return Finding.pass(NAME, (flags.contains("vmx") ? "VT-x" : "AMD-V") + where + guestsOfGuests());
        }
        return Finding.warn(
                NAME,
                "no VT-x or AMD-V" + where,
                nested
                        ? "switch nested virtualization on for this virtual machine, at its host or provider"
                        : "switch virtualization (VT-x, AMD-V, SVM) on in the firmware's settings");
    }

    private String guestsOfGuests() {
        boolean on = Stream.of("kvm_intel", "kvm_amd")
                .flatMap(module -> files.text("/sys/module/" + module + "/parameters/nested").stream())
                .anyMatch(text -> text.equals("Y") || text.equals("1"));
        return on ? "; guests may have guests (nested)" : "";
    }
}
