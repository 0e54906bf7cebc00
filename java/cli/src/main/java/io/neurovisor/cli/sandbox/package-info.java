/** The commands about sandboxes, which a daemon keeps. {@code exec}, {@code shell} and {@code attach} connect the terminal to their processes. */
@NullMarked
package io.neurovisor.cli.sandbox;

import org.jspecify.annotations.NullMarked;
