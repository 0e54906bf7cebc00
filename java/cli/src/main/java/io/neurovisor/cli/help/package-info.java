/** The help of commands: options in groups, and text that is broken at blanks only. */
@NullMarked
package io.neurovisor.cli.help;

import org.jspecify.annotations.NullMarked;
