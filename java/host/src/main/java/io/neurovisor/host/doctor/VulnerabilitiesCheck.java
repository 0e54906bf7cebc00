package io.neurovisor.host.doctor;

import static java.util.Objects.requireNonNull;

import io.neurovisor.host.probe.HostFiles;
import java.util.List;

/** Reports the vulnerabilities of the processor that the kernel does not mitigate. */
record VulnerabilitiesCheck(HostFiles files) implements Check {
    private static final String NAME = "vulnerabilities";
    private static final String DIRECTORY = "/sys/devices/system/cpu/vulnerabilities";

    VulnerabilitiesCheck {
        requireNonNull(files, "files is null");
    }

    @Override
    public Finding examine() {
        List<String> known = files.names(DIRECTORY);
        List<String> open = known.stream()
                .filter(flaw -> files.text(DIRECTORY + "/" + flaw)
                        .filter(text -> text.startsWith("Vulnerable"))
                        .isPresent())
                .toList();
        return open.isEmpty()
                ? Finding.pass(NAME, "none of " + known.size() + " known flaws of processors is open")
                : Finding.warn(
                        NAME,
                        "not mitigated: " + String.join(", ", open),
                        "update kernel and microcode; boot without mitigations=off");
    }
}
