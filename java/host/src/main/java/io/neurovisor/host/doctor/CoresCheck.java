package io.neurovisor.host.doctor;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.limits.SandboxSize;

/** Checks whether a guest has more processors than the host that emulates them. */
public record CoresCheck(SandboxSize size, int coreCount, boolean emulated) implements Check {
    private static final String NAME = "cores";

    public CoresCheck {
        requireNonNull(size, "size is null");
    }

    @Override
    public Finding examine() {
        String detail = coreCount + " here, " + size.vcpuCount() + " in a guest of size " + size.label();
        if (size.vcpuCount() <= coreCount) {
            return Finding.pass(NAME, detail);
        }
        return Finding.warn(
                NAME,
                detail + (emulated ? ": emulated ones that wait for each other are slow" : ""),
                "choose a smaller --size");
    }
}
