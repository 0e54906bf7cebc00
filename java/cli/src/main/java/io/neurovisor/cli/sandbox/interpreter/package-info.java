/** Commands that run code in the interpreter of a sandbox. */
@NullMarked
package io.neurovisor.cli.sandbox.interpreter;

import org.jspecify.annotations.NullMarked;
