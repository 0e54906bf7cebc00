/** The E2B-compatible API: E2B's clients, unmodified, use the sandboxes of this daemon. Translates, and decides nothing. */
@NullMarked
package io.neurovisor.e2b;

import org.jspecify.annotations.NullMarked;
