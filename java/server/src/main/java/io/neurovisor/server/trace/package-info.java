/** Which request something belongs to. */
@NullMarked
package io.neurovisor.server.trace;

import org.jspecify.annotations.NullMarked;
