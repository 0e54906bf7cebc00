/** Authentication, authorization and limits of callers: who may call which service, how often and how much. */
@NullMarked
package io.neurovisor.server.access;

import org.jspecify.annotations.NullMarked;
