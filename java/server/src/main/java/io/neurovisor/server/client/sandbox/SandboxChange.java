package io.neurovisor.server.client.sandbox;

import java.time.Instant;

/**
 * A change of a sandbox.
 *
 * @param kind in small letters, such as {@code timeout set}
 * @param endReason as in {@link SandboxView}
 */
public record SandboxChange(Instant time, String sandbox, String kind, String endReason) {}
