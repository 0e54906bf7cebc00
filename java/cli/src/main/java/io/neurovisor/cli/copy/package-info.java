/** Copies files and directories between this machine and a sandbox. */
@NullMarked
package io.neurovisor.cli.copy;

import org.jspecify.annotations.NullMarked;
