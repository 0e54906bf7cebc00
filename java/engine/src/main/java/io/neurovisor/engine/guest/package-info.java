/** The host's calls to a guest agent. Implementations carry them over a channel of the virtual machine. */
@NullMarked
package io.neurovisor.engine.guest;

import org.jspecify.annotations.NullMarked;
