/** Scenarios that compare the speed and the memory of NeuroVisor with its alternatives, in turn in one run. */
@NullMarked
package io.neurovisor.bench.speed;

import org.jspecify.annotations.NullMarked;
