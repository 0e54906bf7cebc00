/**
 * The capabilities of this host and of its processes, read or found out by trying. Slow results are cached until the
 * host changes.
 */
@NullMarked
package io.neurovisor.host.probe;

import org.jspecify.annotations.NullMarked;
