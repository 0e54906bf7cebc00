package io.neurovisor.host.probe;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;

/**
 * One line of a {@code mountinfo} file (proc_pid_mountinfo(5)).
 *
 * @param root which directory of the file system is mounted
 * @param point where it is mounted, as the kernel writes it: spaces are {@code \040}
 * @param options of this mount, such as {@code ro,nosuid}
 * @param type of the file system
 * @param superOptions of the file system, whoever mounts it
 */
record Mount(String root, String point, List<String> options, String type, List<String> superOptions) {
    private static final int ROOT = 3;
    private static final int POINT = 4;
    private static final int OPTIONS = 5;
    private static final int FIELDS_BEFORE_DASH = 6;

    Mount {
        requireNonNull(root, "root is null");
        requireNonNull(point, "point is null");
        requireNonNull(type, "type is null");
        options = List.copyOf(options);
        superOptions = List.copyOf(superOptions);
    }

    /** Lines of another form are left out. */
    static List<Mount> parse(String mountinfo) {
        List<Mount> mounts = new ArrayList<>();
        for (String line : mountinfo.split("\n", -1)) {
            String[] fields = line.split(" ", -1);
            // Optional fields stand before the dash, as many as the kernel likes.
            int dash = FIELDS_BEFORE_DASH;
            while (dash < fields.length && !fields[dash].equals("-")) {
                dash++;
            }
            if (dash + 1 < fields.length) {
                mounts.add(new Mount(
                        fields[ROOT],
                        fields[POINT],
                        List.of(fields[OPTIONS].split(",", -1)),
                        fields[dash + 1],
                        dash + 3 < fields.length ? List.of(fields[dash + 3].split(",", -1)) : List.of()));
            }
        }
        return mounts;
    }

    /** For a message. */
    String described() {
        return point + (isWritable() ? " (writable)" : "");
    }

    /** Files can be written there. Those of {@code proc} are guarded by the kernel. */
    boolean isWritable() {
        return options.contains("rw") && !superOptions.contains("ro") && !type.equals("proc");
    }
}
