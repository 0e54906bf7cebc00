/** What others have written, made fit for a message. A guest, or a VMM that it has taken over, may be who wrote it. */
@NullMarked
package io.neurovisor.host.message;

import org.jspecify.annotations.NullMarked;
