/** Options that several commands share. They become settings before a command runs. */
@NullMarked
package io.neurovisor.cli.options;

import org.jspecify.annotations.NullMarked;
