/** Writes the figures of the last complete run into the documents. */
@NullMarked
package io.neurovisor.bench.publication;

import org.jspecify.annotations.NullMarked;
