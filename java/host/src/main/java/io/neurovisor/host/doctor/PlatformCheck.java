package io.neurovisor.host.doctor;

import static java.util.Objects.requireNonNull;

import io.neurovisor.host.probe.HostFiles;
import io.neurovisor.host.probe.UnifiedHierarchy;
import java.util.List;
import java.util.Locale;

/** Reports the kind of Linux system. */
record PlatformCheck(HostFiles files) implements Check {
    private static final String NAME = "platform";

    PlatformCheck {
        requireNonNull(files, "files is null");
    }

    @Override
    public Finding examine() {
        String release = files.text("/proc/sys/kernel/osrelease").orElse("unknown");
        UnifiedHierarchy cgroups = UnifiedHierarchy.read(files);
        String detail = String.join(
                        ", ", "Linux " + release, distribution(), "cgroups " + cgroups.mode() + controllers(cgroups))
                + inside();
        return isWsl(release)
                ? Finding.warn(NAME, detail + ", in WSL2, whose kernel has no BPF LSM", "use a native Linux")
                : Finding.pass(NAME, detail);
    }

    private static String controllers(UnifiedHierarchy cgroups) {
        List<String> controllers = cgroups.controllers();
        return controllers.isEmpty() ? "" : " (" + String.join(" ", controllers) + ")";
    }

    private String distribution() {
        return files.lines("/etc/os-release").stream()
                .filter(line -> line.startsWith("PRETTY_NAME="))
                .map(line -> line.substring("PRETTY_NAME=".length()).replace("\"", ""))
                .findFirst()
                .orElse("unknown distribution");
    }

    private static boolean isWsl(String release) {
        return release.toLowerCase(Locale.ROOT).contains("microsoft");
    }

    /** Returns the container engine, detected by the marks that engines leave. */
    private String inside() {
        if (files.exists("/.dockerenv")) {
            return ", in a Docker container";
        }
        return files.exists("/run/.containerenv") || files.exists("/run/systemd/container") ? ", in a container" : "";
    }
}
