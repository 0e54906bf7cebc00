/** Processes, files and interpreter of a living sandbox whose failures say what has become of it. */
@NullMarked
package io.neurovisor.engine.sandbox.calls;

import org.jspecify.annotations.NullMarked;
