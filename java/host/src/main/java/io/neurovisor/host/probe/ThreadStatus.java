package io.neurovisor.host.probe;

import static java.util.Objects.requireNonNull;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** What one thread may do, as its {@code status} file tells (proc_pid_status(5)). */
final class ThreadStatus {
    private static final List<String> CAPABILITY_SETS = List.of("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb");
    private static final String BOUNDING_SET = "CapBnd";
    private static final String PERMITTED_SET = "CapPrm";
    private static final int FILTER_MODE = 2;
    private static final int HEXADECIMAL = 16;
    private static final int DECIMAL = 10;

    private final Map<String, String> fields;

    private ThreadStatus(Map<String, String> fields) {
        this.fields = requireNonNull(fields, "fields is null");
    }

    /** Of two lines that claim to be one field neither is believed. */
    static ThreadStatus parse(List<String> lines) {
        Map<String, String> fields = new HashMap<>();
        for (String line : lines) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                fields.merge(line.substring(0, colon), line.substring(colon + 1).strip(), (first, second) -> "");
            }
        }
        return new ThreadStatus(fields);
    }

    /** Real, effective, saved and file system uid when they are one; absent when they differ or are not told. */
    OptionalLong uid() {
        String[] uids = fields.getOrDefault("Uid", "").split("\\s+", -1);
        for (String uid : uids) {
            if (!uid.equals(uids[0])) {
                return OptionalLong.empty();
            }
        }
        return number(uids[0], DECIMAL);
    }

    /**
     * The names of the capability sets that are not empty, or not told, each with what it holds.
     *
     * @param bounding what the bounding set may hold
     */
    List<String> capabilities(long bounding) {
        return CAPABILITY_SETS.stream()
                .filter(set -> (held(set) & ~(set.equals(BOUNDING_SET) ? bounding : 0)) != 0)
                .map(set -> set + " " + fields.getOrDefault(set, "not told"))
                .toList();
    }

    /** Whether no set but the bounding one holds, or may hold for all that is told, anything else. */
    boolean holdsAtMost(long allowed) {
        return CAPABILITY_SETS.stream()
                .filter(set -> !set.equals(BOUNDING_SET))
                .allMatch(set -> (held(set) & ~allowed) == 0);
    }

    /** What it could make use of at once or after asking. */
    long permitted() {
        return held(PERMITTED_SET);
    }

    /** Everything where it is not told. */
    private long held(String set) {
        return number(fields.getOrDefault(set, ""), HEXADECIMAL).orElse(-1);
    }

    boolean hasNoNewPrivileges() {
        return "1".equals(fields.get("NoNewPrivs"));
    }

    /** Whether a seccomp filter decides of its system calls. */
    boolean isFiltered() {
        return seccompMode().orElse(0) == FILTER_MODE;
    }

    /** 0 none, 1 strict, 2 filters (seccomp(2)); absent when the kernel was built without. */
    OptionalLong seccompMode() {
        return number(fields.getOrDefault("Seccomp", ""), DECIMAL);
    }

    /** How many filters it has; absent before Linux 5.9. */
    OptionalLong seccompFilters() {
        return number(fields.getOrDefault("Seccomp_filters", ""), DECIMAL);
    }

    private static OptionalLong number(String text, int radix) {
        try {
            return OptionalLong.of(Long.parseUnsignedLong(text, radix));
        } catch (NumberFormatException none) {
            return OptionalLong.empty();
        }
    }
}
