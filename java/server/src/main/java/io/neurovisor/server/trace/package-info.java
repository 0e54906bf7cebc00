/** Traces: the ids of requests, their spans and their export. */
@NullMarked
package io.neurovisor.server.trace;

import org.jspecify.annotations.NullMarked;
