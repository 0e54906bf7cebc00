/**
 * Metrics for Prometheus, with one class per kind of event, which registers its metric families and listens to the
 * events.
 */
@NullMarked
package io.neurovisor.server.metrics;

import org.jspecify.annotations.NullMarked;
