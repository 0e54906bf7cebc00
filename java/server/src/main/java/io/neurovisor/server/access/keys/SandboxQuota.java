package io.neurovisor.server.access.keys;

import io.neurovisor.server.setting.DataSize;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The limits of a key's sandboxes; an empty value means no limit.
 *
 * @param sandboxes the number of those that run
 * @param memory of their machines together
 * @param paused the number of those that are paused
 * @param disk of the files of paused sandboxes and snapshots together
 */
public record SandboxQuota(
        Optional<Integer> sandboxes, Optional<DataSize> memory, Optional<Integer> paused, Optional<DataSize> disk) {
    public static final SandboxQuota UNLIMITED = new SandboxQuota(Optional.empty(), Optional.empty());

    /** Describes the allowed numbers of sandboxes, as the end of "use …". */
    public static final String ALLOWED = "a number of 0 to 999999";

    /** Describes the allowed sizes, as the end of "use …". */
    public static final String ALLOWED_SIZE = "a size such as 512M or 4G";

    private static final Pattern COUNT = Pattern.compile("0|[1-9]\\d{0,5}");

    /** Limits for running sandboxes only. */
    public SandboxQuota(Optional<Integer> sandboxes, Optional<DataSize> memory) {
        this(sandboxes, memory, Optional.empty(), Optional.empty());
    }

    /** Parses the number of sandboxes; returns empty if the text is not allowed. */
    public static Optional<Integer> parse(String text) {
        return COUNT.matcher(text).matches() ? Optional.of(Integer.valueOf(text)) : Optional.empty();
    }
}
