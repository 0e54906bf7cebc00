/** The journal of executions with an idempotency key, which ensures that no program runs twice, whatever fails. */
@NullMarked
package io.neurovisor.server.journal;

import org.jspecify.annotations.NullMarked;
