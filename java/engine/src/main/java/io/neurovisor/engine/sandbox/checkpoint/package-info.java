/** What is kept of paused sandboxes. A store keeps it beyond the end of the process. */
@NullMarked
package io.neurovisor.engine.sandbox.checkpoint;

import org.jspecify.annotations.NullMarked;
