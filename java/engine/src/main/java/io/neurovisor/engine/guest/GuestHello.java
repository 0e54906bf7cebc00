package io.neurovisor.engine.guest;

import static java.util.Objects.requireNonNull;

/** The description that a guest sends of itself when it is ready. */
public record GuestHello(String agentVersion, String kernelRelease, int vcpuCount, long memoryBytes) {
    public GuestHello {
        requireNonNull(agentVersion, "agentVersion is null");
        requireNonNull(kernelRelease, "kernelRelease is null");
    }
}
