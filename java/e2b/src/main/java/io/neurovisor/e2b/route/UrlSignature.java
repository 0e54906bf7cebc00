package io.neurovisor.e2b.route;

import java.util.Optional;

/**
 * The signature of a URL, which stands in for a token.
 *
 * @param operation {@code read} or {@code write}
 * @param expiration the Unix time after which the URL is not served; empty for none
 * @param value as it was sent
 */
public record UrlSignature(String path, String operation, String user, Optional<Long> expiration, String value) {
    /** Returns what is signed with the token of a sandbox. */
    String signed(String token) {
        return path + ":" + operation + ":" + user + ":" + token
                + expiration.map(time -> ":" + time).orElse("");
    }
}
