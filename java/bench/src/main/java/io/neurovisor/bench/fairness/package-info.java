/** What one client of a pool loses to another that always has requests waiting. */
@NullMarked
package io.neurovisor.bench.fairness;

import org.jspecify.annotations.NullMarked;
