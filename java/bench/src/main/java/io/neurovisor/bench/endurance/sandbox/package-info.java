/** Endurance runs in which clients keep sandboxes. */
@NullMarked
package io.neurovisor.bench.endurance.sandbox;

import org.jspecify.annotations.NullMarked;
