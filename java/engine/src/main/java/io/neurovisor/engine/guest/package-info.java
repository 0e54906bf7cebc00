/** What the host says to a guest agent. Implementations carry it over a virtual machine's own channel. */
@NullMarked
package io.neurovisor.engine.guest;

import org.jspecify.annotations.NullMarked;
