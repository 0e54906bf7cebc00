package io.neurovisor.host.doctor;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.host.probe.HostFiles;
import java.util.Optional;

/** Whether the machines that may run at once have room. */
record MemoryCheck(HostFiles files, SandboxSize size, int machineCount) implements Check {
    private static final String NAME = "memory";
    private static final int KIBIBYTES = 1024;

    MemoryCheck {
        requireNonNull(files, "files is null");
        requireNonNull(size, "size is null");
    }

    @Override
    public Finding examine() {
        Optional<Long> available = files.lines("/proc/meminfo").stream()
                .filter(line -> line.startsWith("MemAvailable:"))
                .map(line -> line.replaceAll("\\D", ""))
                .filter(number -> number.length() > 0 && number.length() < 18)
                .map(number -> Long.parseLong(number) / KIBIBYTES)
                .findFirst();
        if (available.isEmpty()) {
            return Finding.warn(NAME, "/proc/meminfo does not tell what is available", "");
        }
        long room = available.get() / size.memoryMebibytes();
        String detail =
                "%d MiB available, room for %d machines of size %s".formatted(available.get(), room, size.label());
        return room >= machineCount
                ? Finding.pass(NAME, detail)
                : Finding.warn(
                        NAME,
                        detail + " and " + machineCount + " may run at once",
                        "choose a smaller --size, run fewer at once, or end what takes the memory");
    }
}
