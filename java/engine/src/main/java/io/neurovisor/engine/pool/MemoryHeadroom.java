package io.neurovisor.engine.pool;

import static java.util.Objects.requireNonNull;

import io.neurovisor.engine.limits.SandboxSize;

/**
 * What the memory of a host comes to, at one moment, for machines of one size.
 *
 * @param limitBytes the most that one of them can take
 * @param availableBytes what is there for machines; {@link Long#MAX_VALUE} where nobody can say
 * @param promisedBytes of it, to machines that run or start and have not taken it yet
 * @param promised how many those are
 */
public record MemoryHeadroom(SandboxSize size, long limitBytes, long availableBytes, long promisedBytes, int promised) {
    private static final int MEBIBYTE_BITS = 20;

    public MemoryHeadroom {
        requireNonNull(size, "size is null");
    }

    /** Whether the host's memory bounds anything. */
    public boolean isKnown() {
        return availableBytes != Long.MAX_VALUE && limitBytes > 0;
    }

    /** What nobody has taken and nobody has been promised. */
    public long freeBytes() {
        return availableBytes - promisedBytes;
    }

    /** How many machines may run programs at once; those that wait for a request make room. */
    public int machines() {
        return isKnown()
                ? (int) Math.min(Integer.MAX_VALUE, promised + Math.max(0, freeBytes()) / limitBytes)
                : Integer.MAX_VALUE;
    }

    /** {@code a machine of size large can take 1376 MiB, and of 900 MiB that are there 608 MiB are promised to 1 other}. */
    @Override
    public String toString() {
        String there = Math.max(0, availableBytes >> MEBIBYTE_BITS) + " MiB ";
        return "a machine of size %s can take %d MiB, and ".formatted(size.label(), limitBytes >> MEBIBYTE_BITS)
                + (promised == 0
                        ? there + "are there"
                        : "of " + there
                                + "that are there %d MiB are promised to %d %s"
                                        .formatted(
                                                promisedBytes >> MEBIBYTE_BITS,
                                                promised,
                                                promised == 1 ? "other" : "others"));
    }
}
