package io.neurovisor.server.access.keys;

import java.time.Instant;
import java.util.Optional;

/**
 * A stored key, without its secret.
 *
 * @param lastUsed accurate to a minute
 * @param revoked when the key was revoked
 */
public record AccessKey(
        long id, KeyGrant grant, Instant created, Optional<Instant> lastUsed, Optional<Instant> revoked) {}
