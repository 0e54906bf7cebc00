/** Paused sandboxes on disk. Each checkpoint is a directory with a manifest, and is never changed after it has been published. */
@NullMarked
package io.neurovisor.host.checkpoint;

import org.jspecify.annotations.NullMarked;
