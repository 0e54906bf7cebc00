/** The id that ties everything one request causes together. It is the same in output, logs, spans and the guest's environment. */
@NullMarked
package io.neurovisor.engine.trace;

import org.jspecify.annotations.NullMarked;
