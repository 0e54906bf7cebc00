/** A daemon that a command has for itself. */
@NullMarked
package io.neurovisor.cli.daemon;

import org.jspecify.annotations.NullMarked;
