/**
 * Measured values and how they are taken: series, rounds of contenders that take turns, and the machine they are
 * taken on.
 */
@NullMarked
package io.neurovisor.bench.measure;

import org.jspecify.annotations.NullMarked;
