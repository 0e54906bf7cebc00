package io.neurovisor.engine.pool;

import io.neurovisor.engine.limits.SandboxSize;

/**
 * The memory that a host has left for machines of one size, at one moment.
 *
 * @param limitBytes the most that a machine of this size can take
 * @param availableBytes the memory available to machines; {@link Long#MAX_VALUE} if it is unknown
 * @param promisedBytes the part of it that running and starting machines may still take
 * @param promised the number of these machines
 */
public record MemoryHeadroom(SandboxSize size, long limitBytes, long availableBytes, long promisedBytes, int promised) {
    private static final int MEBIBYTE_BITS = 20;

    /** Returns whether the memory of the host limits the number of machines. */
    public boolean isKnown() {
        return availableBytes != Long.MAX_VALUE && limitBytes > 0;
    }

    /** Returns the memory that is neither taken nor promised. */
    public long freeBytes() {
        return availableBytes - promisedBytes;
    }

    /** Returns how many machines can run programs at the same time; idle machines make room for them. */
    public int machines() {
        return isKnown()
                ? (int) Math.min(Integer.MAX_VALUE, promised + Math.max(0, freeBytes()) / limitBytes)
                : Integer.MAX_VALUE;
    }

    /**
     * Returns a text such as {@code a machine of size large can take 1376 MiB, and 900 MiB are available, 608 MiB of
     * them reserved for 1 other machine}.
     */
    @Override
    public String toString() {
        String text = "a machine of size %s can take %d MiB, and %d MiB are available"
                .formatted(size.label(), limitBytes >> MEBIBYTE_BITS, Math.max(0, availableBytes >> MEBIBYTE_BITS));
        return promised == 0
                ? text
                : text
                        + ", %d MiB of them reserved for %d other %s"
                                .formatted(
                                        promisedBytes >> MEBIBYTE_BITS,
                                        promised,
                                        promised == 1 ? "machine" : "machines");
    }
}
