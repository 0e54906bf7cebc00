/** Endurance test of a daemon: checks that nothing is lost, run twice or left behind while processes are killed under load. */
@NullMarked
package io.neurovisor.bench.endurance;

import org.jspecify.annotations.NullMarked;
