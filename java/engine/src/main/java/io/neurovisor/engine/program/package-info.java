/** Programs in the supported languages, their output and their outcomes. All types are values. */
@NullMarked
package io.neurovisor.engine.program;

import org.jspecify.annotations.NullMarked;
