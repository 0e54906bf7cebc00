/** Snapshots of sandboxes, which clients keep and create sandboxes from. */
@NullMarked
package io.neurovisor.engine.sandbox.snapshot;

import org.jspecify.annotations.NullMarked;
