/** What is counted, for Prometheus: one class per kind of event, which registers its families and hears what moves them. */
@NullMarked
package io.neurovisor.server.metrics;

import org.jspecify.annotations.NullMarked;
