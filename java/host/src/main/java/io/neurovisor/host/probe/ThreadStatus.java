package io.neurovisor.host.probe;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** The privileges of a thread, from its {@code status} file (proc_pid_status(5)). */
final class ThreadStatus {
    private static final List<String> CAPABILITY_SETS = List.of("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb");
    private static final String BOUNDING_SET = "CapBnd";
    private static final String PERMITTED_SET = "CapPrm";
    private static final int FILTER_MODE = 2;
    private static final int HEXADECIMAL = 16;
    private static final int DECIMAL = 10;

    private final Map<String, String> fields;

    private ThreadStatus(Map<String, String> fields) {
        this.fields = fields;
    }

    /** A field with two lines counts as absent. */
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

    /**
     * Returns the uid if the real, effective, saved and file system uids are equal; absent if they differ or are
     * missing.
     */
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
     * Returns the names of the capability sets that are not empty or not known, each with its content.
     *
     * @param bounding the capabilities that the bounding set may contain
     */
    List<String> capabilities(long bounding) {
        return CAPABILITY_SETS.stream()
                .filter(set -> (held(set) & ~(set.equals(BOUNDING_SET) ? bounding : 0)) != 0)
                .map(set -> set + " " + fields.getOrDefault(set, "unknown"))
                .toList();
    }

    /** Returns whether all sets but the bounding set contain only allowed capabilities; false if a set is not known. */
    boolean holdsAtMost(long allowed) {
        return CAPABILITY_SETS.stream()
                .filter(set -> !set.equals(BOUNDING_SET))
                .allMatch(set -> (held(set) & ~allowed) == 0);
    }

    /** Returns the capabilities that it can use immediately or after raising them. */
    long permitted() {
        return held(PERMITTED_SET);
    }

    /** Returns the capabilities of a set; all capabilities if the set is not known. */
    private long held(String set) {
        return number(fields.getOrDefault(set, ""), HEXADECIMAL).orElse(-1);
    }

    boolean hasNoNewPrivileges() {
        return "1".equals(fields.get("NoNewPrivs"));
    }

    /** Returns whether a seccomp filter is in force. */
    boolean isFiltered() {
        return seccompMode().orElse(0) == FILTER_MODE;
    }

    /** Returns 0 for none, 1 for strict mode, 2 for filters (seccomp(2)); absent if the kernel has no seccomp. */
    OptionalLong seccompMode() {
        return number(fields.getOrDefault("Seccomp", ""), DECIMAL);
    }

    /** Returns the number of filters; absent before Linux 5.9. */
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
