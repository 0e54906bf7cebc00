package io.neurovisor.agent.provider;

import java.net.URI;
import java.util.Optional;

/**
 * The address of a model server. The string representation does not contain the key.
 *
 * @param base the address with the common path of all requests, without a trailing slash
 * @param apiKey the key, which is sent only to this server
 */
record ServerAddress(URI base, Optional<String> apiKey) {
    private static final int SHORTEST_SECRET = 8;

    ServerAddress {
        String text = base.toString();
        base = text.endsWith("/") ? URI.create(text.substring(0, text.length() - 1)) : base;
    }

    URI resolve(String path) {
        return URI.create(base + path);
    }

    /** Returns the address without the path. */
    ServerAddress root() {
        return new ServerAddress(URI.create(base.getScheme() + "://" + base.getRawAuthority()), apiKey);
    }

    /** Returns the address with the default path of OpenAI-compatible servers if it has none. */
    ServerAddress versioned() {
        String path = base.getPath();
        return path == null || path.isEmpty() ? new ServerAddress(URI.create(base + "/v1"), apiKey) : this;
    }

    /** Returns the address for messages, without user name and password. */
    String shown() {
        String host = base.getHost() == null ? String.valueOf(base.getRawAuthority()) : base.getHost();
        String port = base.getPort() < 0 ? "" : ":" + base.getPort();
        return base.getScheme() + "://" + host.substring(host.lastIndexOf('@') + 1) + port
                + (base.getPath() == null ? "" : base.getPath());
    }

    /** Returns the text without the key, for messages: servers repeat unknown keys. Very short keys are kept, as they are placeholders. */
    String withoutKey(String text) {
        return apiKey.filter(key -> key.length() >= SHORTEST_SECRET)
                .map(key -> text.replace(key, "[key]"))
                .orElse(text);
    }

    @Override
    public String toString() {
        return shown();
    }
}
