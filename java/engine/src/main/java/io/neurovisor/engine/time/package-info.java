/**
 * Time that tests can advance. The engine reads clocks only through these types and {@link java.time.InstantSource}.
 */
@NullMarked
package io.neurovisor.engine.time;

import org.jspecify.annotations.NullMarked;
