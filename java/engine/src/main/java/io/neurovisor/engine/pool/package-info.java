/**
 * A pool of machines that are ready before a request needs one. One class decides which request is served next;
 * claimants take turns, and the configured limits are never exceeded.
 */
@NullMarked
package io.neurovisor.engine.pool;

import org.jspecify.annotations.NullMarked;
