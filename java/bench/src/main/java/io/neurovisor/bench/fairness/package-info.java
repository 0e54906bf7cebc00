/** Measures how much a client of the pool is slowed down by another client that always has requests waiting. */
@NullMarked
package io.neurovisor.bench.fairness;

import org.jspecify.annotations.NullMarked;
