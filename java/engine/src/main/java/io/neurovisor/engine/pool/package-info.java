/** Machines that are ready before anybody asks for one. Who gets which is decided in one place, first come first served, and there are never more than allowed. */
@NullMarked
package io.neurovisor.engine.pool;

import org.jspecify.annotations.NullMarked;
