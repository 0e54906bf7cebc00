/** Scripts with which shells complete commands, options and values, and their installation. */
@NullMarked
package io.neurovisor.cli.completion;

import org.jspecify.annotations.NullMarked;
