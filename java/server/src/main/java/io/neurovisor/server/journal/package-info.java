/** Which executions with a key were begun and what became of them: so that none is run twice, whatever breaks in between. */
@NullMarked
package io.neurovisor.server.journal;

import org.jspecify.annotations.NullMarked;
