/**
 * The services of living sandboxes: their messages, checked and translated, and their streams. What they call is found by
 * {@link io.neurovisor.server.grpc.sandbox.RunningSandboxes}.
 */
@NullMarked
package io.neurovisor.server.grpc.sandbox;

import org.jspecify.annotations.NullMarked;
