package io.neurovisor.engine.limits;

import io.neurovisor.engine.fault.NeuroVisorException;
import io.neurovisor.engine.text.UntrustedText;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** A tier of virtual processors and memory. */
public enum SandboxSize {
    SMALL(1, 256),
    MEDIUM(2, 512),
    LARGE(4, 1024);

    private static final int MEBIBYTE_BITS = 20;
    private static final int MAX_SHOWN_CHARACTERS = 40;

    private final int vcpuCount;
    private final int memoryMebibytes;

    SandboxSize(int vcpuCount, int memoryMebibytes) {
        this.vcpuCount = vcpuCount;
        this.memoryMebibytes = memoryMebibytes;
    }

    public int vcpuCount() {
        return vcpuCount;
    }

    public int memoryMebibytes() {
        return memoryMebibytes;
    }

    public long memoryBytes() {
        return (long) memoryMebibytes << MEBIBYTE_BITS;
    }

    /** Returns the name for flags and output: {@code small}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static SandboxSize named(String name) {
        return Arrays.stream(values())
                .filter(size -> size.label().equals(name))
                .findFirst()
                .orElseThrow(() -> NeuroVisorException.invalid(
                        "size",
                        "size \"" + UntrustedText.line(name.substring(0, Math.min(name.length(), MAX_SHOWN_CHARACTERS)))
                                + "\" is not known; use one of "
                                + Arrays.stream(values())
                                        .map(SandboxSize::label)
                                        .collect(Collectors.joining(", "))));
    }
}
