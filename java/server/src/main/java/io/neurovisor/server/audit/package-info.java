/** The audit log: an append-only record of who executed what. Nothing is executed without an entry. */
@NullMarked
package io.neurovisor.server.audit;

import org.jspecify.annotations.NullMarked;
