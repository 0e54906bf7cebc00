/** Where saved sandboxes are kept. The store itself is part of the host. */
@NullMarked
package io.neurovisor.engine.sandbox.checkpoint;

import org.jspecify.annotations.NullMarked;
