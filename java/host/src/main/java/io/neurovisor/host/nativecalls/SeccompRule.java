package io.neurovisor.host.nativecalls;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * What a filter answers to one system call.
 *
 * @param conditions all must hold, else the rule says nothing about the call
 * @param errno 0 lets the call through; any other value is what the caller gets instead of the call
 */
public record SeccompRule(String syscall, List<Condition> conditions, int errno) {
    private static final int MAX_ERRNO = 4095;

    public SeccompRule {
        requireNonNull(syscall, "syscall is null");
        conditions = List.copyOf(conditions);
        if (errno < 0 || errno > MAX_ERRNO) {
            throw new IllegalArgumentException("errno is " + errno);
        }
    }

    /**
     * Holds when the bits that {@code mask} selects of an argument are those of {@code value}. A mask of 32 bits is for
     * arguments of which the kernel takes no more: what a caller leaves in the upper half must not matter.
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
