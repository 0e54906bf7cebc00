/** The six layers between a program and the host. Their states are read off a running virtual machine. */
@NullMarked
package io.neurovisor.engine.layer;

import org.jspecify.annotations.NullMarked;
