package io.neurovisor.engine.vm;

import java.util.HexFormat;
import java.util.random.RandomGenerator;

/** The id of a virtual machine, unique on this host: lower-case letters, digits and dashes, at most 63 characters. */
public record VmId(String value) {
    public VmId {
        if (!value.matches("[a-z0-9-]{1,63}")) {
            throw new IllegalArgumentException("VM id \"" + value + "\" is not 1 to 63 of [a-z0-9-]");
        }
    }

    /** Returns {@code vm-} and 64 random bits. */
    public static VmId random(RandomGenerator random) {
        return new VmId("vm-" + HexFormat.of().toHexDigits(random.nextLong()));
    }

    @Override
    public String toString() {
        return value;
    }
}
