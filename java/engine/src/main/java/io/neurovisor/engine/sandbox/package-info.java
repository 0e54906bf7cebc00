/** The isolated environment in which one execution runs. A sandbox serves one execution and is then destroyed. */
@NullMarked
package io.neurovisor.engine.sandbox;

import org.jspecify.annotations.NullMarked;
