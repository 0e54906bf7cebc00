/** Untrusted text prepared for messages. It may come from a guest, or from a VMM that a guest has taken over. */
@NullMarked
package io.neurovisor.host.message;

import org.jspecify.annotations.NullMarked;
