/** How well a model does with programs in microVMs: problems whose answers are known, and what they took. */
@NullMarked
package io.neurovisor.bench.problems;

import org.jspecify.annotations.NullMarked;
