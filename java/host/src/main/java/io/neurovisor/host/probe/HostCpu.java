package io.neurovisor.host.probe;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;

/** Describes this host's processor and kernel, as far as saved virtual machines depend on them. */
public final class HostCpu {
    private HostCpu() {}

    /**
     * Returns model, features and host kernel release; state that was saved under one description loads under an equal
     * one.
     */
    public static String describe() {
        try {
            List<String> lines = Files.readAllLines(Path.of("/proc/cpuinfo"));
            String release =
                    Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip();
            String features = value(lines, "flags");
            return value(lines, "model name") + " / "
                    + UUID.nameUUIDFromBytes(features.getBytes(StandardCharsets.UTF_8)) + " / " + release;
        } catch (IOException exception) {
            throw new NeuroVisorException(
                    Fault.TOOL_FAILED, "/proc/cpuinfo cannot be read (" + exception.getMessage() + ")", exception);
        }
    }

    private static String value(List<String> lines, String key) {
        return lines.stream()
                .filter(line -> line.startsWith(key))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse("unknown");
    }
}
