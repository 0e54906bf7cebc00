/** Machines that are ready before a request asks for one. Which request gets which is decided in one place, claimants take turns, and there are never more than allowed. */
@NullMarked
package io.neurovisor.engine.pool;

import org.jspecify.annotations.NullMarked;
