package io.neurovisor.host.guestkernel;

import java.util.Locale;

/** Which kernel guests shall boot. */
public enum KernelChoice {
    /** The small one when it is built and current, else Debian's. */
    AUTO,
    DEBIAN,
    /** The small one or nothing. */
    SMALL;

    /** The name used in flags. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
