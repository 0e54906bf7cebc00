package io.neurovisor.engine.pool;

import io.neurovisor.engine.sandbox.Sandbox;

/** Where a pool's sandboxes come from. */
@FunctionalInterface
public interface Sandboxes {
    /** A sandbox that has served nobody; the caller closes it. Takes what time it needs, within a limit of its own. */
    Sandbox open(Order order);
}
