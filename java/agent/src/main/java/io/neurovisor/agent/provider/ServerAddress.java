package io.neurovisor.agent.provider;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.util.Optional;

/**
 * Where a model server is. Its textual form has no key.
 *
 * @param base with the path that all requests share, without a slash at its end
 * @param apiKey for the server alone
 */
record ServerAddress(URI base, Optional<String> apiKey) {
    private static final int SHORTEST_SECRET = 8;

    ServerAddress {
        requireNonNull(apiKey, "apiKey is null");
        String text = base.toString();
        base = text.endsWith("/") ? URI.create(text.substring(0, text.length() - 1)) : base;
    }

    URI resolve(String path) {
        return URI.create(base + path);
    }

    /** The same server, at its root. */
    ServerAddress root() {
        return new ServerAddress(URI.create(base.getScheme() + "://" + base.getRawAuthority()), apiKey);
    }

    /** The same with the path that OpenAI-compatible servers have, where none is given. */
    ServerAddress versioned() {
        String path = base.getPath();
        return path == null || path.isEmpty() ? new ServerAddress(URI.create(base + "/v1"), apiKey) : this;
    }

    /** For messages: an address may carry a name and password. */
    String shown() {
        String host = base.getHost() == null ? String.valueOf(base.getRawAuthority()) : base.getHost();
        String port = base.getPort() < 0 ? "" : ":" + base.getPort();
        return base.getScheme() + "://" + host.substring(host.lastIndexOf('@') + 1) + port
                + (base.getPath() == null ? "" : base.getPath());
    }

    /** For messages: servers like to repeat the key that they do not know. Very short ones are no secrets, but words. */
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
