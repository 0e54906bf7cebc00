/** Measures how well a model solves problems with programs in microVMs: answers, iterations, tokens and time. */
@NullMarked
package io.neurovisor.bench.problems;

import org.jspecify.annotations.NullMarked;
