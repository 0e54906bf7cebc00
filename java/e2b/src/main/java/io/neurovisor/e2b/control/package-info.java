/** The control plane: REST calls that create and manage sandboxes. */
@NullMarked
package io.neurovisor.e2b.control;

import org.jspecify.annotations.NullMarked;
