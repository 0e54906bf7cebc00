/** The isolated environment in which one execution runs. A machine serves one execution and is then destroyed. */
@NullMarked
package io.neurovisor.engine.machine;

import org.jspecify.annotations.NullMarked;
