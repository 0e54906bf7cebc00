/**
 * The id that connects everything that one request causes. It is the same in output, logs, spans and the guest's
 * environment.
 */
@NullMarked
package io.neurovisor.engine.trace;

import org.jspecify.annotations.NullMarked;
