package io.neurovisor.host.probe;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;

/** Names this machine's processor, kernel included, as far as saved virtual machines depend on it. */
public final class HostCpu {
    private HostCpu() {}

    /** Model, features and host kernel release; equal strings mean that state saved under one loads under the other. */
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
