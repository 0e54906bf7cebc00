package io.neurovisor.host.nativecalls;

import java.util.List;

/**
 * The answer of a filter to one system call.
 *
 * @param conditions the rule applies only if all of them hold
 * @param errno 0 allows the call; any other value is returned instead of making the call
 */
public record SeccompRule(String syscall, List<Condition> conditions, int errno) {
    private static final int MAX_ERRNO = 4095;

    public SeccompRule {
        conditions = List.copyOf(conditions);
        if (errno < 0 || errno > MAX_ERRNO) {
            throw new IllegalArgumentException("errno is " + errno);
        }
    }

    /**
     * A condition that holds if the bits of an argument selected by {@code mask} equal those of {@code value}. A mask
     * of 32 bits is for arguments whose upper half the kernel ignores.
     *
     * @param argument 0 to 5
     */
    public record Condition(int argument, long mask, long value) {
        public Condition {
            if (argument < 0 || argument > 5) {
                throw new IllegalArgumentException("argument is " + argument);
            }
            if ((value & ~mask) != 0) {
                throw new IllegalArgumentException("value has bits that the mask has not");
            }
        }
    }
}
