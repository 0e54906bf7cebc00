/** How long work tells a person what it is doing. The command line draws it, tests record it. */
@NullMarked
package io.neurovisor.engine.progress;

import org.jspecify.annotations.NullMarked;
