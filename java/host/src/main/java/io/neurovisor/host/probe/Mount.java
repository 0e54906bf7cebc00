package io.neurovisor.host.probe;

import java.util.ArrayList;
import java.util.List;

/**
 * A line of a {@code mountinfo} file (proc_pid_mountinfo(5)).
 *
 * @param root the directory of the file system that is mounted
 * @param point the mount point in the kernel's notation: a blank is {@code \040}
 * @param options the options of this mount, such as {@code ro,nosuid}
 * @param type the type of the file system
 * @param superOptions the options of the file system for all its mounts
 */
record Mount(String root, String point, List<String> options, String type, List<String> superOptions) {
    private static final int ROOT = 3;
    private static final int POINT = 4;
    private static final int OPTIONS = 5;
    private static final int FIELDS_BEFORE_DASH = 6;

    Mount {
        options = List.copyOf(options);
        superOptions = List.copyOf(superOptions);
    }

    /** Ignores lines of another form. */
    static List<Mount> parse(String mountinfo) {
        List<Mount> mounts = new ArrayList<>();
        for (String line : mountinfo.split("\n", -1)) {
            String[] fields = line.split(" ", -1);
            // A variable number of optional fields precedes the dash.
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

    /** Returns a description for messages. */
    String described() {
        return point + (isWritable() ? " (writable)" : "");
    }

    /** Returns whether files can be written there. The kernel protects those of {@code proc}. */
    boolean isWritable() {
        return options.contains("rw") && !superOptions.contains("ro") && !type.equals("proc");
    }
}
