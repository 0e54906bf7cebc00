package io.neurovisor.server.setting;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The environment variables that Kubernetes sets in each pod for the services of its namespace, unless the pod's {@code
 * enableServiceLinks} is false. Those for a service named {@code neurovisor} begin like settings.
 */
public final class ServiceLinks {
    private static final String PORT = "_PORT";

    private static final Pattern NAME = Pattern.compile("[A-Z][A-Z0-9_]*?_(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?"
            + "|PORT_\\d{1,5}_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)");
    private static final Pattern PORT_VALUE = Pattern.compile("(?:tcp|udp|sctp)://[^/]+:\\d{1,5}");

    private ServiceLinks() {}

    /** Returns whether Kubernetes sets a variable of this name to such a value. */
    public static boolean contain(String name, String value) {
        return NAME.matcher(name).matches() || isPort(name, value);
    }

    /** Returns why a setting has this value, and the fix, if Kubernetes has set its variable. */
    static Optional<String> explain(String name, String value) {
        if (!isPort(name, value)) {
            return Optional.empty();
        }
        String service = name.substring(0, name.length() - PORT.length())
                .replace('_', '-')
                .toLowerCase(Locale.ROOT);
        return Optional.of(
                "%s: \"%s\" is the address that Kubernetes sets for a service named %s; set enableServiceLinks: false in the pod's specification, or set this variable there"
                        .formatted(name, Excerpt.of(value), service));
    }

    private static boolean isPort(String name, String value) {
        return name.endsWith(PORT) && PORT_VALUE.matcher(value).matches();
    }
}
