package io.neurovisor.host.guestkernel;

import io.neurovisor.engine.fault.Fault;
import io.neurovisor.engine.fault.NeuroVisorException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** A kernel that guests can boot. */
public enum GuestKernel {
    /** Debian's cloud kernel, unpacked: ready within seconds, without a compiler. */
    DEBIAN,
    /** Debian's kernel source in our configuration: boots faster and contains only what a guest needs. */
    SMALL;

    /** Returns the name for flags, output and paths: {@code small}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static GuestKernel named(String name) {
        return Arrays.stream(values())
                .filter(kernel -> kernel.label().equals(name))
                .findFirst()
                .orElseThrow(() -> new NeuroVisorException(
                        Fault.INVALID_ARGUMENT,
                        "kernel \"" + name + "\" is not known; known are "
                                + Arrays.stream(values())
                                        .map(GuestKernel::label)
                                        .collect(Collectors.joining(", "))));
    }
}
