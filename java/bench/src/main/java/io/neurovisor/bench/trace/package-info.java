/** Records the spans that a daemon exports of a request, which show where its time is spent. */
@NullMarked
package io.neurovisor.bench.trace;

import org.jspecify.annotations.NullMarked;
