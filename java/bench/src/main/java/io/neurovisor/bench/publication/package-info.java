/** Published figures: writes the values of the last run into the documents. */
@NullMarked
package io.neurovisor.bench.publication;

import org.jspecify.annotations.NullMarked;
