package io.neurovisor.server.access.keys;

import static java.util.Objects.requireNonNull;

/** A key that was just made, with the only copy of its secret. */
public record NewKey(AccessKey key, KeySecret secret) {
    public NewKey {
        requireNonNull(key, "key is null");
        requireNonNull(secret, "secret is null");
    }
}
