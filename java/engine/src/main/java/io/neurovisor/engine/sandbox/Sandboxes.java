package io.neurovisor.engine.sandbox;

import io.neurovisor.engine.limits.SandboxSize;
import io.neurovisor.engine.time.Deadline;

/** Where sandboxes come from. */
@FunctionalInterface
public interface Sandboxes {
    /** A sandbox of that size that has served nobody and may serve the caller; the caller closes it. */
    Sandbox open(SandboxSize size, Deadline deadline);
}
