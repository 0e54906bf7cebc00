/** The six layers between a program and the host. Each is told as it was read off one living virtual machine. */
@NullMarked
package io.neurovisor.engine.layer;

import org.jspecify.annotations.NullMarked;
