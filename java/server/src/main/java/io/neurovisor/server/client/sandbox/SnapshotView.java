package io.neurovisor.server.client.sandbox;

import java.time.Instant;

/**
 * A snapshot or template as a daemon describes it.
 *
 * @param name may be empty
 * @param sandboxId the sandbox that was saved
 * @param template the image that the sandbox was created from
 */
public record SnapshotView(
        String id, String name, String sandboxId, String template, String size, Instant created, long diskBytes) {}
