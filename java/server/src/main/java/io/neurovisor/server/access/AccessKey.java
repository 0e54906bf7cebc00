package io.neurovisor.server.access;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.Optional;

/**
 * A key as it is kept, which is without its secret.
 *
 * @param lastUsed to within a minute
 * @param revoked since when it opens nothing any more
 */
public record AccessKey(
        long id, KeyGrant grant, Instant created, Optional<Instant> lastUsed, Optional<Instant> revoked) {
    public AccessKey {
        requireNonNull(grant, "grant is null");
        requireNonNull(created, "created is null");
        requireNonNull(lastUsed, "lastUsed is null");
        requireNonNull(revoked, "revoked is null");
    }
}
