/** What each store of checkpoints must do, and a writer of files that stands for a VMM. */
@NullMarked
package io.neurovisor.testkit.checkpoint;

import org.jspecify.annotations.NullMarked;
