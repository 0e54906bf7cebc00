/** Time that tests can advance. The engine reads clocks only through what is here and {@link java.time.InstantSource}. */
@NullMarked
package io.neurovisor.engine.time;

import org.jspecify.annotations.NullMarked;
