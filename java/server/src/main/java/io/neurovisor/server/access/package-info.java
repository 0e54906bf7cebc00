/** Who may call the service, what of it, and how often. */
@NullMarked
package io.neurovisor.server.access;

import org.jspecify.annotations.NullMarked;
