package io.neurovisor.agent.provider;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;

/**
 * Parses {@code OLLAMA_HOST} as Ollama does: with or without scheme, port and path; a port alone; IPv6 with or without brackets;
 * quoted. A wildcard address becomes the loopback address.
 */
public final class OllamaHost {
    private static final String USUAL_HOST = "127.0.0.1";
    private static final int USUAL_PORT = 11434;

    private record Place(String host, String port) {}

    private OllamaHost() {}

    /** Returns the address; empty if the text is not an address. */
    public static Optional<URI> parse(String written) {
        String text = unquoted(written.strip());
        int schemeEnd = text.indexOf("://");
        String scheme = schemeEnd < 0 ? "http" : text.substring(0, schemeEnd);
        if (!scheme.equals("http") && !scheme.equals("https")) {
            return Optional.empty();
        }
        int usualPort = schemeEnd < 0 ? USUAL_PORT : scheme.equals("http") ? 80 : 443;
        String rest = schemeEnd < 0 ? text : text.substring(schemeEnd + 3);
        int slash = rest.indexOf('/');
        String path = slash < 0 ? "" : rest.substring(slash);
        Place place = place(slash < 0 ? rest : rest.substring(0, slash));
        try {
            String host = asked(place.host());
            // This constructor quotes the host; the path is quoted already.
            URI server = new URI(scheme, null, host, port(place.port(), usualPort), "", null, null);
            URI uri = new URI(server + (path.equals("/") ? "" : path));
            return uri.getHost() == null || uri.getRawQuery() != null || uri.getRawFragment() != null
                    ? Optional.empty()
                    : Optional.of(uri);
        } catch (URISyntaxException exception) {
            return Optional.empty();
        }
    }

    private static Place place(String authority) {
        if (authority.startsWith("[")) {
            int close = authority.indexOf(']');
            boolean hasPort = close >= 0 && authority.startsWith("]:", close);
            return new Place(
                    authority.substring(0, close < 0 ? authority.length() : close + 1),
                    hasPort ? authority.substring(close + 2) : "");
        }
        int colon = authority.indexOf(':');
        if (colon >= 0 && authority.indexOf(':', colon + 1) >= 0) {
            return new Place("[" + authority + "]", "");
        }
        return colon < 0
                ? new Place(authority, "")
                : new Place(authority.substring(0, colon), authority.substring(colon + 1));
    }

    /** Returns the port; the default for an invalid one, as in Ollama. */
    private static int port(String port, int usual) {
        if (!port.matches("\\d{1,5}")) {
            return usual;
        }
        int number = Integer.parseInt(port);
        return number > 65_535 ? usual : number;
    }

    private static String asked(String host) {
        return switch (host) {
            case "", "0.0.0.0" -> USUAL_HOST;
            case "[::]" -> "[::1]";
            default -> host;
        };
    }

    private static String unquoted(String text) {
        boolean isQuoted = text.length() >= 2
                && "\"'".indexOf(text.charAt(0)) >= 0
                && text.charAt(text.length() - 1) == text.charAt(0);
        return isQuoted ? text.substring(1, text.length() - 1).strip() : text;
    }
}
