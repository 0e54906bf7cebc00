package io.neurovisor.server.page;

import static java.util.Objects.requireNonNull;

import java.net.InetAddress;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Checks that a request is meant for this server. A foreign page can let its own name resolve to our address (DNS
 * rebinding) and read our responses through a browser, which then sends that name. A request to an IP address contains
 * no such name.
 */
public final class HostCheck {
    /** A name, an IPv4 address, or an IPv6 address in brackets, with or without a port (RFC 9110, section 7.2). */
    private static final Pattern HOST =
            Pattern.compile("(?:\\[(?<six>[0-9a-fA-F:.]{2,45})]|(?<name>[A-Za-z0-9._-]{1,253}))(?::\\d{1,5})?");

    private static final Pattern FOUR = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");

    private final Set<String> names;

    /** @param names of the server, in addition to its addresses */
    public HostCheck(Set<String> names) {
        this.names = Set.copyOf(names);
    }

    /** Returns the response to a request that is rejected because of these headers; empty if it is allowed. */
    public Optional<Refusal> refusal(List<String> hosts) {
        if (hosts.size() != 1) {
            return Optional.of(new Refusal(400, "a request needs one Host header; this one has " + hosts.size()));
        }
        Matcher host = HOST.matcher(hosts.getFirst());
        if (!host.matches()) {
            return Optional.of(new Refusal(400, "the Host header is not a name or address"));
        }
        return isOurs(host)
                ? Optional.empty()
                : Optional.of(new Refusal(
                        421, "this server does not have that name; use localhost or the address, such as 127.0.0.1"));
    }

    private boolean isOurs(Matcher host) {
        String six = host.group("six");
        String name = six == null ? host.group("name") : six;
        if (six != null || FOUR.matcher(name).matches()) {
            return isAddress(name);
        }
        return names.contains(name.toLowerCase(Locale.ROOT));
    }

    private static boolean isAddress(String text) {
        try {
            requireNonNull(InetAddress.ofLiteral(text));
            return true;
        } catch (IllegalArgumentException exception) {
            return false;
        }
    }

    public record Refusal(int status, String text) {}
}
