/** Progress reports for users. The command line displays them; tests record them. */
@NullMarked
package io.neurovisor.engine.progress;

import org.jspecify.annotations.NullMarked;
