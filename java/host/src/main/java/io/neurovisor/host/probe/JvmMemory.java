package io.neurovisor.host.probe;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The memory that this process may still take. Clients and guests influence how far its heap, direct buffers, compiled
 * code and classes grow towards the limits of its command line.
 *
 * @param maxBytes the sum of these limits
 */
public record JvmMemory(HostFiles files, long maxBytes) {
    private static final Pattern SIZE = Pattern.compile("([0-9]{1,12})([kKmMgG]?)");

    /** The default of a JVM that compiles with C1 only. */
    private static final long DEFAULT_CODE_BYTES = 48L << 20;

    public JvmMemory {
        if (maxBytes < 0) {
            throw new IllegalArgumentException("a JVM of at most " + maxBytes + " bytes");
        }
    }

    /**
     * Returns the memory of this process. Classes without a limit count as 0, because clients and guests cannot make
     * this process load classes.
     */
    public static JvmMemory ofThisProcess(HostFiles files) {
        return of(files, Runtime.getRuntime().maxMemory());
    }

    /** @param heapBytes the maximum size of the heap */
    static JvmMemory of(HostFiles files, long heapBytes) {
        List<String> arguments = files.lines("/proc/self/cmdline").stream()
                .flatMap(line -> Pattern.compile("\0").splitAsStream(line))
                .toList();
        long maxBytes = heapBytes
                + limit(arguments, "-XX:MaxDirectMemorySize=").orElse(heapBytes) // As java.nio has it.
                + limit(arguments, "-XX:ReservedCodeCacheSize=").orElse(DEFAULT_CODE_BYTES)
                + limit(arguments, "-XX:MaxMetaspaceSize=").orElse(0L);
        return new JvmMemory(files, maxBytes);
    }

    /** Returns the possible growth beyond the current usage. */
    public long growthBytes() {
        return Math.max(0, maxBytes - residentBytes());
    }

    /** Returns the current usage, without mapped files. */
    public long residentBytes() {
        return LiveProcess.self(files).residentBytes();
    }

    /** The JVM uses the last of several options. */
    private static Optional<Long> limit(List<String> arguments, String option) {
        return arguments.stream()
                .filter(argument -> argument.startsWith(option))
                .reduce((_, last) -> last)
                .map(argument -> SIZE.matcher(argument.substring(option.length())))
                .filter(Matcher::matches)
                .map(size -> Long.parseLong(size.group(1)) << unitBits(size.group(2)));
    }

    private static int unitBits(String unit) {
        return 10 * ("kmg".indexOf(unit.toLowerCase(Locale.ROOT)) + (unit.isEmpty() ? 0 : 1));
    }
}
