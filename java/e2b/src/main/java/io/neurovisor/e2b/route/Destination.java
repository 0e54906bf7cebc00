package io.neurovisor.e2b.route;

import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Where a request goes. */
public sealed interface Destination {
    /** To the control plane, whatever its headers say: older clients send those of a sandbox with every request. */
    record Control() implements Destination {}

    /** To a port of a sandbox. */
    record Sandbox(String id, int port) implements Destination {}

    /** To no place that is known. */
    record Nowhere() implements Destination {}

    /** The port of processes and files. */
    int ENVD = 49983;

    /** The port of the code interpreter. */
    int INTERPRETER = 49999;

    Pattern CONTROL = Pattern.compile("/(v2/)?sandboxes(/.*)?|/snapshots|/templates/[^/]+");
    /** Older clients append their own id to that of the sandbox. */
    Pattern HOST = Pattern.compile("([0-9]{1,5})-([a-z0-9]{1,63})(?:-[a-z0-9]{1,63})?\\.(.+)");

    Pattern PORT = Pattern.compile("[0-9]{1,5}");
    int MOST_PORT = 65_535;

    /**
     * Finds the destination of a request.
     *
     * @param header returns the value of a header
     * @param domain below which each port of a sandbox has a name; empty if there is none
     */
    static Destination of(String path, Function<String, Optional<String>> header, Optional<String> domain) {
        if (CONTROL.matcher(path).matches()) {
            return new Control();
        }
        Optional<String> id = header.apply("e2b-sandbox-id").filter(text -> !text.isEmpty());
        if (id.isPresent()) {
            return sandbox(id.get(), header.apply("e2b-sandbox-port").orElse(""));
        }
        return header.apply("host").flatMap(host -> ofHost(host, domain)).orElseGet(Nowhere::new);
    }

    private static Destination sandbox(String id, String port) {
        return PORT.matcher(port).matches() && Integer.parseInt(port) <= MOST_PORT
                ? new Sandbox(id, Integer.parseInt(port))
                : new Nowhere();
    }

    private static Optional<Destination> ofHost(String host, Optional<String> domain) {
        String name = host.replaceFirst(":\\d+$", "").toLowerCase(Locale.ROOT);
        Matcher matcher = HOST.matcher(name);
        return domain.filter(known -> matcher.matches() && matcher.group(3).equals(known.toLowerCase(Locale.ROOT)))
                .map(_ -> sandbox(matcher.group(2), matcher.group(1)));
    }
}
