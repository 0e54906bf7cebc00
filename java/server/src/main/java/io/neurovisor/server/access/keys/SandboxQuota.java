package io.neurovisor.server.access.keys;

import io.neurovisor.server.setting.DataSize;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The limits of a key's running sandboxes; an empty value means no limit.
 *
 * @param memory of their machines together
 */
public record SandboxQuota(Optional<Integer> sandboxes, Optional<DataSize> memory) {
    public static final SandboxQuota UNLIMITED = new SandboxQuota(Optional.empty(), Optional.empty());

    /** Describes the allowed numbers of sandboxes, as the end of "use …". */
    public static final String ALLOWED = "a number of 0 to 999999";

    /** Describes the allowed memory, as the end of "use …". */
    public static final String ALLOWED_MEMORY = "a size such as 512M or 4G";

    private static final Pattern COUNT = Pattern.compile("0|[1-9]\\d{0,5}");

    /** Parses the number of sandboxes; returns empty if the text is not allowed. */
    public static Optional<Integer> parse(String text) {
        return COUNT.matcher(text).matches() ? Optional.of(Integer.valueOf(text)) : Optional.empty();
    }
}
